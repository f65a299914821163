/**
 * The objective of PAPO (arXiv 2507.06448), token by token, to be maximised:
 *
 *     J = min[ r A, clip(r, 1−ε_l, 1+ε_h) A ] − β KL(π‖π_ref) + γ KL_prcp − η1 H[π] − η2 H[π_mask]
 *
 * The averages 1/G Σ 1/|o| Σ and 1/Σ|o| are in the weights that are fed (see tokens.ts). What has coefficient 0 is not
 * built: γ = 0 is GRPO or DAPO by construction.
 */
import * as t from '../tensor/ops.ts';
import type { ObjectiveConfig } from './config.ts';
import { diagnostics } from './diagnostics.ts';
import { estimators, LOG_RATIO_LIMIT, paperKl } from './kl.ts';
import { coefficients, type Now, type Plan, planOf } from './plan.ts';
import { topShare } from './top-share.ts';
import type { Objective } from './types.ts';

type Arrays = Record<string, t.Tensor>;

/**
 * @param now coefficients that a schedule has moved; the configuration's own unless told
 * @see docs/objective.md
 */
export function makeObjective(config: ObjectiveConfig, now: Now = {}): Objective {
  const plan = planOf(config, now);
  const scalars: Record<string, number> = {};
  for (const [name, value] of Object.entries(coefficients(config, now)))
    if (value !== 0) scalars[name] = value;
  const { key, gradientViews, arrays } = plan;
  return { key, gradientViews, arrays, scalars, build: (x) => papo(x, config, plan) };
}

/** Loss and terms. Every term is Σ weight · value over [D, T], so those of several micro-batches add up. */
function papo(x: Arrays, config: ObjectiveConfig, plan: Plan): { loss: t.Tensor; terms: Arrays } {
  const { weight, logp } = x;
  const tokenWeight = x.tokenWeight ?? weight;
  // Weights of what another view of the pictures is needed for.
  const seen = (w: t.Tensor) => (x.pictureWeight ? t.mul(w, x.pictureWeight) : w);
  const { r, rA, clipped, J_clip } = surrogate(x, config);
  const pg = x.surrogateWeight ? t.mul(J_clip, x.surrogateWeight) : J_clip;
  const terms: Arrays = { pg_loss: over(weight, t.neg(pg)) };
  let loss = terms.pg_loss;
  const plus = (name: string, coefficient: t.Operand, term: t.Tensor) => {
    terms[name] = term;
    loss = t.add(loss, t.mul(term, coefficient));
  };

  const kl_ref = plan.beta ? estimators[config.refPenalty](logp, x.refLogp) : null;
  if (kl_ref) plus('kl_ref', x.beta, over(weight, kl_ref));

  const logpMask = x.logp_masked ?? x.maskedLogp;
  const kl_prcp = plan.gamma ? perception(x, logpMask, tokenWeight, config) : null;
  if (kl_prcp) plus('kl_prcp', t.neg(x.gamma), over(seen(weight), kl_prcp));

  terms.entropy = over(tokenWeight, H(logp));
  if (plan.eta1) plus('entropy', x.eta1, terms.entropy);
  if (logpMask) terms.entropy_masked = over(seen(tokenWeight), H(logpMask));
  if (plan.eta2) plus('entropy_masked', x.eta2, terms.entropy_masked);

  if (config.sft > 0) plus('sft_loss', config.sft, over(x.sftWeight, t.neg(logp)));

  for (const { view, coefficient, penalty, entropy } of config.views) {
    const logpView = x[`logp_${view}`] ?? x[`${view}Logp`];
    if (coefficient !== 0)
      plus(`kl_${view}`, coefficient, over(seen(weight), estimators[penalty](logp, logpView)));
    if (entropy !== 0) plus(`entropy_${view}`, entropy, over(seen(tokenWeight), H(logpView)));
  }

  const seenWeight = seen(tokenWeight);
  const more = diagnostics({ x, r, rA, clipped, kl_ref, kl_prcp, tokenWeight, seenWeight }, config);
  return { loss, terms: { loss, ...terms, ...more } };
}

/** min[ r A, clip(r, 1−ε_l, 1+ε_h) A ], for A < 0 not below `clipDual` · A (arXiv 1912.09729). */
function surrogate(x: Arrays, config: ObjectiveConfig) {
  const A = x.advantage;
  const logRatio = t.clip(t.sub(x.logp, x.oldLogp), -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT);
  const r = t.exp(logRatio);
  const rA = t.mul(r, A);
  const clipped = t.mul(
    t.exp(t.clip(logRatio, Math.log(1 - config.clipLow), Math.log(1 + config.clipHigh))),
    A,
  );
  const J = t.minimum(rA, clipped);
  if (config.clipDual === null) return { r, rA, clipped, J_clip: J };
  return { r, rA, clipped, J_clip: t.where(t.less(A, 0), t.maximum(J, t.mul(A, config.clipDual)), J) };
}

/** KL_prcp = KL( π(·|q,I) ‖ π(·|q,I_mask) ), on all tokens or on the top share of each response, capped or not. */
function perception(x: Arrays, logpMask: t.Tensor, tokenWeight: t.Tensor, config: ObjectiveConfig): t.Tensor {
  const estimator = config.estimator === 'paper' ? paperKl : estimators[config.penalty];
  let kl = estimator(x.logp, logpMask);
  if (x.perceptionWeight) kl = t.mul(kl, x.perceptionWeight);
  if (config.topShare !== null) kl = t.mul(kl, topShare(kl, t.greater(tokenWeight, 0), config.topShare));
  if (config.cap !== null) kl = t.clip(kl, 0, config.cap);
  return kl;
}

/** The entropy of the policy, estimated by the negative log-probability of what it sampled. */
const H = (logp: t.Tensor) => t.neg(logp);

const over = (weight: t.Tensor, value: t.Tensor) => t.sum(t.mul(weight, value));
