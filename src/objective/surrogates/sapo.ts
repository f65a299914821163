import { z } from 'zod';
import type { Metrics } from '../../metric.ts';
import * as t from '../../tensor/ops.ts';
import { logRatioOf, ratioMetric } from './ratio.ts';
import type { Surrogate } from './surrogate.ts';

const temperature = z.number().gt(0).max(1000);
const settings = z
  .strictObject({
    kind: z.literal('sapo'),
    temperaturePositive: temperature
      .default(1)
      .describe('τ where A > 0: the larger, the sooner a token far from the old policy stops to count'),
    temperatureNegative: temperature
      .default(1.05)
      .describe('τ where A ≤ 0; above the other one, as such updates spread over the whole vocabulary'),
  })
  .describe('SAPO (arXiv 2511.20347): a soft gate, 4/τ σ(τ (r − 1)) A, in the place of the clip');

const metrics = { ratio: ratioMetric } satisfies Metrics;

/** (4/τ) σ(τ (r − 1)) A: its slope in r is A on policy and falls smoothly to both sides. */
export const sapo = {
  kind: 'sapo',
  settings,
  metrics,
  source: 'SAPO, arXiv 2511.20347, equations 5 and 6',
  build(x, { temperaturePositive, temperatureNegative }) {
    const A = x.advantage;
    const r = t.exp(logRatioOf(x));
    const gate = (tau: number) => t.mul(t.sigmoid(t.mul(t.sub(r, 1), tau)), 4 / tau);
    const f = t.where(t.greater(A, 0), gate(temperaturePositive), gate(temperatureNegative));
    return { value: t.mul(f, A), diagnostics: { ratio: r } };
  },
} satisfies Surrogate<z.output<typeof settings>, keyof typeof metrics>;
