import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';
import { k3, limited } from './limits.ts';

/** What the public code limits the estimate of a token to. */
export const KL_LIMIT = 10;

export const lowVarKl: Estimator = {
  names: ['low_var_kl', 'k3'],
  description: `r − log r − 1 with r = other/π: never below 0, of low variance; limited to ${KL_LIMIT}`,
  source: 'public code, compute_kl; Schulman’s k3 (joschu.net/blog/kl-approx.html)',
  limit: KL_LIMIT,
  kl: (logp, other) => t.clip(k3(limited(t.sub(other, logp))), -KL_LIMIT, KL_LIMIT),
};
