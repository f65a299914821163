import { z } from 'zod';
import type { Metrics } from '../../metric.ts';
import * as t from '../../tensor/ops.ts';
import { clippedRatio, logRatioOf, ratioMetric, share } from './ratio.ts';
import type { Surrogate } from './surrogate.ts';

const settings = z
  .strictObject({
    kind: z.literal('cispo'),
    clipLow: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe(
        'the weight of a token is clipped below at 1 minus this; 1: no lower bound (as in the paper)',
      ),
    clipHigh: z
      .number()
      .gt(0)
      .default(4)
      .describe('the weight of a token is clipped above at 1 plus this (ScaleRL, arXiv 2510.13786: 4)'),
  })
  .describe(
    'CISPO (arXiv 2506.13585): the clipped ratio is a weight without gradient on A log π, so that no token drops out',
  );

const metrics = {
  ratio: ratioMetric,
  clip_ratio_high: {
    unit: 'share',
    meaning: 'tokens whose weight is clipped at 1 + `clipHigh`; they keep a gradient',
    healthy: 'close to 0; a large share says that the policy is far from the one that drew the responses',
  },
} satisfies Metrics;

/** sg[ clip(r, 1−ε_l, 1+ε_h) ] A log π: clipped tokens keep a gradient, of bounded size. */
export const cispo = {
  kind: 'cispo',
  settings,
  metrics,
  source: 'CISPO (MiniMax-M1), arXiv 2506.13585, equations 4 and 5',
  build(x, { clipLow, clipHigh }) {
    const logRatio = logRatioOf(x);
    const r = t.exp(logRatio);
    const weight = t.stopGradient(clippedRatio(logRatio, clipLow, clipHigh));
    return {
      value: t.mul(t.mul(weight, x.advantage), x.logp),
      diagnostics: { ratio: r, clip_ratio_high: share(t.greater(r, 1 + clipHigh)) },
    };
  },
} satisfies Surrogate<z.output<typeof settings>, keyof typeof metrics>;
