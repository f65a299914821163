import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';

export const abs: Estimator = {
  names: ['abs'],
  description: '|log π − log other|',
  source: 'public code, compute_kl',
  limit: null,
  kl: (logp, other) => t.abs(t.sub(logp, other)),
};
