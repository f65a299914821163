/** The blocks of a run's settings that belong to no kind: engine, data, rollout, reward, optimiser, lengths and files. */
import { z } from 'zod';
import { DEPENDENCY_SETTINGS, DEPENDENCY_SHARES, DIFFICULTY_SETTINGS } from '../data/builtin/levels.ts';
import { TASKS, TAUGHT } from '../data/tasks/index.ts';

/** Upper bounds: far above what is of use, far below what would fill a machine before it is refused. */
export const MOST = {
  steps: 10_000_000,
  rows: 1_000_000,
  prompts: 65_536,
  samples: 1024,
  tokens: 131_072,
  pixels: 1_000_000_000,
  threads: 1024,
  characters: 20_000,
  views: 16,
};
/** Tokens of all responses of a step, as long as they may be. */
export const STEP_TOKENS = 1_000_000_000;

const whole = (most: number) => z.number().int().min(1).max(most);
const count = (most: number) => z.number().int().min(0).max(most);
export const share = z.number().min(0).max(1);
export const text = z.string().min(1).max(4096);
export const path = text.meta({ path: true });
const words = z.string().max(MOST.characters);

const builtin = z.strictObject({
  seed: z.union([z.number().int(), text]).default(1).describe('seed of the built-in scenes and questions'),
  train: whole(MOST.rows).default(2000).describe('training rows that are made'),
  validation: whole(MOST.rows).default(256).describe('validation rows that are made'),
  test: whole(MOST.rows).default(256).describe('test rows that are made'),
  tasks: z
    .array(z.enum(TASKS))
    .min(1)
    .max(64)
    .default([...TAUGHT])
    .describe('kinds of question'),
  dependency: z
    .enum(DEPENDENCY_SETTINGS)
    .default('mixed')
    .describe(
      `how much only the picture tells: high (all of it), medium (the words tell a part of what is needed), low (the words tell it too), mixed (${Object.values(DEPENDENCY_SHARES).join(', ')} % of the rows)`,
    ),
  difficulty: z
    .enum(DIFFICULTY_SETTINGS)
    .default('mixed')
    .describe(
      'how hard the questions are: easy, medium, hard (more objects, higher bars, more steps), mixed (a third each)',
    ),
});

const columns = z.strictObject({
  problem: text
    .nullable()
    .default(null)
    .describe(
      "the question: a column, a dotted path (extra_info.question) or a text such as '{question} {hint}'",
    ),
  answer: text.nullable().default(null).describe('the reference answer, such as reward_model.ground_truth'),
  images: z
    .union([text, z.array(text).min(1).max(64)])
    .nullable()
    .default(null)
    .describe('the pictures: one column, or a list of columns in order'),
  choices: words.nullable().default(null).describe("options that are put after the question; '': none"),
  id: text.nullable().default(null).describe('what rows are called in samples.jsonl and messages'),
});

export const data = z.strictObject({
  dir: path
    .nullable()
    .default(null)
    .describe(
      'your rows: a folder with train, validation and test, or one file (docs/data.md); null: built-in tasks',
    ),
  columns: columns.prefault({}).describe('which columns hold what; null: found by name (docs/data.md)'),
  imageDir: path
    .nullable()
    .default(null)
    .describe("folder that relative paths of pictures count from; null: that of the rows' file"),
  builtin: builtin.prefault({}).describe('the built-in tasks, made on the first start'),
  formatPrompt: words
    .nullable()
    .default(null)
    .describe(
      "follows each question after a blank line; '' for nothing; null: what the policy was trained with, else the sentence of the released models",
    ),
  systemPrompt: words.default('').describe("system message; '' leaves it to the chat template"),
  maxPromptTokens: whole(MOST.tokens)
    .default(4096)
    .describe('questions of more tokens are skipped and counted'),
  minPixels: whole(MOST.pixels)
    .nullable()
    .default(null)
    .describe('pictures of fewer pixels are enlarged before the mask; null: not'),
  maxPixels: whole(MOST.pixels)
    .nullable()
    .default(null)
    .describe('pictures of more pixels are shrunk before the mask; null: not'),
});

export const rollout = z
  .strictObject({
    prompts: whole(MOST.prompts).default(32).describe('questions of a step (P)'),
    samples: whole(MOST.samples).default(8).describe('rollouts of each question (G)'),
    maxTokens: whole(MOST.tokens).default(64).describe('longest response in tokens'),
    temperature: z.number().gt(0).default(1).describe('logits are divided by this before sampling'),
    topP: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('nucleus: the smallest set of tokens with this mass is sampled from; 1: all'),
    views: z
      .record(z.string().max(100), share)
      .default({})
      .describe(
        'share of the rollouts of each question that are drawn while the policy sees this view of the pictures (NoisyRollout: {noised: 0.5}); the others see the original',
      ),
  })
  .refine(({ views }) => Object.values(views).reduce((a, b) => a + b, 0) <= 1, {
    path: ['views'],
    message: 'the shares add up to 1 at most',
  })
  .refine(
    ({ prompts, samples, maxTokens }) => prompts * samples * maxTokens <= STEP_TOKENS,
    `prompts × samples × maxTokens is at most ${STEP_TOKENS} tokens a step`,
  );

export const optimizer = z.strictObject({
  learningRate: z.number().gt(0).default(1.5e-4).describe('AdamW step size'),
  warmupSteps: count(MOST.steps)
    .default(0)
    .describe('the learning rate rises in a straight line over this many steps, then stays'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the first moment'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('decay of the second moment'),
  eps: z.number().gt(0).default(1e-8).describe('added to the root of the second moment'),
  weightDecay: z.number().min(0).default(0.01).describe('decoupled weight decay'),
  gradClip: z.number().gt(0).default(1).describe('gradients are scaled down to this global norm'),
});

export const train = z.strictObject({
  steps: whole(MOST.steps).default(100).describe('rollout batches that the run takes'),
  miniBatches: whole(MOST.prompts)
    .default(2)
    .describe('optimiser steps that a rollout batch is cut into, by question'),
  updateWithoutSignal: z
    .boolean()
    .default(false)
    .describe(
      'update the policy although every advantage of the step is 0 (all answers of each question got one reward): then only the other terms of the objective move it',
    ),
});

export const dynamicSampling = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('sample on until a step has only questions that are neither all right nor all wrong (DAPO)'),
  low: share.default(0.01).describe('a question is kept when its mean accuracy is above this'),
  high: share.default(0.99).describe('and below this'),
  maxTries: whole(10_000).default(20).describe('rounds after which the step goes on with what there is'),
  promptsPerRound: whole(MOST.prompts)
    .nullable()
    .default(null)
    .describe('questions drawn in one round; null: as many as rollout.prompts'),
});

export const validation = z.strictObject({
  every: count(MOST.steps)
    .default(10)
    .describe('steps between validations on the validation questions; 0: none'),
  rows: whole(MOST.rows).default(64).describe('validation questions that are asked, the first of the file'),
  samples: whole(MOST.samples).default(4).describe('responses to each, at rollout.temperature (avg@k)'),
});

/** What a test can show in place of the pictures. */
export const TEST_VIEWS = ['masked', 'blank'] as const;

export const test = z.strictObject({
  rows: count(MOST.rows)
    .default(256)
    .describe(
      'test questions asked before the first and after the last step, the first of the file; 0: none',
    ),
  samples: whole(MOST.samples)
    .default(8)
    .describe('responses to each at temperature 1 (avg@k); one greedy response comes beside them'),
  views: z
    .array(z.enum(TEST_VIEWS))
    .max(TEST_VIEWS.length)
    .default([...TEST_VIEWS])
    .describe(
      'further views of the pictures under which the same questions are asked: masked (by `mask`; KL_prcp is measured too), blank (a black picture); [] for none',
    ),
  viewRows: whole(MOST.rows)
    .default(96)
    .describe('test questions that are asked under these views, the first of the file'),
  viewSamples: whole(MOST.samples)
    .default(1)
    .describe('responses to each of these under each view at temperature 1, beside the greedy one'),
});

export const checkpoint = z.strictObject({
  every: count(MOST.steps)
    .default(20)
    .describe('steps between checkpoints; 0: only at the end and at the best validation so far'),
  keep: whole(MOST.steps)
    .default(2)
    .describe('newest checkpoints that are kept, beside the best in validation'),
});

export const logging = z.strictObject({
  samples: count(MOST.prompts).default(4).describe('rollouts of each step that are written to samples.jsonl'),
  tensorboard: z.boolean().default(true).describe('write a TensorBoard event file too'),
  klPrcpEvery: count(MOST.steps)
    .default(5)
    .describe(
      'steps between measurements of KL_prcp where the objective has no use for it (one more forward pass); 0: none',
    ),
});
