import { z } from 'zod';
import type { Metrics } from '../../metric.ts';
import * as t from '../../tensor/ops.ts';
import { clippedRatio, logRatioOf, ratioMetric, share } from './ratio.ts';
import type { Surrogate } from './surrogate.ts';

const settings = z
  .strictObject({
    kind: z.literal('clip'),
    clipLow: z.number().gt(0).lt(1).default(0.2).describe('ε_l: the ratio is clipped below at 1 − ε_l'),
    clipHigh: z.number().gt(0).default(0.3).describe('ε_h: the ratio is clipped above at 1 + ε_h'),
    clipDual: z
      .number()
      .gt(1)
      .nullable()
      .default(3)
      .describe('where A < 0 the loss is at most this times |A|; null: no dual clip'),
  })
  .describe('min[ r A, clip(r, 1−ε_l, 1+ε_h) A ] with the ratio r of each token (PPO, GRPO, DAPO)');

const metrics = {
  ratio: ratioMetric,
  clip_ratio_high: {
    unit: 'share',
    meaning:
      'tokens whose ratio is clipped: above 1 + `clipHigh` for A > 0, below 1 − `clipLow` for A < 0 (pg_clipfrac_higher of the public code)',
    healthy: 'far below 0.01 and steady; in the collapse of the paper it kept growing, from .0006 to .007',
  },
  clip_ratio_low: {
    unit: 'share',
    meaning:
      'tokens with A < 0 whose loss the dual clip holds, where `clipDual` is set (pg_clipfrac_lower of the public code)',
    healthy: 'close to 0; else tokens of bad responses grow several times likelier within a step',
  },
} satisfies Metrics;

/** min[ r A, clip(r, 1−ε_l, 1+ε_h) A ], for A < 0 not below `clipDual` · A. */
export const clip = {
  kind: 'clip',
  settings,
  metrics,
  source: 'PAPO equation 1; public code, compute_policy_loss; dual clip: arXiv 1912.09729',
  build(x, { clipLow, clipHigh, clipDual }) {
    const A = x.advantage;
    const logRatio = logRatioOf(x);
    const r = t.exp(logRatio);
    const rA = t.mul(r, A);
    const clipped = t.mul(clippedRatio(logRatio, clipLow, clipHigh), A);
    const J = t.minimum(rA, clipped);
    const diagnostics = { ratio: r, clip_ratio_high: share(t.greater(rA, clipped)) };
    if (clipDual === null) return { value: J, diagnostics };
    const floor = t.mul(A, clipDual);
    const clip_ratio_low = share(t.and(t.less(A, 0), t.less(J, floor)));
    return {
      value: t.where(t.less(A, 0), t.maximum(J, floor), J),
      diagnostics: { ...diagnostics, clip_ratio_low },
    };
  },
} satisfies Surrogate<z.output<typeof settings>, keyof typeof metrics>;
