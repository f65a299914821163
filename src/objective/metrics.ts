/** What an update logs of its objective: the terms of the equation, and what surrogates and further terms declare. */
import type { Metrics } from '../metric.ts';
import { type SurrogateMetric, surrogates } from './surrogates/index.ts';
import { type FurtherMetric, further } from './terms/index.ts';

const equation = {
  loss: {
    unit: 'loss',
    meaning: 'what was minimised: −J, with all terms and coefficients',
    healthy:
      'says little by itself: advantages are taken within a group, so `pg_loss` stays near 0 however well the policy learns; look at the terms',
  },
  pg_loss: {
    unit: 'loss',
    meaning: 'the surrogate of `objective.surrogate`, negated',
    healthy: 'small and around 0; no measure of progress',
  },
  ppo_kl: {
    unit: 'nats a token',
    meaning: 'mean of log π_old − log π on the sampled tokens: how far the updates of a step have gone',
    healthy: 'close to 0, as the updates of one step are few and small',
  },
  kl_ref: {
    unit: 'nats a token',
    meaning: 'KL(π ‖ π_ref) by the estimator `objective.refPenalty`',
    only: 'where β is above 0',
    healthy:
      'close to 0 in the first step, then grows slowly; jumps say that the policy leaves the reference',
  },
  kl_ref_capped: {
    unit: 'share',
    meaning: "tokens at the limit of KL_ref's estimator, where their gradient is 0",
    only: 'where it has one',
    healthy: '0 or close to it',
  },
  kl_prcp: {
    unit: 'nats a token',
    meaning:
      'KL(π ‖ π_mask): the term of the objective where it has one, else k3 of the log-probabilities before the update',
    only: 'where the masked view is computed: with γ above 0, where a shaping asks, and in the steps of `logging.klPrcpEvery`',
    healthy:
      'above 0 (the policy uses the picture), steady or slowly growing. Near 0: it answers as if blind, or the mask hides nothing. A steep climb, or a value at its limit (10, or `objective.cap`), is hacking',
  },
  kl_prcp_square: {
    unit: 'nats² a token',
    meaning: 'mean square of a token’s KL_prcp; less the square of `kl_prcp` it is the variance over tokens',
    healthy: 'moves with `kl_prcp`; in the collapse of the paper the variance rose to 8.4 times what it was',
  },
  kl_prcp_capped: {
    unit: 'share',
    meaning:
      "tokens whose KL_prcp is at the estimator's limit or at `objective.cap`, where their gradient is 0",
    only: 'where there is such a limit',
    healthy: 'close to 0 without a cap; a growing share says that KL_prcp is being hacked',
  },
  entropy: {
    unit: 'nats a token',
    meaning: 'entropy of the policy that drew the responses, estimated as −log π of what it sampled',
    healthy:
      'falls as the policy learns, without running out: what it never tries it cannot learn. A rise together with falling rewards is the collapse of the paper (.20 → .41)',
  },
  entropy_masked: {
    unit: 'nats a token',
    meaning: 'the same under the masked picture, on the tokens sampled with the original one',
    only: 'where `kl_prcp` is',
    healthy: 'above `entropy`, steady. In the collapse of the paper it rose from .4 to 1.3',
  },
} satisfies Metrics;

/** All of it, by who declares it. */
export const objectiveMetrics = {
  equation: equation as Metrics,
  surrogates: surrogates.map(({ kind, metrics }) => ({ kind, metrics: metrics as Metrics })),
  further: Object.assign({}, ...further.map(({ metrics }) => metrics)) as Metrics,
};

/** The names of the terms of an objective, and of what is logged beside them. */
export type ObjectiveMetric = keyof typeof equation | SurrogateMetric | FurtherMetric;
