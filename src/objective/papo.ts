/**
 * The objective of PAPO (arXiv 2507.06448), token by token, to be maximised:
 *
 *     J = min[ r A, clip(r, 1−ε_l, 1+ε_h) A ] − β KL(π‖π_ref) + γ KL_prcp − η1 H[π] − η2 H[π_mask]
 *
 * The averages 1/G Σ 1/|o| Σ and 1/Σ|o| are in the weights that are fed (update.ts). What has coefficient 0 is not
 * built: γ = 0 is GRPO or DAPO by construction.
 */
import * as t from '../tensor/ops.ts';
import type { ObjectiveConfig } from './config.ts';
import { estimatorOf } from './estimators/index.ts';
import { limited } from './estimators/limits.ts';
import type { Measured, Term } from './loss.ts';
import type { ObjectiveMetric } from './metrics.ts';
import { surrogateOf } from './surrogates/index.ts';
import { furtherTerms } from './terms/index.ts';
import { topShare } from './top-share.ts';
import type { Inputs } from './types.ts';

/** What moves during a run; the configuration's own where it is not given. */
export interface Now {
  /** γ, the weight of KL_prcp. */
  gamma?: number;
  /** β, the weight of KL_ref. */
  beta?: number;
}

/** The equation as the terms of the loss −J. @see docs/objective.md */
export function papo(c: ObjectiveConfig, now: Now = {}): Term<ObjectiveMetric>[] {
  const { gamma, beta, eta1, eta2 } = coefficients(c, now);
  const masked = { masked: c.maskedGradient };
  return [
    {
      name: 'pg_loss', // min[ r A, clip(r, 1−ε_l, 1+ε_h) A ]
      source: surrogateOf(c.surrogate).source,
      coefficient: 1,
      value: (x) => surrogate(x, c),
    },
    {
      name: 'kl_ref', // − β KL(π‖π_ref)
      source: 'PAPO equation 1; public code, use_kl_loss',
      coefficient: beta,
      needs: { reference: true },
      value(x) {
        const kl = estimatorOf(c.refPenalty).kl(x.logp, x.logp_ref);
        return { value: kl, diagnostics: { kl_ref_capped: capped(kl, estimatorOf(c.refPenalty).limit) } };
      },
    },
    {
      name: 'kl_prcp', // + γ KL(π‖π_mask)
      source: 'PAPO equations 4 and 5; public code, use_kl_prcp',
      coefficient: -gamma,
      needs: { views: masked, weights: c.perceptionRows === 'correct' ? ['perceptionWeight'] : [] },
      comparesViews: true,
      value(x) {
        const kl = perception(x, c);
        const limit = c.cap ?? estimatorOf(c.penalty).limit;
        return {
          value: kl,
          diagnostics: { kl_prcp_square: t.square(kl), kl_prcp_capped: capped(kl, limit) },
        };
      },
    },
    {
      name: 'entropy', // − η1 H[π]
      source: 'PAPO equation 6, Double Entropy Loss; public code, use_ori_entropy_loss',
      coefficient: eta1,
      average: 'tokenWeight',
      value: (x) => H(x.logp),
    },
    {
      name: 'entropy_masked', // − η2 H[π_mask]
      source: 'PAPO equation 6, Double Entropy Loss; public code, use_aug_entropy_loss',
      coefficient: eta2,
      needs: { views: masked },
      average: 'tokenWeight',
      comparesViews: true,
      value: (x) => H(x.logp_masked),
    },
    ...furtherTerms(c),
  ];
}

/** γ, β, η1, η2 in force. The entropies follow γ, as in the public code (its annealing discount). */
export function coefficients(c: ObjectiveConfig, now: Now = {}) {
  const gamma = now.gamma ?? c.gamma;
  const full = c.gamma || (c.gammaSchedule.kind === 'linear' ? c.gammaSchedule.end : 0);
  const share = full > 0 ? gamma / full : 0;
  return { gamma, beta: now.beta ?? c.beta, eta1: c.eta1 * share + c.entropy, eta2: c.eta2 * share };
}

/** The surrogate of the expected advantage, negated, as far as a shaping lets each token count. */
function surrogate(x: Inputs, c: ObjectiveConfig): Measured<ObjectiveMetric> {
  const { logp, logp_old, advantage } = x;
  const valid = t.greater(x.tokenWeight ?? x.weight, 0);
  const built = surrogateOf(c.surrogate).build({ logp, logp_old, advantage, valid }, c.surrogate);
  return {
    value: t.neg(x.surrogateWeight ? t.mul(built.value, x.surrogateWeight) : built.value),
    diagnostics: { ...built.diagnostics, ppo_kl: limited(t.sub(logp_old, logp)) },
  };
}

/** KL_prcp = KL( π(·|q,I) ‖ π(·|q,I_mask) ), on all tokens or on the top share of each response, capped or not. */
function perception(x: Inputs, c: ObjectiveConfig): t.Tensor {
  let kl = estimatorOf(c.penalty).kl(x.logp, x.logp_masked);
  if (x.perceptionWeight) kl = t.mul(kl, x.perceptionWeight);
  if (c.topShare !== null) kl = t.mul(kl, topShare(kl, t.greater(x.tokenWeight ?? x.weight, 0), c.topShare));
  return c.cap === null ? kl : t.clip(kl, 0, c.cap);
}

/** The entropy of the policy, estimated by the negative log-probability of what it sampled. */
const H = (logp: t.Tensor) => t.neg(logp);

/** The share of tokens at an estimator's limit, so that no KL is limited in silence. */
const capped = (kl: t.Tensor, limit: number | null): t.Tensor | undefined =>
  limit === null ? undefined : t.cast(t.greaterOrEqual(kl, limit), 'float32');
