import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthest } from '../../../test/compare.ts';
import { golden } from '../../../test/golden/objective/kit.ts';
import { PapoError } from '../../errors.ts';
import { parseObjective } from '../config.ts';
import { overlongPenalty } from '../overlong.ts';
import type { ScoredGroup } from '../rollouts.ts';
import { advantagesOf } from '../update.ts';
import { centred } from './group.ts';
import { normalized } from './grpo.ts';
import { advantageOf } from './index.ts';
import { discounted, whiten } from './reinforce-plus-plus.ts';
import { leaveOneOut } from './rloo.ts';

interface Case {
  id: string;
  estimator: 'grpo' | 'dapo' | 'rloo' | 'reinforce_plus_plus' | 'remax';
  bs: number;
  T: number;
  index?: string[];
  /** Of reinforce_plus_plus, which alone has a discount. */
  gamma?: number;
  response_mask: number[];
  token_level_rewards: number[];
  reward_baselines?: number[];
  f32: { advantages: number[]; returns: number[] };
  f64: { advantages: number[]; returns: number[] };
}

const rowsOf = (flat: number[], T: number) =>
  Array.from({ length: flat.length / T }, (_, d) => flat.slice(d * T, (d + 1) * T));

/** Advantages of every valid token, row after row, by the kind of the same name. */
function ours(c: Case): number[] {
  const rewards_DT = rowsOf(c.token_level_rewards, c.T);
  const mask_DT = rowsOf(c.response_mask, c.T);
  expect([rewards_DT.length, mask_DT.length]).toEqual([c.bs, c.bs]);
  const kind = c.estimator === 'reinforce_plus_plus' ? 'reinforce++' : c.estimator;
  const sum = (values: number[]) => values.reduce((x, y) => x + y, 0);
  const grouped = c.estimator !== 'remax' && c.index;
  const names = grouped || rewards_DT.map((_, d) => `${d}`);
  const advantage = advantageOf({ kind });
  const out = new Array<Float32Array>(c.bs);
  const members = [...new Set(names)].map((name) => [...names.keys()].filter((d) => names[d] === name));
  const groups = members.map((rows) => ({
    rewards_G: rows.map((d) => sum(rewards_DT[d])),
    lengths_G: rows.map((d) => sum(mask_DT[d])),
    ...(c.reward_baselines && { baseline: c.reward_baselines[rows[0]] }),
  }));
  advantage.advantages(groups, { kind, discount: c.gamma ?? 1 }).forEach((advantages_G, p) => {
    advantages_G.forEach((values_T, g) => {
      out[members[p][g]] = values_T;
    });
  });
  return out.flatMap((values_T) => Array.from(values_T));
}

/** Whether a row is of a group that GRPO or DAPO finds all equal. */
function withoutVariance(c: Case, row: number): boolean {
  if (c.estimator !== 'grpo' && c.estimator !== 'dapo') return false;
  const sums = rowsOf(c.token_level_rewards, c.T).map((r) => r.reduce((x, y) => x + y, 0));
  return sums.every((s, d) => c.index![d] !== c.index![row] || s === sums[row]);
}

/** Returns of every valid token: what a critic would be trained towards, before any whitening. */
function ourReturns(c: Case): number[] {
  const [rewards_DT, mask_DT] = [rowsOf(c.token_level_rewards, c.T), rowsOf(c.response_mask, c.T)];
  const kept = (row: ArrayLike<number>, d: number) => Array.from(row).filter((_, t) => mask_DT[d][t] === 1);
  if (c.estimator === 'reinforce_plus_plus')
    return rewards_DT.flatMap((r, d) => Array.from(discounted(kept(r, d), c.gamma ?? 1)));
  return ours(c);
}

describe('advantages, against the public code (golden/objective/advantages.json)', () => {
  const { cases } = golden<{ cases: Case[] }>('advantages');
  it.each(cases.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const valid = (want: number[]) => want.filter((_, i) => c.response_mask[i] === 1);
    const rows = valid(c.response_mask.map((_, i) => Math.floor(i / c.T)));
    for (const block of [c.f64, c.f32])
      for (const [got, all] of [
        [ours(c), block.advantages],
        [ourReturns(c), block.returns],
      ]) {
        const want = valid(all);
        // Of a group without variance float32 leaves the rounding of the mean, over 1e-6, where ours is 0.
        const flat = (i: number) => block === c.f32 && withoutVariance(c, rows[i]);
        const kept = [...want.keys()].filter((i) => !flat(i));
        // The public code rounds the mean and deviation of a group to float32.
        expect(
          furthest(
            kept.map((i) => got[i]),
            kept.map((i) => want[i]),
          ),
        ).toBeLessThan(2e-6);
        for (const i of want.keys()) {
          if (!flat(i)) continue;
          expect(got[i]).toBe(0);
          expect(Math.abs(want[i]) * 1e-6).toBeLessThan(2 ** -23);
        }
      }
    // Padding has no advantage but where whitening shifts it.
    if (c.estimator === 'reinforce_plus_plus') return;
    for (const want of [c.f64.advantages, c.f32.advantages])
      expect(want.every((v, i) => c.response_mask[i] === 1 || v === 0)).toBe(true);
  });
  it('has every estimator of the public code but gae, which needs a critic', () => {
    expect(new Set(cases.map((c) => c.estimator)).size).toBe(5);
  });
});

const group = (rewards: number[], lengths = rewards.map(() => 3), baseline?: number): ScoredGroup => ({
  rollouts_G: rewards.map((reward, g) => ({ length: lengths[g], reward, accuracy: reward, logprobs: {} })),
  ...(baseline === undefined ? {} : { baseline }),
});

describe('advantages', () => {
  it('are exactly 0 in a group without variance, whatever the reward', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -10, max: 10 }), fc.integer({ min: 2, max: 12 }), (r, n) => {
        for (const estimate of [normalized, (r: number[]) => centred(r, 'dr-grpo'), leaveOneOut])
          expect(estimate(new Array<number>(n).fill(r)).every((v) => v === 0)).toBe(true);
      }),
    );
  });

  it('sum to 0 over a group, and GRPO is Dr. GRPO over the deviation', () => {
    const rewards = fc.array(fc.double({ noNaN: true, min: -2, max: 2 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(rewards, (r) => {
        for (const estimate of [normalized, (r: number[]) => centred(r, 'dr-grpo'), leaveOneOut]) {
          const v = estimate(r);
          expect(v.every(Number.isFinite)).toBe(true);
          expect(Math.abs(v.reduce((x, y) => x + y, 0))).toBeLessThan(1e-6);
        }
      }),
    );
    expect(normalized([1, 0])[0]).toBeCloseTo(0.5 / (Math.SQRT1_2 + 1e-6), 12);
    expect(centred([1, 0], 'dr-grpo')).toEqual([0.5, -0.5]);
    expect(leaveOneOut([1, 0, 0])).toEqual([1, -0.5, -0.5]);
  });

  it('are the same for every token of a rollout, one-token responses included', () => {
    const out = advantagesOf([group([1, 0], [1, 4])], parseObjective({}));
    expect(out[0].map((v) => v.length)).toEqual([1, 4]);
    expect(new Set(out[0][1]).size).toBe(1);
    expect(out[0][0][0]).toBeGreaterThan(0);
  });

  it('put the reward of reinforce++ on the last token and discount it backwards', () => {
    const config = parseObjective({ advantage: { kind: 'reinforce++', discount: 0.5 } });
    const [[first, second]] = advantagesOf([group([1, 0], [3, 3])], config);
    const all = whiten([
      [0.25, 0.5, 1],
      [0, 0, 0],
    ]);
    expect(furthest(first, all[0])).toBeLessThan(1e-6);
    expect(furthest(second, all[1])).toBeLessThan(1e-6);
  });

  it('compare with the greedy rollout in remax', () => {
    const remax = parseObjective({ advantage: 'remax' });
    expect(advantagesOf([group([1, 0], [1, 1], 0.25)], remax)[0].map((v) => v[0])).toEqual([0.75, -0.25]);
    expect(() => advantagesOf([group([1, 0])], remax)).toThrow(/prompt 0 has no baseline/);
  });

  it('refuse a prompt with one rollout', () => {
    expect(() => advantagesOf([group([1])], parseObjective({}))).toThrow(PapoError);
  });
});

describe('overlong punishment', () => {
  const rule = { maxTokens: 100, buffer: 20, penalty: 1 };
  it.each([
    [80, 0],
    [81, -0.05],
    [90, -0.5],
    [100, -1],
    [140, -1],
  ])('of %i tokens is %d', (length, want) => {
    expect(overlongPenalty(length, rule)).toBeCloseTo(want, 12);
  });
  it('changes the reward that advantages are taken from', () => {
    const plain = advantagesOf([group([1, 1], [10, 100])], parseObjective({}));
    expect(plain[0][0][0]).toBe(0);
    const shaped = advantagesOf([group([1, 1], [10, 100])], parseObjective({ overlong: rule }));
    expect(shaped[0][0][0]).toBeGreaterThan(0);
    expect(shaped[0][1][0]).toBeLessThan(0);
  });
});
