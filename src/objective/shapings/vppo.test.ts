import { describe, expect, it } from 'vitest';
import { furthest } from '../../../test/compare.ts';
import { drawnRollouts, run } from '../../../test/golden/objective/kit.ts';
import { parseObjective } from '../config.ts';
import { visualDependency } from '../dependency.ts';
import type { ArrayName } from '../types.ts';
import { advantagesOf, updateOf } from '../update.ts';
import { advantageScales, largest } from './vppo.ts';

const { rollout, batch } = drawnRollouts('vppo');

describe('VPPO (arXiv 2510.09285)', () => {
  it('measures dependency with k3 between 0 and 10', () => {
    const r = rollout(4, 1);
    r.logprobs.logp_old = Float32Array.of(-1, -1, -1, -1);
    r.logprobs.logp_masked = Float32Array.of(-1, -2, -1 + Math.log(2), 40);
    const want = [0, Math.exp(-1) + 1 - 1, 2 - Math.log(2) - 1, 10];
    expect(furthest(visualDependency(r), want)).toBeLessThan(1e-6);
  });
  it('keeps ⌈share · T⌉ tokens, the largest, of equal ones the earlier', () => {
    expect(Array.from(largest(Float32Array.of(1, 5, 3, 2, 4), 0.4))).toEqual([0, 1, 0, 0, 1]);
    expect(Array.from(largest(Float32Array.of(1, 1, 1), 0.4))).toEqual([1, 1, 0]);
    expect(Array.from(largest(Float32Array.of(0), 0.4))).toEqual([1]);
    expect(largest(new Float32Array(0), 0.4).length).toBe(0);
  });
  it('scales advantages to a mean of 1, rising with dependency, from scaleMin up', () => {
    const scales = advantageScales([0.1, 0.2, 0.7, null], 0.9);
    expect(scales[0]).toBeCloseTo(0.9, 6);
    expect((scales[0] + scales[1] + scales[2]) / 3).toBeCloseTo(1, 6);
    expect(scales[2]).toBeGreaterThan(scales[1]);
    expect(scales[3]).toBe(1);
    expect(advantageScales([0.3, 0.3], 0.9)).toEqual([1, 1]);
  });
  it('reaches the objective as a surrogate weight and a scaled advantage, and only the chosen tokens move', async () => {
    const config = parseObjective({
      gamma: 0,
      beta: 0,
      shaping: [{ kind: 'vppo', share: 0.4, scaleMin: 0.9 }],
    });
    expect(updateOf(config).scored).toEqual([{ name: 'logp_masked', policy: 'current', view: 'masked' }]);
    const groups = batch();
    const plain = advantagesOf(groups, config);
    const { objective, miniBatches } = updateOf(config).feed(groups, 1);
    const arrays = miniBatches.flatMap(({ arrays_PG }) => arrays_PG.flat());
    const kept = arrays.map((a) => a.surrogateWeight?.reduce((x, y) => x + y, 0));
    expect(kept).toEqual(
      groups.flatMap((g) => g.rollouts_G.map((r) => Math.ceil(Math.fround(0.4 * r.length)))),
    );
    const factors = arrays
      .map((a, d) => (a.advantage?.[0] ?? Number.NaN) / plain.flat()[d][0])
      .filter(Number.isFinite);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.9 - 1e-6);
    expect(new Set(factors.map((f) => f.toFixed(4))).size).toBeGreaterThan(1);
    const padded = (name: ArrayName) =>
      arrays.flatMap((a) => Array.from({ length: 5 }, (_, i) => a[name]?.[i] ?? 0));
    const data = Object.fromEntries(Object.keys(arrays[0]).map((n) => [n, padded(n as ArrayName)]));
    const { dLogp } = await run(objective, 6, 5, { ...data, logp: data.logp_old });
    dLogp.forEach((d, i) => {
      if (data.surrogateWeight[i] === 0) expect(Math.abs(d)).toBe(0);
    });
    expect(dLogp.some((d) => d !== 0)).toBe(true);
  });
});
