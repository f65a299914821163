/** The `objective` block of a run's configuration: the symbols of the paper's equation, one key each. */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { advantageSchema } from './advantages/index.ts';
import { estimatorSchema } from './estimators/index.ts';
import { overlongSchema } from './overlong.ts';
import { betaScheduleSchema, gammaScheduleSchema } from './schedule.ts';
import { shapingSchema } from './shapings/index.ts';
import { surrogateSchema } from './surrogates/index.ts';
import { furtherSettings } from './terms/index.ts';

const coefficient = z.number().min(0);

export const objectiveSchema = z.strictObject({
  gamma: coefficient
    .default(0.02)
    .describe(
      'γ, weight of KL_prcp, the divergence from the policy that sees the masked image; 0 leaves it out',
    ),
  gammaSchedule: gammaScheduleSchema
    .default({ kind: 'constant' })
    .describe('how γ moves over the run; both entropy weights move with it'),
  penalty: estimatorSchema('KL_prcp'),
  maskedGradient: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      'off: the masked branch is computed once before the update and is data (public default); on: it carries gradient (paper)',
    ),
  topShare: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'KL_prcp only on this share of each response, the tokens where it is largest (public code: 0.2); null: all',
    ),
  cap: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe('KL_prcp of a token is limited to [0, cap] (public code: 0.2); null: no cap'),
  perceptionRows: z
    .enum(['all', 'correct'])
    .default('all')
    .describe(
      'which rollouts KL_prcp counts for: all, or correct ones in full and the others by `incorrectWeight`',
    ),
  incorrectWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('weight of KL_prcp on rollouts that are not correct, where `perceptionRows` is correct'),
  beta: coefficient
    .default(0.01)
    .describe('β, weight of KL_ref, the divergence from the reference policy; 0 leaves it out'),
  refPenalty: estimatorSchema('KL_ref'),
  betaSchedule: betaScheduleSchema.default({ kind: 'constant' }).describe('how β moves over the run'),
  eta1: coefficient
    .default(0)
    .describe(
      'η1, weight of the entropy of the policy in the Double Entropy Loss; scaled with γ, so gone where γ is 0',
    ),
  eta2: coefficient
    .default(0)
    .describe(
      'η2, weight of the entropy under the masked image; scaled with γ; it moves the policy only with maskedGradient on',
    ),
  entropy: z
    .number()
    .default(0)
    .describe('weight of an entropy loss that does not depend on γ; below 0 it is a bonus'),
  average: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe(
      'mean over all response tokens (public code), or over each response and then over responses (paper, GRPO)',
    ),
  surrogate: surrogateSchema
    .prefault('clip')
    .describe('what stands for the expected advantage: a name, or a block with that kind and its settings'),
  advantage: advantageSchema
    .prefault('grpo')
    .describe('how rewards become advantages: a name, or a block with that kind and its settings'),
  overlong: overlongSchema,
  shaping: z
    .array(shapingSchema)
    .default([])
    .describe('transforms of advantages and token weights, in order'),
  ...furtherSettings,
});

/** What may be written. */
export type ObjectiveInput = z.input<typeof objectiveSchema>;

/** Complete, with every default filled in. */
export type ObjectiveConfig = z.output<typeof objectiveSchema>;

/** Checks and completes the block. @throws ConfigError with the key and what is wrong with it. */
export function parseObjective(value: unknown): ObjectiveConfig {
  const parsed = objectiveSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${['objective', ...issue.path].join('.')}: ${issue.message}`);
}
