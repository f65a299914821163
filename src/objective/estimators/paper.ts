import * as t from '../../tensor/ops.ts';
import type { Estimator } from './estimator.ts';
import { k3, limited } from './limits.ts';

export const paper: Estimator = {
  names: ['paper'],
  description:
    'r − log r − 1 with r = π/other, as the paper’s text has KL_prcp; without a limit on its value',
  source: 'PAPO, arXiv 2507.06448, section 3.2',
  limit: null,
  kl: (logp, other) => k3(limited(t.sub(logp, other))),
};
