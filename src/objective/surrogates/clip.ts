import { z } from 'zod';
import * as t from '../../tensor/ops.ts';
import { clippedRatio, logRatioOf, share } from './ratio.ts';
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

/**
 * min[ r A, clip(r, 1−ε_l, 1+ε_h) A ], for A < 0 not below `clipDual` · A.
 * - `ratio`: π/π_old.
 * - `clip_ratio_high`: share of tokens whose ratio is clipped (the public code's pg_clipfrac_higher, for A of either sign).
 * - `clip_ratio_low`: share of tokens that the dual clip holds (its pg_clipfrac_lower).
 */
export const clip = {
  kind: 'clip',
  settings,
  source: 'PAPO equation 1; public code, compute_policy_loss; dual clip: arXiv 1912.09729',
  build(x, { clipLow, clipHigh, clipDual }) {
    const A = x.advantage;
    const logRatio = logRatioOf(x);
    const r = t.exp(logRatio);
    const rA = t.mul(r, A);
    const clipped = t.mul(clippedRatio(logRatio, clipLow, clipHigh), A);
    const J = t.minimum(rA, clipped);
    const diagnostics: Record<string, t.Tensor> = {
      ratio: r,
      clip_ratio_high: share(t.greater(rA, clipped)),
    };
    if (clipDual === null) return { value: J, diagnostics };
    const floor = t.mul(A, clipDual);
    diagnostics.clip_ratio_low = share(t.and(t.less(A, 0), t.less(J, floor)));
    return { value: t.where(t.less(A, 0), t.maximum(J, floor), J), diagnostics };
  },
} satisfies Surrogate<z.output<typeof settings>>;
