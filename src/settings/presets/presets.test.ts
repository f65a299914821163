import { describe, expect, it } from 'vitest';
import { makeObjective, run } from '../../../test/golden/objective/kit.ts';
import { ConfigError } from '../../errors.ts';
import { maskFromConfig } from '../../mask/config.ts';
import { parseObjective } from '../../objective/config.ts';
import { updateOf } from '../../objective/update.ts';
import { drawsOf } from '../../train/step.ts';
import { presetConfig, presetSource } from '../preset-layer.ts';
import { presetOf, presets } from './index.ts';
import { presetSizes } from './sizes.ts';

describe('presets', () => {
  it.each([
    [
      'grpo',
      '3b',
      { gamma: 0, eta1: 0, eta2: 0, beta: 0.01, surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 } },
    ],
    [
      'grpo',
      '7b',
      { gamma: 0, eta1: 0, eta2: 0, beta: 0.01, surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 } },
    ],
    [
      'papo-g',
      '3b',
      { gamma: 0.02, eta1: 0, eta2: 0, beta: 0.01, surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 } },
    ],
    [
      'papo-g',
      '7b',
      {
        gamma: 0.02,
        eta1: 0.05,
        eta2: 0.05,
        beta: 0.01,
        surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 },
      },
    ],
    [
      'dapo',
      '3b',
      { gamma: 0, eta1: 0, eta2: 0, beta: 0, surrogate: { clipLow: 0.2, clipHigh: 0.28, clipDual: 3 } },
    ],
    [
      'dapo',
      '7b',
      { gamma: 0, eta1: 0, eta2: 0, beta: 0, surrogate: { clipLow: 0.2, clipHigh: 0.28, clipDual: 3 } },
    ],
    [
      'papo-d',
      '3b',
      {
        gamma: 0.01,
        eta1: 0.03,
        eta2: 0.03,
        beta: 0,
        surrogate: { clipLow: 0.2, clipHigh: 0.28, clipDual: 3 },
      },
    ],
    [
      'papo-d',
      '7b',
      {
        gamma: 0.01,
        eta1: 0.03,
        eta2: 0.03,
        beta: 0,
        surrogate: { clipLow: 0.2, clipHigh: 0.28, clipDual: 3 },
      },
    ],
    [
      'papo-g-no-ref',
      '3b',
      {
        gamma: 0.01,
        eta1: 0.03,
        eta2: 0.03,
        beta: 0,
        surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 },
      },
    ],
    [
      'papo-g-no-ref',
      '7b',
      {
        gamma: 0.01,
        eta1: 0.03,
        eta2: 0.03,
        beta: 0,
        surrogate: { clipLow: 0.2, clipHigh: 0.3, clipDual: 3 },
      },
    ],
  ] as const)('%s %s has the values of table 6', (name, size, want) => {
    const p = presetConfig(name, size);
    expect(p.objective).toMatchObject(want);
    expect(presetOf(name).config.mask).toEqual(want.gamma > 0 ? { kind: 'random', ratio: 0.6 } : undefined);
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
      maxTokens: 2048,
      topP: 0.99,
    });
    expect(p.train.miniBatches).toBe(3);
    const enabled = name.endsWith('dapo') || name === 'papo-d';
    const filter = { enabled, low: 0.01, high: 0.99, maxTries: 20, promptsPerRound: 128 };
    expect(p.dynamicSampling).toEqual(filter);
  });

  it('make every view that they need, and say where each value is from', () => {
    for (const { name, config } of presets)
      for (const size of presetSizes) {
        const p = presetConfig(name, size);
        const made = [...(config.mask ? ['masked'] : []), ...Object.keys(p.views)].sort();
        const { views } = updateOf(p.objective);
        expect(made).toEqual([...new Set([...views, ...Object.keys(p.rollout.views)])].sort());
        for (const source of Object.values(presetSource(name, size)))
          expect(source.length).toBeGreaterThan(3);
        expect(p.rollout.prompts % p.train.miniBatches).toBe(0);
      }
  });

  it('are found by name, or refused with the names that exist', () => {
    expect(presetConfig('papo-g', '7b').objective.eta1).toBe(0.05);
    expect(() => presetOf('papo')).toThrow(/one of grpo, dapo, papo-g/);
    expect(() => presetOf('toString')).toThrow(ConfigError);
  });
});

describe('NoisyRollout (arXiv 2504.13055)', () => {
  it('draws half of the rollouts from the noised view', () => {
    const { objective, rollout } = presetConfig('noisy-rollout', '7b');
    expect(drawsOf(rollout)).toEqual([
      { view: 'original', samples: 6 },
      { view: 'noised', samples: 6 },
    ]);
    expect(updateOf(objective)).toMatchObject({ scored: [], views: [] });
  });
  it('fades the noise along the sigmoid of the public code', async () => {
    const { views } = presetConfig('noisy-rollout', '7b');
    const mask = await maskFromConfig(views.noised ?? { kind: 'blank' });
    // int(500 · (1 − 1/(1 + e^(−30 (step − 40)/60)))), by hand.
    const names = [1, 40, 42, 60].map((step) => mask.at?.(step, 60).name);
    expect(names).toEqual(['noise step 499', 'noise step 250', 'noise step 134', 'noise step 0']);
    const dvrp = await maskFromConfig(presetConfig('dvrp', '7b').views.noised ?? { kind: 'blank' });
    expect(dvrp.at?.(100, 200).name).toBe('noise step 250');
  });
});

describe('DVRP (arXiv 2601.06801)', () => {
  it('pushes away from the masked view and pulls towards the noised one', async () => {
    const config = parseObjective({
      ...presetConfig('dvrp', '7b').objective,
      eta2: 0,
      views: [{ view: 'noised', coefficient: 0.01 }],
    });
    const zero = [0, 0];
    const logp = [-1, -1];
    const run2 = (masked: number[], noised: number[]) =>
      run(makeObjective(config), 1, 2, {
        logp,
        logp_old: logp,
        advantage: zero,
        weight: [0.5, 0.5],
        logp_masked: masked,
        logp_noised: noised,
      });
    // The other view finds the token less likely: descent raises log π away from the masked, lowers it to the noised.
    const apart = await run2([-2, -2], logp);
    expect(apart.dLogp[0]).toBeLessThan(0);
    const together = await run2(logp, [-2, -2]);
    expect(together.dLogp[0]).toBeGreaterThan(0);
    expect(apart.dLogp[0]).toBeCloseTo(-together.dLogp[0], 8);
    expect([...updateOf(presetConfig('dvrp', '7b').objective).views].sort()).toEqual(['masked', 'noised']);
  });
});
