import type { TaskName } from '../../data/tasks/index.ts';
import type { NamedRecipe } from '../recipe.ts';

/** All that is asked, each as often. */
const ASKED: TaskName[] = ['count', 'sum', 'difference', 'compare', 'relation', 'chart', 'angle'];

/** More of what has to be looked up and counted. */
const COUNTING: TaskName[] = [
  'count',
  'count',
  'count',
  'sum',
  'difference',
  'compare',
  'compare',
  'chart',
  'relation',
  'angle',
];

/** What has to be read off the picture, in one wording. */
const READING = {
  describe: 0.12,
  plain: 1,
  digits: 4,
  levels: ['high' as const],
  tasks: COUNTING,
};

export const looking: NamedRecipe = {
  name: 'looking',
  purpose: 'answers from the picture, imperfectly: there is something to sharpen and something to learn',
  recipe: {
    seed: 'base-policy-1',
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
    // First it learns to see. What it describes without a fault it does not yet use to answer: so then it answers in one
    // wording, where what was seen is most of what there is to learn, and last in many.
    stages: [
      { steps: 2400, stop: 2000, warmupSteps: 50, learningRate: 2e-3, describe: 0.65, tasks: ASKED },
      { steps: 800, stop: 700, learningRate: 1e-3, describe: 0.25, plain: 1, digits: 4, tasks: ASKED },
      { steps: 900, stop: 600, learningRate: 1.8e-3, ...READING },
      { steps: 700, stop: 500, learningRate: 1.2e-3, ...READING },
      {
        steps: 220,
        learningRate: 5e-4,
        describe: 0.05,
        plain: 0.5,
        digits: 4,
        levels: ['high', 'high', 'high', 'high', 'medium', 'low'],
        tasks: ASKED,
      },
    ],
  },
};
