/** docs/files.md: what a run leaves, and every key of its lines. A name in <> stands for one that the settings give. */

const EVALUATION = {
  accuracy: 'mean accuracy: over the responses to a question, then over questions',
  kinds: 'the same by kind of question, for built-in tasks and rows with a `category`',
  rows: 'questions that were asked',
  samples: 'responses to each',
  skipped_rows: 'rows that could not be used',
};

/** Keys of metrics.jsonl by kind of line. Every line has `kind` and `step`, the steps that are done. */
export const METRIC_WORDS: Record<'step' | 'validation' | 'test', Record<string, string>> = {
  step: {
    reward: 'mean reward of the responses that were drawn, further ones included',
    accuracy: 'mean accuracy of these responses, 0 to 1',
    format: 'share of these responses in the asked form',
    unscored:
      'share of these responses that the main grader could not score, as it cannot read the reference; their accuracy is 0',
    'reward/<name>':
      "mean of a reward of `reward.further`, before its weight, or of a further number that a user's reward function returns; over the responses that could be scored",
    'reward/<name>/unscored': 'share of the responses that it could not score, where there are any',
    kl_prcp:
      'KL_prcp, nats a token: the term of the objective where it has one, else the k3 estimate where it was measured',
    entropy: 'entropy of the policy, nats a token, estimated as −log π of what it sampled',
    entropy_masked: 'the same under the masked picture',
    loss: 'the loss that was minimised, mean over the mini-batches',
    pg_loss: 'its clipped surrogate, with the sign of a loss',
    kl_ref: 'KL_ref, nats a token, by the estimator `objective.refPenalty`',
    sft_loss: 'negative log-likelihood of correct responses, where `objective.sft` is above 0',
    'kl_<view>': 'KL to a further view of `objective.views`',
    'entropy_<view>': 'entropy under that view',
    ratio: 'mean of π/π_old',
    ppo_kl: 'mean of log π_old − log π, nats a token',
    clip_ratio_high: 'share of tokens whose ratio is clipped',
    clip_ratio_low: 'share of tokens that the dual clip holds',
    kl_prcp_square: 'mean square of KL_prcp of a token, for its variance',
    kl_prcp_capped: "share of tokens at the estimator's limit or `objective.cap`",
    kl_ref_capped: "share of tokens at the limit of KL_ref's estimator",
    grad_norm: 'global norm of the gradient before clipping, mean over the mini-batches',
    learning_rate: 'AdamW step size of this step',
    gamma: 'γ of this step',
    beta: 'β of this step',
    response_length: 'mean tokens of a response',
    response_length_max: 'tokens of the longest',
    truncated: 'share of responses that were cut at `rollout.maxTokens`',
    groups: 'questions that were trained on',
    groups_sampled: 'questions that were drawn',
    groups_discarded:
      'questions that dynamic sampling threw away, as all or none of their answers were right',
    groups_surplus: 'questions that dynamic sampling drew beyond what a step takes',
    groups_all_right: 'drawn questions whose responses were all right',
    groups_all_wrong: 'drawn questions whose responses were all wrong',
    sampling_rounds: 'rounds of dynamic sampling',
    sampling_rounds_kept_whole: 'rounds of which every question was kept',
    masked_unchanged: 'questions whose masked view is equal to the original',
    text_only: 'questions without a picture',
    skipped_rows: 'training rows that could not be used',
    skipped_steps: 'updates that were left out, as the gradient was not finite',
    without_signal: '1 where no question had responses of different reward',
    test_rows_trained_on: 'ids of test rows that are training rows as well, first met in this step',
    seconds: 'wall time by part of the step, and in `total`',
    tokens_per_second: 'response tokens sampled, tokens trained on, and response tokens over the whole step',
    memory_mb: 'resident memory of the process, MiB',
  },
  validation: EVALUATION,
  test: { ...EVALUATION, greedy: 'accuracy of the most likely response (temperature 0)' },
};

/** Keys of samples.jsonl. */
export const SAMPLE_WORDS: Record<string, string> = {
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

/** The entry that a key falls under; undefined where the page has none. */
export function wordsOf(key: string, words: Record<string, string>): string | undefined {
  if (Object.hasOwn(words, key)) return words[key];
  const form = Object.keys(words).find((name) => {
    const [head] = name.split('<');
    return name.includes('<') && key.startsWith(head!) && key.length > head!.length;
  });
  return form && words[form];
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const table = (words: Record<string, string>) =>
  `| key | meaning |\n|---|---|\n${Object.entries(words)
    .map(([key, text]) => `| \`${key}\` | ${cell(text)} |\n`)
    .join('')}`;

export const filesMarkdown = (): string => `# Files of a run

A run lives in \`runs/NAME/\`. This page is made from \`src/run/files-page.ts\`; a test keeps it in step with what runs write.

| file | holds |
|---|---|
| \`config.yaml\` | the complete settings with absolute paths; \`--config\` takes them again ([config.md](config.md)) |
| \`metrics.jsonl\` | one line a step, validation and test: the source of truth |
| \`samples.jsonl\` | \`logging.samples\` responses of each step, each of another question |
| \`events.out.tfevents.*\` | the numbers of metrics.jsonl for TensorBoard, as \`train/…\`, \`validation/…\`, \`test/…\` |
| \`checkpoints/step-NNNNNN/\` | the policy as a Hugging Face folder, with \`optimizer.safetensors\` and \`state.json\` to resume from |

Lines are JSON objects. A number that is not finite is \`null\`; a key that does not apply to a step is left out.

## metrics.jsonl

Every line has \`kind\` (\`step\`, \`validation\` or \`test\`) and \`step\`, the steps that are done by then: 0 before the first.

### kind step

${table(METRIC_WORDS.step)}
### kind validation

${table(METRIC_WORDS.validation)}
### kind test

${table(METRIC_WORDS.test)}
## samples.jsonl

${table(SAMPLE_WORDS)}`;
