/** The `objective` block of a run's configuration: the symbols of the paper's equation, one key each. */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';

const coefficient = z.number().min(0);

/**
 * Estimators of KL(π ‖ other) from the log-probabilities of sampled tokens, by the public code's names.
 * `k1`, `k2` and `k3` are Schulman's names (joschu.net/blog/kl-approx.html) for `kl`, `mse` and `low_var_kl`.
 */
export const klPenalties = ['kl', 'k1', 'abs', 'mse', 'k2', 'low_var_kl', 'k3', 'full'] as const;
export type KlPenalty = (typeof klPenalties)[number];

const klPenalty = z.enum(klPenalties);

/** How γ moves over a run. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }).describe('γ stays what it is'),
  z
    .strictObject({
      kind: z.literal('linear'),
      end: coefficient.default(0).describe('γ after the anneal'),
      fraction: z.number().gt(0).max(1).default(0.5).describe('share of all steps that the anneal takes'),
    })
    .describe('γ falls in a straight line from `gamma` to `end`, then stays there'),
]);

/** How β moves over a run. */
export const betaScheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }).describe('β stays what it is'),
  z
    .strictObject({
      kind: z.literal('adaptive'),
      target: z.number().gt(0).describe('the KL_ref that β is steered towards'),
      horizon: z
        .number()
        .gt(0)
        .default(10000)
        .describe('sequences after which β has followed by its full step'),
    })
    .describe('Ziegler et al. 2019, section 2.2 (arXiv 1909.08593)'),
]);

/** A KL to a further view of the images, beside KL_prcp. */
export const viewTermSchema = z.strictObject({
  view: z
    .string()
    .regex(/^(?!(original|masked|old|ref)$)[a-z][a-zA-Z0-9]*$/, {
      message:
        'a view is a word that starts small and is not original, masked, old or ref (KL to the masked view is gamma)',
    })
    .describe('name of the view, e.g. noised'),
  coefficient: z
    .number()
    .describe('what its KL is multiplied with in the loss: above 0 pulls the two together, below 0 apart'),
  penalty: klPenalty.default('low_var_kl').describe('estimator of the KL'),
  gradient: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      'whether the gradient also flows through that view (on), or its log-probabilities are data (off)',
    ),
  entropy: coefficient
    .default(0)
    .describe('weight of the entropy under that view; it moves the policy only with gradient on'),
});

export const objectiveSchema = z.strictObject({
  gamma: coefficient
    .default(0.02)
    .describe(
      'γ, weight of KL_prcp, the divergence from the policy that sees the masked image; 0 leaves it out',
    ),
  gammaSchedule: scheduleSchema
    .default({ kind: 'constant' })
    .describe('how γ moves over the run; both entropy weights move with it'),
  estimator: z
    .enum(['code', 'paper'])
    .default('code')
    .describe(
      'KL_prcp per token: the public code (`penalty`, clamped) or the paper text (r − log r − 1, r = π/π_mask)',
    ),
  penalty: klPenalty.default('low_var_kl').describe('estimator of KL_prcp where `estimator` is code'),
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
  refPenalty: klPenalty.default('low_var_kl').describe('estimator of KL_ref'),
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
  sft: coefficient
    .default(0)
    .describe(
      'weight of the negative log-likelihood of correct rollouts (public code: 1e-3); 0 leaves it out',
    ),
  clipLow: z.number().gt(0).lt(1).default(0.2).describe('ε_l: the ratio is clipped below at 1 − ε_l'),
  clipHigh: z.number().gt(0).default(0.3).describe('ε_h: the ratio is clipped above at 1 + ε_h'),
  clipDual: z
    .number()
    .gt(1)
    .nullable()
    .default(3)
    .describe('where A < 0 the loss is at most this times |A|; null: no dual clip'),
  average: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe(
      'mean over all response tokens (public code), or over each response and then over responses (paper, GRPO)',
    ),
  advantage: z
    .enum(['grpo', 'dapo', 'dr-grpo', 'rloo', 'reinforce++', 'remax', 'gae'])
    .default('grpo')
    .describe('how rewards become advantages'),
  discount: z.number().gt(0).max(1).default(1).describe('discount of later rewards, for reinforce++ and gae'),
  lambda: z.number().min(0).max(1).default(1).describe('λ of gae'),
  overlong: z
    .strictObject({
      maxTokens: z.number().int().min(1).describe('longest response in tokens'),
      buffer: z.number().int().min(1).describe('the punishment grows over this many tokens before maxTokens'),
      penalty: z.number().min(0).default(1).describe('punishment at maxTokens'),
    })
    .nullable()
    .default(null)
    .describe('soft punishment of overlong responses (DAPO, arXiv 2503.14476, equation 13); null: none'),
  views: z
    .array(viewTermSchema)
    .refine((v) => new Set(v.map((x) => x.view)).size === v.length, {
      message: 'two terms name the same view',
    })
    .default([])
    .describe('KL terms to further views of the images'),
  shaping: z
    .array(
      z.discriminatedUnion('kind', [
        z
          .strictObject({
            kind: z.literal('vppo'),
            share: z
              .number()
              .gt(0)
              .max(1)
              .default(0.4)
              .describe('share of tokens that carry policy gradient'),
            scaleMin: z.number().min(0).default(0.9).describe('smallest factor of a response’s advantage'),
          })
          .describe('VPPO, arXiv 2510.09285'),
      ]),
    )
    .default([])
    .describe('transforms of advantages and token weights, in order'),
  noisyShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of the rollouts of a prompt drawn from the noised image (NoisyRollout: 0.5); 0: none'),
  noise: z
    .strictObject({
      start: z.number().int().min(0).max(999).describe('diffusion step of the noise at the start of the run'),
      steepness: z.number().gt(0).describe('steepness of the sigmoid along which it fades'),
      middle: z
        .union([z.literal('half'), z.number().min(0)])
        .describe('training step at which half of it is gone; half: the middle of the run'),
    })
    .nullable()
    .default(null)
    .describe('how the noise of the `noised` view fades; null: it stays what the mask says'),
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
