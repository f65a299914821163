/** Every setting of a run, with its description, default and allowed values: the one source of `papo config` and docs/config.md. */
import { z } from 'zod';
import { engineSchema } from '../engine/open.ts';
import { maskConfigSchema } from '../mask/config.ts';
import { DEFAULT_POLICY, isBuiltin, shippedPolicies } from '../model/shipped.ts';
import { objectiveSchema } from '../objective/config.ts';
import { rewardSchema } from '../reward/settings.ts';
import * as block from './blocks.ts';
import { presetNames } from './presets/index.ts';
import { presetSizes } from './presets/sizes.ts';

export const DEFAULT_OUT = 'runs';

/** What some system keeps for itself, or would not show. */
const RESERVED_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

const runName = z
  .string()
  .max(100)
  .regex(/^\w(?:[\w.-]*\w)?$/, 'letters, digits, - _ and . only, with a letter, digit or _ at both ends')
  .refine((name) => !RESERVED_NAME.test(name), 'Windows keeps this name for a device; choose another');

const policy = block.path
  .refine((given) => !isBuiltin(given) || shippedPolicies().includes(given), {
    error: () => `those that come with papo are ${shippedPolicies().join(', ')}`,
  })
  .nullable()
  .default(DEFAULT_POLICY)
  .transform((given) => given ?? DEFAULT_POLICY)
  .describe(
    `what is trained: checkpoint folder in Hugging Face form, or the name of one that comes with papo: ${shippedPolicies().join(', ')} (papo pretrain tells them apart); null: the default`,
  );

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
  out: block.path
    .default(DEFAULT_OUT)
    .describe('folder that holds the runs, and in .data the built-in tasks'),
  preset: z.enum(presetNames).default('papo-g').describe('named objective; see papo presets'),
  size: z
    .enum(presetSizes)
    .default('tiny')
    .describe("which flavour of the preset's values: for models of that size"),
  policy,
  engine: engineSchema.prefault({}).describe('where the policy runs'),
  data: block.data.prefault({}).describe('questions and how they are put'),
  rollout: block.rollout
    .prefault({})
    .describe(`how responses are sampled; prompts × samples × maxTokens is at most ${block.STEP_TOKENS}`),
  objective: objectiveSchema.prefault({}).describe('what is maximised (docs/objective.md)'),
  mask: maskConfigSchema.prefault({ kind: 'random' }).describe('how the masked view of a picture is made'),
  views: z
    .record(z.string().max(100), maskConfigSchema)
    .refine((views) => Object.keys(views).length <= block.MOST.views, `at most ${block.MOST.views} views`)
    .default({})
    .describe(
      'further views of a picture, by the name that the objective asks for; each is a block with the keys of `mask`, such as views.noised.step',
    ),
  reward: rewardSchema.prefault({}).describe('how responses are graded'),
  optimizer: block.optimizer.prefault({}).describe('AdamW'),
  train: block.train.prefault({}).describe('length and batches'),
  dynamicSampling: block.dynamicSampling.prefault({}).describe('which questions are trained on'),
  validation: block.validation.prefault({}).describe('accuracy while training'),
  test: block.test.prefault({}).describe('accuracy before and after training, on the test questions'),
  checkpoint: block.checkpoint.prefault({}).describe('what is saved'),
  logging: block.logging.prefault({}).describe('what is written down'),
});

/** Complete, with every default filled in. */
export type RunConfig = z.output<typeof configSchema>;
