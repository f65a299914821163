import { formatReward } from '../response.ts';
import { grader } from './grader.ts';

/** The form that `reward.formatWeight` weighs too, for a weight beside that of the answer instead of at its cost. */
export const format = grader({
  name: 'format',
  description: '1 for the form <think>…</think> \\boxed{…}, else 0',
  judges: 'response',
  settings: {},
  score: ({ response }) => formatReward(response),
});
