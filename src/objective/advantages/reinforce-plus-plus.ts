import { z } from 'zod';
import type { Advantage } from './advantage.ts';
import { sum } from './group.ts';

/** Shifts and scales all tokens of a batch to mean 0 and variance 1 (n − 1 below; 1e-8 is added to the variance). */
export function whiten(values_DT: readonly ArrayLike<number>[]): Float64Array[] {
  const n = values_DT.reduce((a, v) => a + v.length, 0);
  if (n === 0) return values_DT.map(() => new Float64Array(0));
  const m = values_DT.reduce((a, v) => a + sum(v), 0) / n;
  let squares = 0;
  for (const v of values_DT) for (let t = 0; t < v.length; t++) squares += (v[t] - m) ** 2;
  const variance = n > 1 ? squares / (n - 1) : squares / n;
  return values_DT.map((v) => Float64Array.from(v, (x) => (x - m) / Math.sqrt(variance + 1e-8)));
}

/** Discounted returns of rewards per token. */
export function discounted(rewards_T: ArrayLike<number>, discount: number): Float64Array {
  const out = new Float64Array(rewards_T.length);
  let running = 0;
  for (let t = out.length - 1; t >= 0; t--) {
    running = rewards_T[t] + discount * running;
    out[t] = running;
  }
  return out;
}

const settings = z
  .strictObject({
    kind: z.literal('reinforce++'),
    discount: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('of the reward, which counts at the last token, for each token before it'),
  })
  .describe('discounted returns, whitened over all tokens of the batch');

export const reinforcePlusPlus = {
  kind: 'reinforce++',
  settings,
  source: 'REINFORCE++, arXiv 2501.03262; public code, compute_reinforce_plus_plus_outcome_advantage',
  fewest: 1,
  baseline: false,
  advantages(groups_P, { discount }) {
    const returns_DT = groups_P.flatMap((g) =>
      g.lengths_G.map((length, i) => discounted(atLast(length, g.rewards_G[i] ?? 0), discount)),
    );
    const flat_D = whiten(returns_DT).values();
    return groups_P.map((g) => g.lengths_G.map(() => Float32Array.from(flat_D.next().value ?? [])));
  },
} satisfies Advantage<z.output<typeof settings>>;

function atLast(length: number, reward: number): Float64Array {
  const out = new Float64Array(length);
  if (length > 0) out[length - 1] = reward;
  return out;
}
