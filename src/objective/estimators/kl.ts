import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';

export const kl: Estimator = {
  names: ['kl', 'k1'],
  description: 'log π − log other: unbiased, of either sign',
  source: 'public code, compute_kl; Schulman’s k1 (joschu.net/blog/kl-approx.html)',
  limit: null,
  kl: (logp, other) => t.sub(logp, other),
};
