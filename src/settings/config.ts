/** Every setting of a run, with its description, default and allowed values: the one source of `papo config` and docs/config.md. */
import { z } from 'zod';
import { DEPENDENCIES } from '../data/row.ts';
import { TASKS, TAUGHT } from '../data/tasks/index.ts';
import { maskConfigSchema } from '../mask/config.ts';
import { objectiveSchema } from '../objective/config.ts';
import { presetNames, presetSizes } from '../objective/presets.ts';
import { rewardSchema } from '../reward/settings.ts';

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
const STEP_TOKENS = 1_000_000_000;

export const DEFAULT_OUT = 'runs';

const whole = (most: number) => z.number().int().min(1).max(most);
const count = (most: number) => z.number().int().min(0).max(most);
const share = z.number().min(0).max(1);
const text = z.string().min(1).max(4096);
const path = text.meta({ path: true });
const words = z.string().max(MOST.characters);

/** What some system keeps for itself, or would not show. */
const RESERVED_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

const runName = z
  .string()
  .max(100)
  .regex(/^\w(?:[\w.-]*\w)?$/, 'letters, digits, - _ and . only, with a letter, digit or _ at both ends')
  .refine((name) => !RESERVED_NAME.test(name), 'Windows keeps this name for a device; choose another');

const engine = z.strictObject({
  kind: z.enum(['onnx']).default('onnx').describe('where the policy runs: onnx is this machine'),
  threads: whole(MOST.threads)
    .nullable()
    .default(null)
    .describe(
      'threads of one operator; null: as many as the machine has cores. The numbers of a run do not depend on it',
    ),
  provider: text
    .default('cpu')
    .describe('ONNX Runtime execution provider: cpu, or webgpu, cuda, coreml, dml where installed'),
  microBatchTokens: whole(2 ** 24)
    .nullable()
    .default(null)
    .describe(
      'most tokens, padding included, that are computed at once while training; less needs less memory; null: 12288',
    ),
  selfCheck: z
    .boolean()
    .default(true)
    .describe(
      "before the first update, hold the sampler's log-probabilities against those of the training graph, and a small gradient against a second evaluation and the slope of the loss; a difference beyond rounding ends the run",
    ),
});

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
    .enum(DEPENDENCIES as [string, ...string[]])
    .default('high')
    .describe('how much only the picture tells: high (all of it), medium, low (the words tell it too)'),
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

const data = z.strictObject({
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

const rollout = z
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
  })
  .refine(
    ({ prompts, samples, maxTokens }) => prompts * samples * maxTokens <= STEP_TOKENS,
    `prompts × samples × maxTokens is at most ${STEP_TOKENS} tokens a step`,
  );

const optimizer = z.strictObject({
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

const train = z.strictObject({
  steps: whole(MOST.steps).default(130).describe('rollout batches that the run takes'),
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

const dynamicSampling = z.strictObject({
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

const validation = z.strictObject({
  every: count(MOST.steps)
    .default(10)
    .describe('steps between validations on the validation questions; 0: none'),
  rows: whole(MOST.rows).default(64).describe('validation questions that are asked, the first of the file'),
  samples: whole(MOST.samples).default(4).describe('responses to each, at rollout.temperature (avg@k)'),
});

const test = z.strictObject({
  rows: count(MOST.rows)
    .default(256)
    .describe(
      'test questions asked before the first and after the last step, the first of the file; 0: none',
    ),
  samples: whole(MOST.samples)
    .default(8)
    .describe('responses to each at temperature 1 (avg@k); one greedy response comes beside them'),
});

const checkpoint = z.strictObject({
  every: count(MOST.steps)
    .default(20)
    .describe('steps between checkpoints; 0: only at the end and at the best validation so far'),
  keep: whole(MOST.steps)
    .default(2)
    .describe('newest checkpoints that are kept, beside the best in validation'),
});

const logging = z.strictObject({
  samples: count(MOST.prompts).default(4).describe('rollouts of each step that are written to samples.jsonl'),
  tensorboard: z.boolean().default(true).describe('write a TensorBoard event file too'),
  klPrcpEvery: count(MOST.steps)
    .default(5)
    .describe(
      'steps between measurements of KL_prcp where the objective has no use for it (one more forward pass); 0: none',
    ),
});

export const configSchema = z.strictObject({
  name: runName
    .nullable()
    .default(null)
    .describe(
      "name of the run and of its folder; null: <preset>-seed<seed>, or <preset>-custom-seed<seed> where the objective is not the preset's, with -2, -3 and so on where that is taken",
    ),
  seed: z
    .number()
    .int()
    .default(1)
    .describe(
      'all chance of the run comes from it: equal seeds give equal bits on one kind of processor, on any number of threads, and however busy the machine is',
    ),
  out: path.default(DEFAULT_OUT).describe('folder that holds the runs, and in .data the built-in tasks'),
  preset: z.enum(presetNames).default('papo-g').describe('named objective; see papo presets'),
  size: z
    .enum(presetSizes as [string, ...string[]])
    .default('tiny')
    .describe("which flavour of the preset's values: for models of that size"),
  policy: path
    .nullable()
    .default(null)
    .describe('checkpoint folder in Hugging Face form; null: the base policy that comes with papo'),
  engine: engine.prefault({}).describe('where the policy runs'),
  data: data.prefault({}).describe('questions and how they are put'),
  rollout: rollout
    .prefault({})
    .describe(`how responses are sampled; prompts × samples × maxTokens is at most ${STEP_TOKENS}`),
  objective: objectiveSchema.prefault({}).describe('what is maximised (docs/objective.md)'),
  mask: maskConfigSchema.prefault({ kind: 'random' }).describe('how the masked view of a picture is made'),
  views: z
    .record(z.string().max(100), maskConfigSchema)
    .refine((views) => Object.keys(views).length <= MOST.views, `at most ${MOST.views} views`)
    .default({})
    .describe(
      'further views of a picture, by the name that the objective asks for; each is a block with the keys of `mask`, such as views.noised.step',
    ),
  reward: rewardSchema.prefault({}).describe('how responses are graded'),
  optimizer: optimizer.prefault({}).describe('AdamW'),
  train: train.prefault({}).describe('length and batches'),
  dynamicSampling: dynamicSampling.prefault({}).describe('which questions are trained on'),
  validation: validation.prefault({}).describe('accuracy while training'),
  test: test.prefault({}).describe('accuracy before and after training, on the test questions'),
  checkpoint: checkpoint.prefault({}).describe('what is saved'),
  logging: logging.prefault({}).describe('what is written down'),
});

/** Complete, with every default filled in. */
export type RunConfig = z.output<typeof configSchema>;
