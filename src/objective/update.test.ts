import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnRollouts, makeObjective, run } from '../../test/golden/objective/kit.ts';
import { presetConfig } from '../settings/preset-layer.ts';
import { presetNames } from '../settings/presets/index.ts';
import { presetSizes } from '../settings/presets/sizes.ts';
import { type ObjectiveConfig, objectiveSchema, parseObjective } from './config.ts';
import type { ScoredGroup, ScoredRollout } from './rollouts.ts';
import type { ArrayName, LogpName, TokenArrays } from './types.ts';
import { advantagesOf, miniBatchRanges, updateOf } from './update.ts';

const { rollout, batch } = drawnRollouts('tokens');

const tokenArrays = (groups: ScoredGroup[], config: ObjectiveConfig, miniBatches = 1): TokenArrays[][] =>
  updateOf(config)
    .feed(groups, miniBatches)
    .miniBatches.flatMap(({ arrays_PG }) => arrays_PG);

const total = (arrays: TokenArrays[][], name: ArrayName) =>
  arrays.flat().reduce((s, a) => s + Array.from(a[name] ?? []).reduce((x, y) => x + y, 0), 0);

describe('an update', () => {
  it('gives exactly the arrays that the objective lists, in every preset and size', () => {
    for (const name of presetNames)
      for (const size of presetSizes) {
        const { objective } = presetConfig(name, size);
        const arrays = tokenArrays(batch(), objective);
        const want = ['weight', ...makeObjective(objective).arrays].sort();
        for (const a of arrays.flat()) expect(Object.keys(a).sort()).toEqual(want);
      }
  });

  it('weighs tokens so that both averages and the SFT mean sum to 1 over a mini-batch', () => {
    const config = parseObjective({ average: 'sequence', sft: 0.001, perceptionRows: 'correct' });
    const arrays = tokenArrays(batch(), config, 2);
    for (const [from, to] of miniBatchRanges(3, 2))
      for (const name of ['weight', 'tokenWeight', 'sftWeight'] as const)
        expect(total(arrays.slice(from, to), name), name).toBeCloseTo(1, 5);
    // Sequence average: each rollout weighs the same, however long.
    expect(arrays[1][0].weight?.[0]).toBeCloseTo(1 / 4, 6);
    expect(arrays[1][1].weight?.[0]).toBeCloseTo(1 / 8, 6);
    // Token average: each token weighs the same.
    const tokens = tokenArrays(batch(), parseObjective({}));
    expect(new Set(tokens.flat().flatMap((a) => Array.from(a.weight ?? [])))).toEqual(
      new Set([Math.fround(1 / 19)]),
    );
    // Wrong rollouts count for nothing in the SFT term and for a tenth in KL_prcp.
    expect(arrays[0][1].sftWeight?.every((v) => v === 0)).toBe(true);
    expect(arrays[0][1].perceptionWeight?.[0]).toBeCloseTo(0.1, 7);
    expect(arrays[0][0].perceptionWeight?.[0]).toBe(1);
  });

  it('has no SFT weight and no infinity where no rollout is correct', () => {
    const groups = [{ rollouts_G: [rollout(3, 0), rollout(5, 0)] }];
    const arrays = tokenArrays(groups, parseObjective({ sft: 0.1 }));
    expect(total(arrays, 'sftWeight')).toBe(0);
  });

  it('takes advantages over the whole rollout batch, not over a mini-batch', () => {
    const config = parseObjective({ advantage: 'reinforce++' });
    const groups = batch();
    const want = advantagesOf(groups, config);
    const got = tokenArrays(groups, config, 3);
    got.forEach((g, p) => {
      g.forEach((a, i) => {
        expect(a.advantage).toEqual(want[p][i]);
      });
    });
  });

  it('names what is missing or does not fit', () => {
    const groups = batch();
    delete groups[1].rollouts_G[1].logprobs.logp_masked;
    expect(() => tokenArrays(groups, parseObjective({}))).toThrow(
      'rollout 1 of prompt 1 has no log-probabilities "logp_masked"',
    );
    expect(() => tokenArrays(groups, parseObjective({ gamma: 0 }))).not.toThrow();
    groups[1].rollouts_G[1].logprobs.logp_masked = new Float32Array(7);
    expect(() => tokenArrays(groups, parseObjective({}))).toThrow('has 2 tokens but 7 log-probabilities');
  });

  it('and the objective agree: one mini-batch, term by term, from rollouts to loss', async () => {
    const config = parseObjective({ average: 'sequence', sft: 0.01 });
    const groups = batch();
    const [D, T] = [6, 5];
    const arrays = tokenArrays(groups, config).flat();
    const names = Object.keys(arrays[0]) as ArrayName[];
    const padded = (name: ArrayName) =>
      arrays.flatMap((a) => Array.from({ length: T }, (_, i) => a[name]?.[i] ?? 0));
    const data = Object.fromEntries(names.map((n) => [n, padded(n)]));
    // On policy: the ratio is 1, so the surrogate is the mean advantage, and KL terms are those of the rollouts.
    const { values } = await run(makeObjective(config), D, T, { ...data, logp: data.logp_old });
    const rollouts = groups.flatMap((g) => g.rollouts_G);
    const k3 = (r: ScoredRollout, name: LogpName) =>
      Array.from(r.logprobs.logp_old ?? [], (old, i) => {
        const k = (r.logprobs[name]?.[i] ?? Number.NaN) - old;
        return Math.min(10, Math.exp(k) - k - 1);
      });
    const mean = (v: ArrayLike<number>) => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
    const each = (f: (r: ScoredRollout) => ArrayLike<number>) => mean(rollouts.map((r) => mean(f(r))));
    expect(values.pg_loss).toBeCloseTo(-mean(advantagesOf(groups, config).flat().map(mean)), 5);
    expect(values.kl_ref).toBeCloseTo(
      each((r) => k3(r, 'logp_ref')),
      5,
    );
    expect(values.kl_prcp).toBeCloseTo(
      each((r) => k3(r, 'logp_masked')),
      5,
    );
    const tokens = (rs: ScoredRollout[]) =>
      mean(rs.flatMap((r) => Array.from(r.logprobs.logp_old ?? [], (v) => -v)));
    expect(values.entropy).toBeCloseTo(tokens(rollouts), 5);
    expect(values.sft_loss).toBeCloseTo(tokens(rollouts.filter((r) => r.accuracy > 0.1)), 5);
    expect(values.ratio).toBeCloseTo(1, 5);
    expect(values.clip_ratio_high).toBe(0);
    expect(values.loss).toBeCloseTo(
      values.pg_loss + 0.01 * values.kl_ref - 0.02 * values.kl_prcp + 0.01 * values.sft_loss,
      5,
    );
  });
});

describe('miniBatchRanges', () => {
  it('covers every group once, evenly, and never makes an empty one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 500 }), (n, k) => {
        const ranges = miniBatchRanges(n, k);
        expect(ranges.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i))).toEqual([
          ...Array(n).keys(),
        ]);
        const sizes = ranges.map(([a, b]) => b - a);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('configuration', () => {
  it('describes every key', () => {
    for (const [key, field] of Object.entries(objectiveSchema.shape))
      expect(field.description, key).toMatch(/\S+ \S+/);
  });
  it('names a wrong key or value in one line', () => {
    expect(() => parseObjective({ gama: 1 })).toThrow(/objective.*gama/);
    expect(() => parseObjective({ gamma: -1 })).toThrow(/objective\.gamma/);
    expect(() => parseObjective({ refPenalty: 'k4' })).toThrow(/objective\.refPenalty/);
    expect(() => parseObjective({ views: [{ view: '', coefficient: 1 }] })).toThrow(
      /objective\.views\.0\.view/,
    );
  });
});
