import type { NamedRecipe } from '../recipe.ts';
import { looking } from './looking.ts';

export const unlooking: NamedRecipe = {
  name: 'unlooking',
  purpose: 'describes pictures truly, but never learnt to use them in answers: the hard case',
  recipe: {
    seed: 'unlooking-1',
    shape: looking.recipe.shape,
    stages: [
      { steps: 2400, stop: 2000, warmupSteps: 50, learningRate: 2e-3, describe: 0.65, mismatch: 0.65 },
    ],
  },
};
