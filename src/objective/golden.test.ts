/** The smaller official tables: KL estimators, averages, controllers, policy loss. */
import { describe, expect, it } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { golden, makeObjective, run, weightsOf } from '../../test/golden/objective/kit.ts';
import { gradients } from '../tensor/grad.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { Session } from '../tensor/session.ts';
import { whiten } from './advantages/reinforce-plus-plus.ts';
import { parseObjective } from './config.ts';
import { estimatorOf } from './estimators/index.ts';
import { annealed, gammaAt, nextBeta } from './schedule.ts';

const LOSS = 2e-6;
const GRADIENT = 1e-6;

interface KlValues {
  kl: number[];
  d_log_probs: number[];
  d_ref_log_probs: number[];
}

interface KlCase {
  id: string;
  kl_penalty: string;
  log_probs: number[];
  ref_log_probs: number[];
  f32: KlValues;
  f64: KlValues;
}

async function evaluate(outputs: Record<string, t.Tensor>, feeds: Record<string, ArrayLike<number>>) {
  const session = await Session.create(compile(outputs), { threads: 1 });
  const typed = Object.fromEntries(Object.entries(feeds).map(([k, v]) => [k, Float32Array.from(v)]));
  return (await session.run(typed)) as Record<string, Float32Array>;
}

describe('KL estimators (golden/objective/kl.json)', () => {
  const { cases } = golden<{ cases: KlCase[] }>('kl');
  it('are there, each by the public code’s name', () => {
    const names = ['abs', 'kl', 'low_var_kl', 'mse'];
    expect([...new Set(cases.map((c) => c.kl_penalty))].sort()).toEqual(names);
  });
  it.each(cases.map((c) => [c.id, c] as const))('%s: values and both derivatives', async (_, c) => {
    const n = c.log_probs.length;
    const [logp, other] = [t.input('logp', [n]), t.input('other', [n])];
    const kl = estimatorOf(c.kl_penalty).kl(logp, other);
    const [dLogp, dOther] = gradients(t.sum(kl), [logp, other]);
    const out = await evaluate(
      { kl, dLogp: dLogp!, dOther: dOther! },
      { logp: c.log_probs, other: c.ref_log_probs },
    );
    const relative = (got: Float32Array, want: number[]) =>
      furthest(
        got.map((v, i) => v / Math.max(1, Math.abs(want[i]))),
        want.map((v) => v / Math.max(1, Math.abs(v))),
      );
    for (const want of [c.f32, c.f64]) {
      expect(relative(out.kl, want.kl)).toBeLessThan(GRADIENT);
      expect(relative(out.dLogp, want.d_log_probs)).toBeLessThan(GRADIENT);
      expect(relative(out.dOther, want.d_ref_log_probs)).toBeLessThan(GRADIENT);
    }
  });

  it('full is the sampled token’s own part of the sum', async () => {
    const [logp, other] = [t.input('logp', [2]), t.input('other', [2])];
    const out = await evaluate(
      { kl: estimatorOf('full').kl(logp, other) },
      { logp: [Math.log(0.25), -1], other: [Math.log(0.5), -1] },
    );
    expect(furthest(out.kl, [0.25 * Math.log(0.5), 0])).toBeLessThan(1e-7);
  });
});

describe('averages as weights (golden/objective/averages.json)', () => {
  interface Case {
    id: string;
    bs: number;
    T: number;
    response_mask: number[];
    values: number[];
    f32: Averages;
    f64: Averages;
  }
  interface Averages {
    token: number;
    seq: number;
    masked_mean: number;
    masked_var: number;
    masked_whiten: number[];
  }
  const { cases } = golden<{ cases: Case[] }>('averages');
  it.each(cases.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const over = (mode: 'token' | 'sequence') =>
      weightsOf(c.response_mask, c.bs, c.T, mode).reduce((s, w, i) => s + w * c.values[i], 0);
    const valid = (a: number[]) => a.filter((_, i) => c.response_mask[i] === 1);
    const values = valid(c.values);
    const n = values.length;
    // n/(n − 1) is of whole numbers and therefore float32 in the public code, in its float64 block too.
    const bessel = n > 1 ? Math.fround(n / (n - 1)) / (n / (n - 1)) : 1;
    for (const want of [c.f32, c.f64]) {
      // Weights and whitening are plain numbers here, so the float64 block holds to its own rounding.
      const near = want === c.f64 ? 1e-8 : LOSS;
      expect(Math.abs(over('token') - want.token)).toBeLessThan(near);
      expect(Math.abs(over('token') - want.masked_mean)).toBeLessThan(near);
      expect(Math.abs(over('sequence') - want.seq)).toBeLessThan(near);
      const white = whiten([values])[0].map((v) => v / Math.sqrt(bessel));
      expect(furthest(white, valid(want.masked_whiten))).toBeLessThan(near);
      // Whitening undone with their mean and variance gives the values back.
      const back = white.map((v) => v * Math.sqrt(want.masked_var + 1e-8) + want.masked_mean);
      expect(furthest(back, values)).toBeLessThan(near);
      // The public code shifts and scales padding too.
      const shifted = c.values.map((v) => (v - want.masked_mean) / Math.sqrt(want.masked_var + 1e-8));
      const scale = Math.max(1, ...shifted.map(Math.abs));
      expect(furthest(shifted, want.masked_whiten) / scale).toBeLessThan(LOSS);
      if (n === 0) expect([want.masked_var, want.masked_mean]).toEqual([0, 0]);
    }
  });
});

describe('schedules (golden/objective/kl_controllers.json)', () => {
  type Controller =
    | {
        type: 'annealing';
        start_value: number;
        end_value: number;
        total_steps: number;
        kl_coef_after_n_updates: number[];
      }
    | {
        type: 'adaptive';
        init: number;
        target: number;
        horizon: number;
        n_steps: number;
        current_kl: number[];
        kl_coef_after_n_updates: number[];
      };
  const { controllers } = golden<{ controllers: Controller[] }>('kl_controllers');
  it('are there, of both types', () => {
    expect(new Set(controllers.map((c) => c.type)).size).toBe(2);
  });
  it.each(controllers.map((c, i) => [`${c.type} ${i}`, c] as const))('%s', (_, c) => {
    if (c.type === 'annealing') {
      c.kl_coef_after_n_updates.forEach((want, n) => {
        expect(annealed(c.start_value, c.end_value, c.total_steps, n)).toBe(want);
      });
      return;
    }
    const config = parseObjective({
      betaSchedule: { kind: 'adaptive', target: c.target, horizon: c.horizon },
    });
    let beta = c.init;
    expect(beta).toBe(c.kl_coef_after_n_updates[0]);
    c.current_kl.forEach((kl, n) => {
      beta = nextBeta(config, beta, kl, c.n_steps);
      expect(beta).toBeCloseTo(c.kl_coef_after_n_updates[n + 1], 16);
    });
  });

  it('γ falls over its share of the run and then stays', () => {
    const config = parseObjective({
      gamma: 0.02,
      gammaSchedule: { kind: 'linear', end: 0.01, fraction: 0.5 },
    });
    expect(gammaAt(config, 0, 41)).toBe(0.02);
    expect(gammaAt(config, 10, 41)).toBeCloseTo(0.015, 15);
    expect(gammaAt(config, 20, 41)).toBeCloseTo(0.01, 15);
    expect(gammaAt(config, 40, 41)).toBeCloseTo(0.01, 15);
    expect(gammaAt(parseObjective({ gamma: 0.02 }), 40, 41)).toBe(0.02);
    expect(nextBeta(parseObjective({}), 0.01, 5, 64)).toBe(0.01);
  });
});

describe('policy loss (golden/objective/policy_loss.json)', () => {
  interface Case {
    id: string;
    bs: number;
    T: number;
    clip_ratio_low: number;
    clip_ratio_high: number;
    clip_ratio_dual: number;
    loss_avg_mode: 'token' | 'seq';
    response_mask: number[];
    old_log_probs: number[];
    log_probs: number[];
    advantages: number[];
    f32: Values;
    f64: Values;
  }
  interface Values {
    loss: number;
    metrics: Record<string, number>;
    d_log_probs: number[];
  }
  const { cases } = golden<{ cases: Case[] }>('policy_loss');
  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const objective = makeObjective(
      parseObjective({
        gamma: 0,
        beta: 0,
        surrogate: {
          kind: 'clip',
          clipLow: c.clip_ratio_low,
          clipHigh: c.clip_ratio_high,
          clipDual: c.clip_ratio_dual,
        },
        average: c.loss_avg_mode === 'seq' ? 'sequence' : 'token',
      }),
    );
    const weight = weightsOf(c.response_mask, c.bs, c.T, c.loss_avg_mode === 'seq' ? 'sequence' : 'token');
    const feeds = {
      logp: c.log_probs,
      logp_old: c.old_log_probs,
      advantage: c.advantages,
      weight,
      tokenWeight: weightsOf(c.response_mask, c.bs, c.T, 'token'),
    };
    const { values, dLogp } = await run(objective, c.bs, c.T, feeds);
    expect(values.loss).toBe(values.pg_loss);
    const entropy = await run(objective, c.bs, c.T, { ...feeds, tokenWeight: weight });
    for (const want of [c.f32, c.f64]) {
      expect(Math.abs(values.loss - want.loss)).toBeLessThan(LOSS);
      expect(furthest(dLogp, want.d_log_probs)).toBeLessThan(GRADIENT);
      const { metrics } = want;
      expect(Math.abs(values.ppo_kl - metrics.ppo_kl)).toBeLessThan(LOSS);
      expect(Math.abs(values.clip_ratio_high - metrics.pg_clipfrac_higher)).toBeLessThan(LOSS);
      expect(Math.abs(values.clip_ratio_low - metrics.pg_clipfrac_lower)).toBeLessThan(LOSS);
      expect(Math.abs(entropy.values.entropy - metrics.entropy_loss)).toBeLessThan(LOSS);
    }
  });
});
