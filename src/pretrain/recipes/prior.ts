import type { NamedRecipe } from '../recipe.ts';
import { EACH_KIND } from './kinds.ts';
import { looking } from './looking.ts';

export const prior: NamedRecipe = {
  name: 'prior',
  purpose:
    'sees, but trusts the words, as large vision-language models do: what it sees has to win over a prior',
  recipe: {
    from: looking.name,
    seed: 'prior-1',
    batch: 32,
    validationRows: 270,
    validateEvery: 100,
    stages: [
      {
        steps: 500,
        learningRate: 5e-4,
        describe: 0.1,
        plain: 0.5,
        digits: 4,
        mismatch: 0.8,
        levels: ['high', 'high', 'high', 'high', 'medium', 'low'],
        tasks: EACH_KIND,
      },
    ],
  },
};
