import { z } from 'zod';
import type { Metrics } from '../../metric.ts';
import * as t from '../../tensor/ops.ts';
import { clippedRatio, logRatioOf, share } from './ratio.ts';
import type { Surrogate } from './surrogate.ts';

const settings = z
  .strictObject({
    kind: z.literal('gspo'),
    clipLow: z
      .number()
      .gt(0)
      .lt(1)
      .default(3e-4)
      .describe('the ratio of a response is clipped below at 1 minus this (paper: 3e-4)'),
    clipHigh: z
      .number()
      .gt(0)
      .default(4e-4)
      .describe('the ratio of a response is clipped above at 1 plus this (paper: 4e-4)'),
  })
  .describe(
    'GSPO (arXiv 2507.18071): clipped like PPO, with one ratio a response, the geometric mean of its tokens’; the paper averages by sequence',
  );

const metrics = {
  ratio: {
    unit: 'ratio',
    meaning: 'mean over tokens of the ratio of their response, the geometric mean of its tokens’ π/π_old',
    healthy: '1 in the first update of a rollout batch; it moves far less than the ratio of single tokens',
  },
  clip_ratio_high: {
    unit: 'share',
    meaning: 'tokens of responses whose ratio is clipped, for A of either sign',
    healthy:
      'large beside that of the other surrogates, as whole responses are clipped: the paper reports a hundred times that of GRPO, and that it learns better all the same',
  },
} satisfies Metrics;

/**
 * s = (π(o)/π_old(o))^(1/|o|), min[ s A, clip(s) A ] on every token of a response. Its average by sequence is the paper's
 * equation 5; all tokens of a response have one gradient, s A / |o|, where s is not clipped.
 */
export const gspo = {
  kind: 'gspo',
  settings,
  metrics,
  source: 'GSPO, arXiv 2507.18071, equations 5 to 7',
  build(x, { clipLow, clipHigh }) {
    const A = x.advantage;
    const each = t.where(x.valid, logRatioOf(x), 0);
    const length = t.maximum(t.sum(t.cast(x.valid, 'float32'), [1], true), 1);
    // As wide as the tokens, so that what is per response weighs by its tokens like all else.
    const logRatio = t.mul(t.div(t.sum(each, [1], true), length), t.cast(x.valid, 'float32'));
    const s = t.exp(logRatio);
    const sA = t.mul(s, A);
    const clipped = t.mul(clippedRatio(logRatio, clipLow, clipHigh), A);
    return {
      value: t.minimum(sA, clipped),
      diagnostics: { ratio: s, clip_ratio_high: share(t.greater(sA, clipped)) },
    };
  },
} satisfies Surrogate<z.output<typeof settings>, keyof typeof metrics>;
