/** What is logged beside the terms of the loss; all of it token means, whatever average the loss takes. */
import * as t from '../tensor/ops.ts';
import type { ObjectiveConfig } from './config.ts';
import { LOG_RATIO_LIMIT, limitOf } from './kl.ts';

interface Parts {
  x: Record<string, t.Tensor>;
  r: t.Tensor;
  rA: t.Tensor;
  clipped: t.Tensor;
  kl_ref: t.Tensor | null;
  kl_prcp: t.Tensor | null;
  tokenWeight: t.Tensor;
  /** The same, 0 for prompts without pictures. */
  seenWeight: t.Tensor;
}

/**
 * - `ratio`: π/π_old. `ppo_kl`: log π_old − log π.
 * - `clip_ratio_high`: share of tokens whose ratio is clipped (the public code's pg_clipfrac_higher, for A of either sign).
 * - `clip_ratio_low`: share of tokens that the dual clip holds (its pg_clipfrac_lower).
 * - `kl_prcp_square`: for the variance of KL_prcp from token to token.
 * - `kl_prcp_capped`, `kl_ref_capped`: share of tokens at the estimator's limit or the cap, so that no KL is limited in silence.
 */
export function diagnostics(parts: Parts, config: ObjectiveConfig): Record<string, t.Tensor> {
  const { x, r, rA, clipped, kl_ref, kl_prcp, tokenWeight, seenWeight } = parts;
  const mean = (value: t.Tensor) => t.sum(t.mul(tokenWeight, value));
  const share = (condition: t.Tensor) => mean(t.cast(condition, 'float32'));
  const seen = (value: t.Tensor) => t.sum(t.mul(seenWeight, value));
  const out: Record<string, t.Tensor> = {
    ratio: mean(r),
    ppo_kl: mean(t.clip(t.sub(x.oldLogp, x.logp), -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)),
    clip_ratio_high: share(t.greater(rA, clipped)),
  };
  if (config.clipDual !== null) {
    const floor = t.mul(x.advantage, config.clipDual);
    out.clip_ratio_low = share(t.and(t.less(x.advantage, 0), t.less(t.minimum(rA, clipped), floor)));
  }
  if (kl_prcp) {
    out.kl_prcp_square = seen(t.square(kl_prcp));
    const limit = config.cap ?? (config.estimator === 'code' ? limitOf(config.penalty) : null);
    if (limit !== null) out.kl_prcp_capped = seen(t.cast(t.greaterOrEqual(kl_prcp, limit), 'float32'));
  }
  const refLimit = limitOf(config.refPenalty);
  if (kl_ref && refLimit !== null) out.kl_ref_capped = share(t.greaterOrEqual(kl_ref, refLimit));
  return out;
}
