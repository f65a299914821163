/** What samples.jsonl says of a response, in words and as a type. */
import type { KeyOf } from '../metric.ts';

export const sampleWords = {
  step: 'the step that drew it, from 1',
  id: 'id of the row',
  problem: 'question with its `<image>` marks, without what `data.formatPrompt` adds',
  answer: 'the right answer, as the row has it',
  response: 'what the policy wrote, without special tokens',
  reward: 'overall reward, further ones included',
  accuracy: 'whether the answer is right, 0 to 1',
  format: 'whether the form is right, 0 to 1',
  unscored: 'true where the main grader could not score the response',
  'reward/<name>':
    "a reward of `reward.further`, before its weight, or a further number that a user's reward function returns; null where it could not be scored",
  tokens: 'tokens of the response, the one that ends it included',
  stop: '`stop` where the policy ended it, `length` where `rollout.maxTokens` did',
  view: 'the view of the pictures that it was drawn from: `original`, or `noised` with NoisyRollout',
};

type SampleKey = KeyOf<keyof typeof sampleWords>;

export type SampleLine = Partial<Record<SampleKey, string | number | boolean | null>>;
