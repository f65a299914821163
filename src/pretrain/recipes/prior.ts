import type { NamedRecipe } from '../recipe.ts';
import { looking } from './looking.ts';

export const prior: NamedRecipe = {
  name: 'prior',
  purpose:
    'sees, but trusts the words, as large vision-language models do: what it sees has to win over a prior',
  recipe: {
    from: looking.name,
    seed: 'prior-1',
    stages: [{ steps: 300, learningRate: 6e-4, describe: 0.1, plain: 0.5, mismatch: 0.8 }],
  },
};
