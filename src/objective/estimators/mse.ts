import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';

export const mse: Estimator = {
  names: ['mse', 'k2'],
  description: '½ (log π − log other)²',
  source: 'public code, compute_kl; Schulman’s k2 (joschu.net/blog/kl-approx.html)',
  limit: null,
  kl: (logp, other) => t.mul(t.square(t.sub(logp, other)), 0.5),
};
