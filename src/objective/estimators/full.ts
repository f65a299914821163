import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';

/**
 * The public code's `full` is π(log π − log other) summed over the vocabulary; an objective sees the sampled token alone,
 * so here it is that one summand. (The public actor hands it the same sampled tokens and sums them over the response by
 * mistake.)
 */
export const full: Estimator = {
  names: ['full'],
  description: 'π (log π − log other) of the sampled token',
  source: 'public code, compute_kl',
  limit: null,
  kl: (logp, other) => t.mul(t.exp(logp), t.sub(logp, other)),
};
