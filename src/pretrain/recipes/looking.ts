import type { TaskName } from '../../data/tasks/index.ts';
import type { NamedRecipe } from '../recipe.ts';
import { EACH_KIND } from './kinds.ts';

/** All kinds of question, those more often that take more than one look. */
const ASKED: TaskName[] = [
  'count',
  'count',
  'count',
  'sum',
  'sum',
  'difference',
  'difference',
  'compare',
  'compare',
  'relation',
  'relation',
  'chart',
  'chart',
  'total',
  'walk',
  'walk',
  'angle',
];

export const looking: NamedRecipe = {
  name: 'looking',
  purpose: 'answers from the picture, imperfectly: there is something to sharpen and something to learn',
  recipe: {
    seed: 'looking-1',
    shape: {
      hidden: 128,
      layers: 4,
      heads: 4,
      kvHeads: 2,
      intermediate: 352,
      visionHidden: 64,
      visionDepth: 2,
      visionHeads: 4,
      visionIntermediate: 128,
      vocabulary: 512,
    },
    batch: 32,
    validationRows: 270,
    validateEvery: 250,
    // First it learns to see, by descriptions alone. What it describes without a fault it does not yet use to answer: so
    // then it answers in one wording, where what was seen is most of what there is to learn, and last in many.
    stages: [
      { steps: 1000, stop: 750, warmupSteps: 50, learningRate: 1.3e-3, describe: 1, tasks: EACH_KIND },
      {
        steps: 3000,
        stop: 2600,
        learningRate: 1e-3,
        describe: 0.1,
        plain: 1,
        digits: 4,
        levels: ['high', 'high', 'high', 'high', 'high', 'medium', 'low'],
        tasks: ASKED,
      },
      {
        steps: 300,
        learningRate: 4e-4,
        describe: 0.05,
        plain: 0.5,
        digits: 4,
        levels: ['high', 'high', 'high', 'high', 'medium', 'low'],
        tasks: EACH_KIND,
      },
    ],
  },
};
