/** What a step's line of metrics.jsonl says, beside what the objective logs of its terms. */
import type { Metrics } from '../metric.ts';

const rewards = {
  reward: {
    unit: 'reward',
    meaning:
      'mean reward of the responses that were drawn, those that dynamic sampling threw away and further rewards included',
    healthy: 'rises together with `accuracy`; in the collapse of the paper it crashed while KL_prcp climbed',
  },
  accuracy: {
    unit: 'share',
    meaning: 'mean accuracy of these responses',
    healthy:
      'rises over tens of steps; single steps scatter by several points, so look at the mean of ten. Always 0: references and answers do not fit each other. 1: nothing is left to learn',
  },
  format: {
    unit: 'share',
    meaning: 'these responses in the asked form',
    healthy: 'soon close to 1, and stays there',
  },
  unscored: {
    unit: 'share',
    meaning:
      'these responses that the main grader could not score, as it cannot read the reference; their accuracy is 0',
    healthy: 'left out; else look at `reward.grader` and `data.columns.answer`',
    only: 'where there are any',
  },
  'reward/<name>': {
    unit: 'reward',
    meaning:
      "mean of a reward of `reward.further`, before its weight, or of a further number that a user's reward function returns; over the responses that could be scored",
    healthy: 'what you want of it, and not at the price of `accuracy`',
    only: 'where a response could be scored',
  },
  'reward/<name>/unscored': {
    unit: 'share',
    meaning: 'the responses that this reward could not score',
    healthy: 'left out; 1 says that the reward adds nothing',
    only: 'where there are any',
  },
} satisfies Metrics;

const optimiser = {
  grad_norm: {
    unit: 'norm',
    meaning: 'global norm of the gradient before clipping, mean over the mini-batches',
    healthy:
      'finite and of one size over the run; gradients above `optimizer.gradClip` are scaled down to it. 0 where the policy was not updated, null where a gradient was not finite',
  },
  learning_rate: {
    unit: 'coefficient',
    meaning: 'AdamW step size of this step',
    healthy: 'as set, after `optimizer.warmupSteps`',
  },
  gamma: {
    unit: 'coefficient',
    meaning: 'γ of this step, the weight of KL_prcp',
    healthy: 'as set, or along `objective.gammaSchedule`',
  },
  beta: {
    unit: 'coefficient',
    meaning: 'β of this step, the weight of KL_ref',
    healthy: 'as set; `objective.betaSchedule` adaptive moves it so that `kl_ref` stays near its target',
  },
  skipped_steps: {
    unit: 'count',
    meaning: 'updates that were left out, as the gradient was not finite',
    healthy: '0',
  },
  without_signal: {
    unit: 'flag',
    meaning: 'no question had responses of different reward, so that every advantage was 0',
    healthy:
      'left out. Where it comes often, questions are too easy or too hard, or there are too few responses to each',
    only: 'where that is so',
  },
} satisfies Metrics;

const responses = {
  response_length: {
    unit: 'tokens',
    meaning: 'mean length of a response',
    healthy:
      'moves slowly. Towards `rollout.maxTokens`: the policy rambles; towards a few tokens: it no longer thinks',
  },
  response_length_max: {
    unit: 'tokens',
    meaning: 'length of the longest response',
    healthy: 'at most `rollout.maxTokens`',
  },
  truncated: {
    unit: 'share',
    meaning: 'responses that were cut at `rollout.maxTokens`',
    healthy: 'close to 0: what is cut has no answer, and is counted as wrong',
  },
} satisfies Metrics;

const questions = {
  groups: {
    unit: 'count',
    meaning: 'questions that were trained on',
    healthy: '`rollout.prompts`; fewer where dynamic sampling ran out of tries',
  },
  groups_sampled: {
    unit: 'count',
    meaning: 'questions that were drawn',
    healthy: '`rollout.prompts`; with dynamic sampling more, the fewer are of use',
  },
  groups_discarded: {
    unit: 'count',
    meaning: 'questions that dynamic sampling threw away, as all or none of their answers were right',
    healthy: '0 without dynamic sampling; with it, the price of a batch that teaches something',
  },
  groups_surplus: {
    unit: 'count',
    meaning: 'questions that dynamic sampling drew beyond what a step takes',
    healthy: 'small; else `dynamicSampling.promptsPerRound` is too large',
  },
  groups_all_right: {
    unit: 'count',
    meaning: 'drawn questions whose responses were all right',
    healthy: 'grows as the policy learns; a minority of `groups_sampled`, as their accuracy teaches nothing',
  },
  groups_all_wrong: {
    unit: 'count',
    meaning: 'drawn questions whose responses were all wrong',
    healthy: 'falls as the policy learns; all of them: references and answers do not fit each other',
  },
  sampling_rounds: {
    unit: 'count',
    meaning: 'rounds of dynamic sampling',
    healthy: '1 without it; at `dynamicSampling.maxTries` it gave up',
  },
  sampling_rounds_kept_whole: {
    unit: 'count',
    meaning: 'rounds of which dynamic sampling would have kept nothing, and so kept everything',
    healthy: '0',
  },
  masked_unchanged: {
    unit: 'count',
    meaning: 'questions whose masked view is equal to the original, so that their KL_prcp is 0',
    healthy: '0; else the mask is too weak for such pictures',
    only: 'where pictures are masked',
  },
  text_only: {
    unit: 'count',
    meaning: 'questions without a picture; terms that compare views leave them out',
    healthy: 'as the data have it',
    only: 'where there are any',
  },
  skipped_rows: {
    unit: 'count',
    meaning: 'training rows that could not be used and were passed over',
    healthy: '0; the run says of each why',
  },
  test_rows_trained_on: {
    unit: 'ids',
    meaning: 'test rows that are training rows as well, first met in this step',
    healthy: 'left out: else accuracy on the test questions is not that on unseen ones',
    only: 'where there are any',
  },
} satisfies Metrics;

const time = {
  'seconds.data': {
    unit: 's',
    meaning: 'reading rows, decoding and masking pictures, as far as the step waited for it',
    healthy: 'close to 0: the next step is made ready meanwhile',
  },
  'seconds.sample': {
    unit: 's',
    meaning: 'drawing responses',
    healthy: 'beside `seconds.train` the largest part',
  },
  'seconds.reward': {
    unit: 's',
    meaning: 'grading',
    healthy: 'close to 0, unless a function of yours is slow',
  },
  'seconds.reference': {
    unit: 's',
    meaning: 'log-probabilities of the reference policy: one forward pass',
    healthy: 'a fraction of `seconds.train`',
    only: 'where β is above 0',
  },
  'seconds.score_<view>': {
    unit: 's',
    meaning: 'log-probabilities under a view of the pictures: one forward pass',
    healthy: 'a fraction of `seconds.train`',
    only: 'where a view is scored before the update',
  },
  'seconds.self_check': {
    unit: 's',
    meaning: 'holding the numbers of the engine against each other (`engine.selfCheck`)',
    healthy: 'small, once',
    only: 'in the first step of a session',
  },
  'seconds.train': {
    unit: 's',
    meaning: 'gradients and updates',
    healthy: 'beside `seconds.sample` the largest part; longer where shapes come for the first time',
    only: 'where the policy was updated',
  },
  'seconds.total': {
    unit: 's',
    meaning: 'the whole step; evaluations and checkpoints do not count',
    healthy: 'steady after the first steps, in which programs are compiled',
  },
  'tokens_per_second.sample': {
    unit: 'tokens/s',
    meaning: 'response tokens that were drawn, over `seconds.sample`',
    healthy: 'steady',
  },
  'tokens_per_second.train': {
    unit: 'tokens/s',
    meaning: 'tokens of prompts and responses that were trained on, over `seconds.train`',
    healthy: 'steady; 0 where the policy was not updated',
  },
  'tokens_per_second.step': {
    unit: 'tokens/s',
    meaning: 'response tokens that were drawn, over `seconds.total`',
    healthy: 'steady',
  },
  memory_mb: {
    unit: 'MiB',
    meaning: 'resident memory of the process',
    healthy: 'steady after the first steps',
  },
} satisfies Metrics;

/** By what they are about. */
export const stepMetrics = {
  Rewards: rewards,
  'Optimiser and coefficients': optimiser,
  Responses: responses,
  Questions: questions,
  'Time and memory': time,
};

export type StepMetric = typeof rewards &
  typeof optimiser &
  typeof responses &
  typeof questions &
  typeof time;

/** What of a step differs from run to run; left out of comparisons. */
export const UNSTEADY = ['seconds', 'tokens_per_second', 'memory_mb'] as const;
