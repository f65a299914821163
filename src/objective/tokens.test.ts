import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { run } from '../../test/golden/objective/kit.ts';
import { ConfigError } from '../errors.ts';
import { random } from '../random.ts';
import { advantages } from './advantages.ts';
import { objectiveSchema, parseObjective } from './config.ts';
import { noiseStepAt, rolloutViews } from './followups/noisy-rollout.ts';
import { advantageScales, largest, visualDependency } from './followups/vppo.ts';
import { makeObjective } from './papo.ts';
import { needsOf } from './plan.ts';
import { preset, presetNames, presetSizes, presets } from './presets.ts';
import type { ScoredGroup, ScoredRollout } from './rollouts.ts';
import { keepGroups, miniBatchRanges, tokenArrays } from './tokens.ts';

const draw = random('tokens');

function rollout(length: number, reward: number, accuracy = reward > 0.5 ? 1 : 0): ScoredRollout {
  const logp = () => Float32Array.from({ length }, () => -Math.abs(draw.normal()));
  return { length, reward, accuracy, logprobs: { old: logp(), ref: logp(), masked: logp(), noised: logp() } };
}

const batch = (): ScoredGroup[] => [
  { rollouts_G: [rollout(3, 1), rollout(5, 0)] },
  { rollouts_G: [rollout(1, 0), rollout(2, 1)] },
  { rollouts_G: [rollout(4, 1), rollout(4, 1)] },
];

const total = (arrays: Record<string, Float32Array>[][], name: string) =>
  arrays.flat().reduce((s, a) => s + a[name].reduce((x, y) => x + y, 0), 0);

describe('tokenArrays', () => {
  it('gives exactly the arrays that the objective lists, in every preset and size', () => {
    for (const name of presetNames)
      for (const size of presetSizes) {
        const { objective } = presets[name][size];
        const arrays = tokenArrays(batch(), objective);
        const want = ['weight', ...makeObjective(objective).arrays].sort();
        for (const a of arrays.flat()) expect(Object.keys(a).sort()).toEqual(want);
      }
  });

  it('weighs tokens so that both averages and the SFT mean sum to 1 over a mini-batch', () => {
    const config = parseObjective({ average: 'sequence', sft: 0.001, perceptionRows: 'correct' });
    const arrays = tokenArrays(batch(), config, { miniBatches: 2 });
    for (const [from, to] of miniBatchRanges(3, 2))
      for (const name of ['weight', 'tokenWeight', 'sftWeight'])
        expect(total(arrays.slice(from, to), name), name).toBeCloseTo(1, 5);
    // Sequence average: each rollout weighs the same, however long.
    expect(arrays[1][0].weight[0]).toBeCloseTo(1 / 4, 6);
    expect(arrays[1][1].weight[0]).toBeCloseTo(1 / 8, 6);
    // Token average: each token weighs the same.
    const tokens = tokenArrays(batch(), parseObjective({}));
    expect(new Set(tokens.flat().flatMap((a) => Array.from(a.weight)))).toEqual(
      new Set([Math.fround(1 / 19)]),
    );
    // Wrong rollouts count for nothing in the SFT term and for a tenth in KL_prcp.
    expect(arrays[0][1].sftWeight.every((v) => v === 0)).toBe(true);
    expect(arrays[0][1].perceptionWeight[0]).toBeCloseTo(0.1, 7);
    expect(arrays[0][0].perceptionWeight[0]).toBe(1);
  });

  it('has no SFT weight and no infinity where no rollout is correct', () => {
    const groups = [{ rollouts_G: [rollout(3, 0), rollout(5, 0)] }];
    const arrays = tokenArrays(groups, parseObjective({ sft: 0.1 }));
    expect(total(arrays, 'sftWeight')).toBe(0);
  });

  it('takes advantages over the whole rollout batch, not over a mini-batch', () => {
    const config = parseObjective({ advantage: 'reinforce++' });
    const groups = batch();
    const want = advantages(groups, config);
    const got = tokenArrays(groups, config, { miniBatches: 3 });
    got.forEach((g, p) => {
      g.forEach((a, i) => {
        expect(a.advantage).toEqual(want[p][i]);
      });
    });
  });

  it('names what is missing or does not fit', () => {
    const groups = batch();
    delete groups[1].rollouts_G[1].logprobs.masked;
    expect(() => tokenArrays(groups, parseObjective({}))).toThrow(
      'rollout 1 of prompt 1 has no log-probabilities "masked"',
    );
    expect(() => tokenArrays(groups, parseObjective({ gamma: 0 }))).not.toThrow();
    groups[1].rollouts_G[1].logprobs.masked = new Float32Array(7);
    expect(() => tokenArrays(groups, parseObjective({}))).toThrow('has 2 tokens but 7 log-probabilities');
  });

  it('and the objective agree: one mini-batch, term by term, from rollouts to loss', async () => {
    const config = parseObjective({ average: 'sequence', sft: 0.01 });
    const groups = batch();
    const [D, T] = [6, 5];
    const arrays = tokenArrays(groups, config).flat();
    const names = Object.keys(arrays[0]);
    const padded = (name: string) =>
      arrays.flatMap((a) => Array.from({ length: T }, (_, i) => a[name][i] ?? 0));
    const data = Object.fromEntries(names.map((n) => [n, padded(n)]));
    // On policy: the ratio is 1, so the surrogate is the mean advantage, and KL terms are those of the rollouts.
    const { values } = await run(makeObjective(config), D, T, { ...data, logp: data.oldLogp });
    const rollouts = groups.flatMap((g) => g.rollouts_G);
    const k3 = (r: ScoredRollout, name: string) =>
      Array.from(r.logprobs.old, (old, i) => {
        const k = r.logprobs[name][i] - old;
        return Math.min(10, Math.exp(k) - k - 1);
      });
    const mean = (v: ArrayLike<number>) => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
    const each = (f: (r: ScoredRollout) => ArrayLike<number>) => mean(rollouts.map((r) => mean(f(r))));
    expect(values.pg_loss).toBeCloseTo(-mean(advantages(groups, config).flat().map(mean)), 5);
    expect(values.kl_ref).toBeCloseTo(
      each((r) => k3(r, 'ref')),
      5,
    );
    expect(values.kl_prcp).toBeCloseTo(
      each((r) => k3(r, 'masked')),
      5,
    );
    const tokens = (rs: ScoredRollout[]) => mean(rs.flatMap((r) => Array.from(r.logprobs.old, (v) => -v)));
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

describe('dynamic sampling', () => {
  it('keeps groups strictly inside the interval', () => {
    expect(
      keepGroups(
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
        0.01,
        0.99,
      ),
    ).toEqual([1, 3]);
    expect(keepGroups([[0.5], [0.25]], 0.25, 0.5)).toEqual([0, 1]);
  });
  it('keeps a round whole that would keep nothing, as the public code does', () => {
    expect(
      keepGroups(
        [
          [0, 0],
          [1, 1],
        ],
        0.01,
        0.99,
      ),
    ).toEqual([0, 1]);
  });
});

describe('VPPO (arXiv 2510.09285)', () => {
  it('measures dependency with k3 between 0 and 10', () => {
    const r = rollout(4, 1);
    r.logprobs.old = Float32Array.of(-1, -1, -1, -1);
    r.logprobs.masked = Float32Array.of(-1, -2, -1 + Math.log(2), 40);
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
    expect(needsOf(config).scoredViews).toEqual(['masked']);
    const groups = batch();
    const plain = advantages(groups, config);
    const arrays = tokenArrays(groups, config).flat();
    const kept = arrays.map((a) => a.surrogateWeight.reduce((x, y) => x + y, 0));
    expect(kept).toEqual(
      groups.flatMap((g) => g.rollouts_G.map((r) => Math.ceil(Math.fround(0.4 * r.length)))),
    );
    const factors = arrays.map((a, d) => a.advantage[0] / plain.flat()[d][0]).filter(Number.isFinite);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.9 - 1e-6);
    expect(new Set(factors.map((f) => f.toFixed(4))).size).toBeGreaterThan(1);
    const padded = (name: string) =>
      arrays.flatMap((a) => Array.from({ length: 5 }, (_, i) => a[name][i] ?? 0));
    const data = Object.fromEntries(Object.keys(arrays[0]).map((n) => [n, padded(n)]));
    const { dLogp } = await run(makeObjective(config), 6, 5, { ...data, logp: data.oldLogp });
    dLogp.forEach((d, i) => {
      if (data.surrogateWeight[i] === 0) expect(Math.abs(d)).toBe(0);
    });
    expect(dLogp.some((d) => d !== 0)).toBe(true);
  });
});

describe('NoisyRollout (arXiv 2504.13055)', () => {
  it('draws half of the rollouts from the noised view', () => {
    expect(rolloutViews({ noisyShare: 0.5 }, 12)).toEqual([
      { view: 'original', samples: 6 },
      { view: 'noised', samples: 6 },
    ]);
    expect(rolloutViews({ noisyShare: 0 }, 5)).toEqual([{ view: 'original', samples: 5 }]);
    expect(needsOf(preset('noisy-rollout').objective).views).toEqual(['noised']);
    expect(needsOf(preset('noisy-rollout').objective).scoredViews).toEqual([]);
  });
  it('fades the noise along the sigmoid of the public code', () => {
    const { objective } = preset('noisy-rollout', '7b');
    // int(500 · (1 − 1/(1 + e^(−30 (step − 40)/60)))), by hand.
    expect(noiseStepAt(objective, 1, 60)).toBe(499);
    expect(noiseStepAt(objective, 40, 60)).toBe(250);
    expect(noiseStepAt(objective, 42, 60)).toBe(134);
    expect(noiseStepAt(objective, 60, 60)).toBe(0);
    expect(noiseStepAt(parseObjective({}), 1, 60)).toBe(null);
    expect(noiseStepAt(preset('dvrp').objective, 100, 200)).toBe(250);
  });
});

describe('DVRP (arXiv 2601.06801)', () => {
  it('pushes away from the masked view and pulls towards the noised one', async () => {
    const config = parseObjective({
      ...preset('dvrp').objective,
      eta2: 0,
      views: [{ view: 'noised', coefficient: 0.01 }],
    });
    const zero = [0, 0];
    const logp = [-1, -1];
    const run2 = (masked: number[], noised: number[]) =>
      run(makeObjective(config), 1, 2, {
        logp,
        oldLogp: logp,
        advantage: zero,
        weight: [0.5, 0.5],
        maskedLogp: masked,
        noisedLogp: noised,
      });
    // The other view finds the token less likely: descent raises log π away from the masked, lowers it to the noised.
    const apart = await run2([-2, -2], logp);
    expect(apart.dLogp[0]).toBeLessThan(0);
    const together = await run2(logp, [-2, -2]);
    expect(together.dLogp[0]).toBeGreaterThan(0);
    expect(apart.dLogp[0]).toBeCloseTo(-together.dLogp[0], 8);
    expect(needsOf(preset('dvrp').objective).views.sort()).toEqual(['masked', 'noised']);
  });
});

describe('presets', () => {
  it.each([
    ['grpo', '3b', { gamma: 0, eta1: 0, eta2: 0, beta: 0.01, clipLow: 0.2, clipHigh: 0.3 }],
    ['grpo', '7b', { gamma: 0, eta1: 0, eta2: 0, beta: 0.01, clipLow: 0.2, clipHigh: 0.3 }],
    ['papo-g', '3b', { gamma: 0.02, eta1: 0, eta2: 0, beta: 0.01, clipLow: 0.2, clipHigh: 0.3 }],
    ['papo-g', '7b', { gamma: 0.02, eta1: 0.05, eta2: 0.05, beta: 0.01, clipLow: 0.2, clipHigh: 0.3 }],
    ['dapo', '3b', { gamma: 0, eta1: 0, eta2: 0, beta: 0, clipLow: 0.2, clipHigh: 0.28 }],
    ['dapo', '7b', { gamma: 0, eta1: 0, eta2: 0, beta: 0, clipLow: 0.2, clipHigh: 0.28 }],
    ['papo-d', '3b', { gamma: 0.01, eta1: 0.03, eta2: 0.03, beta: 0, clipLow: 0.2, clipHigh: 0.28 }],
    ['papo-d', '7b', { gamma: 0.01, eta1: 0.03, eta2: 0.03, beta: 0, clipLow: 0.2, clipHigh: 0.28 }],
    ['papo-g-no-ref', '3b', { gamma: 0.01, eta1: 0.03, eta2: 0.03, beta: 0, clipLow: 0.2, clipHigh: 0.3 }],
    ['papo-g-no-ref', '7b', { gamma: 0.01, eta1: 0.03, eta2: 0.03, beta: 0, clipLow: 0.2, clipHigh: 0.3 }],
  ])('%s %s has the values of table 6', (name, size, want) => {
    const p = preset(name, size);
    expect(p.objective).toMatchObject(want);
    expect(p.mask).toEqual(want.gamma > 0 ? { kind: 'random', ratio: 0.6 } : null);
    expect(p.optimizer).toMatchObject({
      learningRate: 1e-6,
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      gradClip: 1,
    });
    expect(p.rollout).toMatchObject({
      prompts: 384,
      samples: 5,
      miniBatches: 3,
      maxTokens: 2048,
      topP: 0.99,
    });
    const filters = name.endsWith('dapo') || name === 'papo-d';
    expect(p.rollout.dynamicSampling).toEqual(filters ? { low: 0.01, high: 0.99, tries: 20 } : null);
  });

  it('make every view that the objective needs, and say where each value is from', () => {
    for (const name of presetNames)
      for (const size of presetSizes) {
        const p = presets[name][size];
        expect([p.name, p.size]).toEqual([name, size]);
        expect(Object.keys(p.views).sort()).toEqual(needsOf(p.objective).views.sort());
        for (const source of Object.values(p.source)) expect(source.length).toBeGreaterThan(3);
        expect(objectiveSchema.parse(p.objective)).toEqual(p.objective);
        expect(p.rollout.prompts % p.rollout.miniBatches).toBe(0);
      }
  });

  it('are found by name and size, or refused with the names that exist', () => {
    expect(preset('papo-g', '7B').objective.eta1).toBe(0.05);
    expect(() => preset('papo')).toThrow(/one of grpo, dapo, papo-g/);
    expect(() => preset('toString')).toThrow(ConfigError);
    expect(() => preset('grpo', '70b')).toThrow(/3b, 7b, tiny/);
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
