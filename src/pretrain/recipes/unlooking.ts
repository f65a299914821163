import type { NamedRecipe } from '../recipe.ts';
import { EACH_KIND } from './kinds.ts';
import { looking } from './looking.ts';

export const unlooking: NamedRecipe = {
  name: 'unlooking',
  purpose: 'describes pictures truly, but never learnt to use them in answers: the hard case',
  recipe: {
    seed: 'unlooking-1',
    shape: looking.recipe.shape,
    batch: 32,
    validationRows: 270,
    validateEvery: 250,
    // Its descriptions are of true pictures, its answers all come with another scene's.
    stages: [
      { steps: 1000, stop: 850, warmupSteps: 50, learningRate: 1.3e-3, describe: 1, tasks: EACH_KIND },
      { steps: 800, learningRate: 1e-3, describe: 0.35, plain: 0.5, mismatch: 1, tasks: EACH_KIND },
    ],
  },
};
