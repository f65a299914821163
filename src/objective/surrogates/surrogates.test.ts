/** Each surrogate against its paper's formula in float64: values, and the gradient by central differences. */
import { describe, expect, it } from 'vitest';
import { makeObjective, run, weightsOf } from '../../../test/golden/objective/kit.ts';
import { random } from '../../random.ts';
import { type ObjectiveInput, parseObjective } from '../config.ts';

const [D, T] = [6, 5];
const lengths = [5, 3, 1, 4, 2, 5];
const mask = lengths.flatMap((n) => Array.from({ length: T }, (_, i) => (i < n ? 1 : 0)));

interface Batch {
  logp: number[];
  logp_old: number[];
  advantage: number[];
}

/** Log-ratios far enough apart that each bound is met on some tokens and not on others. */
function batch(spread: number): Batch {
  const draw = random('surrogates', spread);
  const logp = mask.map(() => -0.3 - Math.abs(draw.normal()));
  return {
    logp,
    logp_old: logp.map((v) => v + spread * draw.normal()),
    advantage: mask.map((_, i) => [1.3, -0.8, 0.5, -1.1, 0.9, -0.2][Math.floor(i / T)]),
  };
}

type Reference = (b: Batch, weight: number[]) => number;

const clamp = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const ratio = (b: Batch, i: number) => Math.exp(b.logp[i] - b.logp_old[i]);

const perToken =
  (value: (b: Batch, i: number) => number): Reference =>
  (b, weight) =>
    weight.reduce((sum, w, i) => (mask[i] ? sum - w * value(b, i) : sum), 0);

/** Equation 5 of GSPO: one ratio a response, its mean over responses whatever the weights of tokens. */
const gspo: Reference = (b) => {
  let J = 0;
  for (let d = 0; d < D; d++) {
    const logRatios = Array.from({ length: lengths[d] }, (_, t) => b.logp[d * T + t] - b.logp_old[d * T + t]);
    const s = Math.exp(logRatios.reduce((x, y) => x + y, 0) / lengths[d]);
    const A = b.advantage[d * T];
    J += Math.min(s * A, clamp(s, 1 - 0.1, 1 + 0.15) * A) / D;
  }
  return -J;
};

/** The weight is a constant in the gradient: it is that of the unmoved policy. */
const cispo = (at: Batch, low: number, high: number): Reference =>
  perToken((b, i) => clamp(ratio(at, i), low, high) * b.advantage[i] * b.logp[i]);

const sapo = (positive: number, negative: number): Reference =>
  perToken((b, i) => {
    const tau = b.advantage[i] > 0 ? positive : negative;
    return (4 / tau) * sigmoid(tau * (ratio(b, i) - 1)) * b.advantage[i];
  });

const clip: Reference = perToken((b, i) => {
  const [r, A] = [ratio(b, i), b.advantage[i]];
  const J = Math.min(r * A, clamp(r, 0.8, 1.3) * A);
  return A < 0 ? Math.max(J, 3 * A) : J;
});

const cases: Record<string, { input: ObjectiveInput; reference: (b: Batch) => Reference; spread: number }> = {
  clip: { input: { surrogate: 'clip' }, reference: () => clip, spread: 0.8 },
  gspo: {
    input: { surrogate: { kind: 'gspo', clipLow: 0.1, clipHigh: 0.15 }, average: 'sequence' },
    reference: () => gspo,
    spread: 0.25,
  },
  cispo: {
    input: { surrogate: { kind: 'cispo', clipHigh: 0.4 } },
    reference: (b) => cispo(b, 0, 1.4),
    spread: 0.8,
  },
  'cispo with a lower bound': {
    input: { surrogate: { kind: 'cispo', clipLow: 0.3, clipHigh: 0.4 } },
    reference: (b) => cispo(b, 0.7, 1.4),
    spread: 0.8,
  },
  sapo: { input: { surrogate: 'sapo' }, reference: () => sapo(1, 1.05), spread: 0.8 },
  'sapo with other temperatures': {
    input: {
      surrogate: { kind: 'sapo', temperaturePositive: 2, temperatureNegative: 5 },
      average: 'sequence',
    },
    reference: () => sapo(2, 5),
    spread: 0.8,
  },
};

describe.each(Object.entries(cases))('%s', (_, { input, reference, spread }) => {
  const config = parseObjective({ gamma: 0, beta: 0, ...input });
  const weight = weightsOf(mask, D, T, config.average);
  const feeds = (b: Batch) => ({ ...b, weight, tokenWeight: weightsOf(mask, D, T, 'token') });
  const b = batch(spread);
  const loss = reference(b);

  it('has the value and the gradient of its formula', async () => {
    const { values, dLogp } = await run(makeObjective(config), D, T, feeds(b));
    expect(values.pg_loss).toBeCloseTo(loss(b, weight), 5);
    const step = 1e-6;
    const slopes = b.logp.map((_, i) => {
      const moved = (by: number) =>
        loss({ ...b, logp: b.logp.map((v, j) => (j === i ? v + by : v)) }, weight);
      return (moved(step) - moved(-step)) / (2 * step);
    });
    for (const [i, slope] of slopes.entries()) expect(dLogp[i]).toBeCloseTo(mask[i] ? slope : 0, 5);
    expect(slopes.some((s) => Math.abs(s) > 1e-3)).toBe(true);
  });

  it('is the policy gradient A / π on policy', async () => {
    const on = { ...b, logp_old: b.logp };
    const { dLogp, values } = await run(makeObjective(config), D, T, feeds(on));
    for (const [i, d] of dLogp.entries()) expect(d).toBeCloseTo(-weight[i] * b.advantage[i] * mask[i], 5);
    expect(values.ratio).toBeCloseTo(1, 5);
  });
});

it('CISPO keeps a gradient where the clip loses it', async () => {
  const b = batch(0.8);
  const feeds = { ...b, weight: weightsOf(mask, D, T, 'token') };
  const moved = async (surrogate: 'clip' | 'cispo') =>
    (await run(makeObjective(parseObjective({ gamma: 0, beta: 0, surrogate })), D, T, feeds)).dLogp;
  const [clipped, kept] = [await moved('clip'), await moved('cispo')];
  const lost = [...clipped.keys()].filter((i) => mask[i] && clipped[i] === 0);
  expect(lost.length).toBeGreaterThan(3);
  for (const i of lost) expect(kept[i]).not.toBe(0);
});
