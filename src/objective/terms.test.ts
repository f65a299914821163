/** Every term reaches the gradient, a term with coefficient 0 is not there, and nothing is ever infinite. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { keyOf, makeObjective, run, weightsOf } from '../../test/golden/objective/kit.ts';
import { coefficientFeeds, type Live, lossGraph, objectiveProgram } from '../engine/program.ts';
import { random } from '../random.ts';
import { presetConfig } from '../settings/preset-layer.ts';
import { presetSizes } from '../settings/presets/sizes.ts';
import { gradients } from '../tensor/grad.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { type Feeds, Session } from '../tensor/session.ts';
import { type ObjectiveInput, parseObjective } from './config.ts';
import { estimators } from './estimators/index.ts';
import { surrogates } from './surrogates/index.ts';
import { logpOf } from './types.ts';
import { updateOf, warnings } from './update.ts';

const [D, T] = [4, 6];
const lengths = [6, 3, 1, 5];
const mask: number[] = lengths.flatMap((n) => Array.from({ length: T }, (_, i) => (i < n ? 1 : 0)));

/** Feeds for every array that an objective can ask for; `spread` is the deviation of the log-ratios. */
function feeds(seed: string, spread = 0.5, m = mask, rows = D, columns = T): Record<string, number[]> {
  const draw = random('terms', seed);
  const logp = m.map(() => -0.2 - Math.abs(draw.normal()));
  const near = () => logp.map((v) => v + spread * draw.normal());
  const correct = m.map((v, i) => (Math.floor(i / columns) % 2 === 0 ? v : 0));
  return {
    logp,
    logp_old: near(),
    logp_ref: near(),
    logp_masked: near(),
    logp_noised: near(),
    advantage: m.map((_, i) => [1.2, -0.7, 0.4, -0.9][Math.floor(i / columns) % 4]),
    surrogateWeight: m.map((_, i) => (i % 3 === 0 ? 0 : 1)),
    perceptionWeight: m.map((_, i) => (Math.floor(i / columns) % 2 === 0 ? 1 : 0.1)),
    weight: weightsOf(m, rows, columns, 'token'),
    tokenWeight: weightsOf(m, rows, columns, 'token'),
    sftWeight: weightsOf(correct, rows, columns, 'token'),
  };
}

const base: ObjectiveInput = { gamma: 0, beta: 0 };
const full: ObjectiveInput = {
  gamma: 0.02,
  beta: 0.01,
  eta1: 0.05,
  eta2: 0.05,
  maskedGradient: 'on',
  sft: 0.001,
  views: [{ view: 'noised', coefficient: 0.01, entropy: 0.05, gradient: 'on' }],
};

const gradientsOf = async (input: ObjectiveInput, data = feeds('a')) => {
  const { dLogp, dViews } = await run(makeObjective(parseObjective(input)), D, T, data);
  return [dLogp, ...Object.values(dViews)];
};

const operatorsOf = (input: ObjectiveInput) =>
  objectiveProgram(makeObjective(parseObjective(input)), D, T).operators;

/** Each coefficient: from what to what, and a configuration where it is switched off. */
const coefficients: Record<string, { one: ObjectiveInput; other: ObjectiveInput; off: ObjectiveInput }> = {
  gamma: {
    one: { ...base, gamma: 0.02 },
    other: { ...base, gamma: 0.03 },
    off: base,
  },
  'gamma, gradient through the masked view': {
    one: { ...base, gamma: 0.02, maskedGradient: 'on' },
    other: { ...base, gamma: 0.03, maskedGradient: 'on' },
    off: { ...base, maskedGradient: 'on' },
  },
  beta: { one: { ...base, beta: 0.01 }, other: { ...base, beta: 0.02 }, off: base },
  eta1: {
    one: { ...base, gamma: 0.02, eta1: 0.03 },
    other: { ...base, gamma: 0.02, eta1: 0.05 },
    off: { ...base, gamma: 0.02 },
  },
  eta2: {
    one: { ...base, gamma: 0.02, eta2: 0.03, maskedGradient: 'on' },
    other: { ...base, gamma: 0.02, eta2: 0.05, maskedGradient: 'on' },
    off: { ...base, gamma: 0.02, maskedGradient: 'on' },
  },
  entropy: { one: { ...base, entropy: 0.01 }, other: { ...base, entropy: 0.02 }, off: base },
  sft: { one: { ...base, sft: 0.001 }, other: { ...base, sft: 0.01 }, off: base },
  'the KL of a further view': {
    one: { ...base, views: [{ view: 'noised', coefficient: 0.01 }] },
    other: { ...base, views: [{ view: 'noised', coefficient: 0.02 }] },
    off: { ...base, views: [{ view: 'noised', coefficient: 0 }] },
  },
  'the entropy of a further view': {
    one: { ...base, views: [{ view: 'noised', coefficient: 0.01, entropy: 0.01, gradient: 'on' }] },
    other: { ...base, views: [{ view: 'noised', coefficient: 0.01, entropy: 0.02, gradient: 'on' }] },
    off: { ...base, views: [{ view: 'noised', coefficient: 0.01, gradient: 'on' }] },
  },
};

describe.each(Object.entries(coefficients))('%s', (_, { one, other, off }) => {
  it('changes the gradient', async () => {
    const [a, b, c] = [await gradientsOf(one), await gradientsOf(other), await gradientsOf(off)];
    const differs = (x: Float32Array[], y: Float32Array[]) =>
      x.some((v, i) => furthest(v, y[i] ?? new Float32Array(v.length)) > 1e-5);
    expect(differs(a, b)).toBe(true);
    expect(differs(a, c)).toBe(true);
  });
  it('costs no operator where it is 0', () => {
    expect(operatorsOf(off)).toBeLessThan(operatorsOf(one));
    expect(operatorsOf(one)).toBe(operatorsOf(other));
  });
});

const options: Record<string, [ObjectiveInput, ObjectiveInput]> = {
  'the paper’s estimator': [{ gamma: 0.02 }, { gamma: 0.02, penalty: 'paper' }],
  penalty: [{ gamma: 0.02 }, { gamma: 0.02, penalty: 'mse' }],
  refPenalty: [{ beta: 0.01 }, { beta: 0.01, refPenalty: 'kl' }],
  topShare: [{ gamma: 0.02 }, { gamma: 0.02, topShare: 0.2 }],
  cap: [{ gamma: 0.02 }, { gamma: 0.02, cap: 0.05 }],
  perceptionRows: [{ gamma: 0.02 }, { gamma: 0.02, perceptionRows: 'correct' }],
  clipLow: [{}, { surrogate: { kind: 'clip', clipLow: 0.05 } }],
  clipHigh: [{}, { surrogate: { kind: 'clip', clipHigh: 0.05 } }],
  'surrogate gspo': [{}, { surrogate: 'gspo' }],
  'surrogate cispo': [{}, { surrogate: 'cispo' }],
  'surrogate sapo': [{}, { surrogate: 'sapo' }],
  'temperature of sapo': [{ surrogate: 'sapo' }, { surrogate: { kind: 'sapo', temperaturePositive: 2 } }],
  shaping: [{}, { shaping: [{ kind: 'vppo' }] }],
};

it.each(Object.entries(options))('option %s changes the gradient and the key', async (_, [one, other]) => {
  const [a, b] = [await gradientsOf({ ...base, ...one }), await gradientsOf({ ...base, ...other })];
  expect(furthest(a[0], b[0])).toBeGreaterThan(1e-6);
  const key = (o: ObjectiveInput) => keyOf(makeObjective(parseObjective({ ...base, ...o })));
  expect(key(one)).not.toBe(key(other));
});

it('clipDual bounds the loss of a bad rollout that has become likely', async () => {
  const data = { ...feeds('dual'), logp_old: mask.map(() => -6), logp: mask.map(() => -0.5) };
  const [held] = await gradientsOf(base, data);
  const [free] = await gradientsOf({ ...base, surrogate: { kind: 'clip', clipDual: null } }, data);
  expect(held[T]).toBe(0);
  expect(free[T]).not.toBe(0);
});

describe('what is asked for', () => {
  it('is nothing beyond GRPO where γ, β and η are 0', () => {
    const o = makeObjective(parseObjective({ ...full, gamma: 0, beta: 0, sft: 0, views: [] }));
    expect(o.gradientViews).toEqual([]);
    expect(o.arrays).toEqual(['advantage', 'logp_old']);
    expect(o.coefficients).toEqual({ pg_loss: 1 });
  });
  it('is the masked view as data, or with gradient, never both', () => {
    const off = makeObjective(parseObjective({ gamma: 0.02 }));
    expect([off.gradientViews, off.arrays.includes('logp_masked')]).toEqual([[], true]);
    const on = makeObjective(parseObjective({ gamma: 0.02, maskedGradient: 'on' }));
    expect([on.gradientViews, on.arrays.includes('logp_masked')]).toEqual([['masked'], false]);
    const reference = { name: 'logp_ref', policy: 'reference', view: 'original' };
    expect(updateOf(parseObjective({ gamma: 0.02 }))).toMatchObject({
      scored: [reference, { name: 'logp_masked', policy: 'current', view: 'masked' }],
      views: ['masked'],
    });
    expect(updateOf(parseObjective({ gamma: 0, beta: 0 }))).toMatchObject({ scored: [], views: [] });
    expect(updateOf(parseObjective(full))).toMatchObject({
      scored: [reference],
      views: ['masked', 'noised'],
    });
  });
  it('stays one graph while a schedule moves γ and β, and loses the term when γ reaches 0', () => {
    const config = parseObjective(full);
    const [a, b, c] = [
      makeObjective(config),
      makeObjective(config, { gamma: 0.01, beta: 0.5 }),
      makeObjective(config, { gamma: 0 }),
    ];
    expect(keyOf(b)).toBe(keyOf(a));
    expect(b.coefficients).toMatchObject({
      kl_prcp: -0.01,
      kl_ref: 0.5,
      entropy: 0.025,
      entropy_masked: 0.025,
    });
    expect(keyOf(c)).not.toBe(keyOf(a));
    expect(c.coefficients).toEqual({
      pg_loss: 1,
      kl_ref: 0.01,
      sft_loss: 0.001,
      kl_noised: 0.01,
      entropy_noised: 0.05,
    });
  });
  it('is compiled as programs that are told apart', () => {
    const keys = [base, full, ...Object.values(options).map(([, o]) => ({ ...base, ...o }))].map((o) =>
      keyOf(makeObjective(parseObjective(o))),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
  it('is warned about where it does less than it seems to', () => {
    expect(warnings(parseObjective({ gamma: 0.02, eta2: 0.05 }))[0]).toMatch(/maskedGradient/);
    expect(warnings(parseObjective({ gamma: 0, eta1: 0.05 }))[0]).toMatch(/no effect/);
    expect(warnings(parseObjective(full))).toEqual([]);
  });
});

describe('γ = 0 is the baseline, bit for bit, on the parameters of a network', () => {
  /** Two views of an input through one small network; the gradient of the objective by both its matrices. */
  async function parameterGradient(input: ObjectiveInput): Promise<Float32Array[]> {
    const objective = makeObjective(parseObjective(input));
    const [H, V] = [5, 7];
    const [w1, w2] = [t.input('w1', [3, H]), t.input('w2', [H, V])];
    const N = D * T;
    const targets = t.constant(
      BigInt64Array.from({ length: N }, (_, i) => BigInt((i * 5) % V)),
      [N],
    );
    const policy = (view: string) => {
      const logits = t.matmul(t.tanh(t.matmul(t.input(view, [N, 3]), w1)), w2);
      return t.reshape(t.logProbOf(logits, targets), [D, T]);
    };
    const live: Live = { logp: policy('original') };
    for (const view of objective.gradientViews) live[logpOf(view)] = policy(view);
    const { loss } = lossGraph(objective, live);
    const [d1, d2] = gradients(loss, [w1, w2]);
    const session = await Session.create(compile({ d1: d1!, d2: d2! }), { threads: 1 });
    const draw = random('network');
    const normal = (n: number, scale: number) =>
      Float32Array.from({ length: n }, () => scale * draw.normal());
    const data: Feeds = coefficientFeeds(objective);
    for (const [name, values] of Object.entries(feeds('network'))) data[name] = Float32Array.from(values);
    data.w1 = normal(3 * H, 0.8);
    data.w2 = normal(H * V, 0.8);
    for (const view of ['original', 'masked', 'noised']) data[view] = normal(D * T * 3, 1);
    data.logp_old = Float32Array.from(feeds('network').logp_old, (v) => v - 1);
    const out = await session.run(data);
    return [out.d1 as Float32Array, out.d2 as Float32Array];
  }

  const pairs: [string, string, ObjectiveInput][] = [
    ['papo-g', 'grpo', {}],
    ['papo-d', 'dapo', {}],
    ['papo-g-no-ref', 'grpo', { beta: 0 }],
  ];
  const all = pairs.flatMap(([papo, plain, over]) =>
    presetSizes.flatMap((size) => (['off', 'on'] as const).map((g) => [papo, plain, size, g, over] as const)),
  );
  it.each(all)(
    '%s with γ = 0 is %s (%s, masked gradient %s)',
    async (papo, plain, size, maskedGradient, over) => {
      const p = presetConfig(papo, size).objective;
      const got = await parameterGradient({ ...p, gamma: 0, maskedGradient });
      const want = await parameterGradient({ ...presetConfig(plain, size).objective, ...over });
      const bits = (a: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('hex');
      expect(got.map(bits)).toEqual(want.map(bits));
      expect(got[0].some((v) => v !== 0)).toBe(true);
      const moved = await parameterGradient({ ...p, maskedGradient });
      expect(moved.map(bits)).not.toEqual(want.map(bits));
    },
  );
});

describe('properties', () => {
  const everything = [
    ...estimators.map(({ names: [penalty] }) => ({ ...full, penalty, refPenalty: penalty })),
    ...surrogates.map(({ kind }) => ({ ...full, surrogate: kind })),
  ];
  const anyObjective = fc.constantFrom(
    ...everything.map((o) => ({ ...o, topShare: 0.3, cap: null })),
    ...everything,
  );

  it('gradients are finite at log-ratios of ±30 and beyond', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyObjective,
        fc.integer(),
        fc.constantFrom(30, -30, 90, -90, 0),
        async (input, seed, gap) => {
          const data = feeds(`${seed}`, 30);
          data.logp_old = data.logp.map((v) => v - gap);
          const { values, dLogp, dViews } = await run(
            makeObjective(parseObjective(input as ObjectiveInput)),
            D,
            T,
            data,
          );
          for (const d of [dLogp, ...Object.values(dViews)]) expect(d.every(Number.isFinite)).toBe(true);
          expect(Object.values(values).every(Number.isFinite)).toBe(true);
          // Padding never moves anything.
          for (const d of [dLogp, ...Object.values(dViews)])
            expect(d.every((v, i) => mask[i] === 1 || v === 0)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('rows and batches without a token give zeros', async () => {
    for (const input of everything) {
      const objective = makeObjective(parseObjective({ ...(input as ObjectiveInput), topShare: 0.5 }));
      const empty = mask.map(() => 0);
      const { values, dLogp } = await run(objective, D, T, feeds('empty', 5, empty));
      expect(Object.values(values).every((v) => Math.abs(v) === 0)).toBe(true);
      expect(dLogp.every((v) => Math.abs(v) === 0)).toBe(true);
      const oneRow = mask.map((v, i) => (i < T ? 0 : v));
      const part = await run(objective, D, T, feeds('row', 5, oneRow));
      expect(part.dLogp.slice(0, T).every((v) => Math.abs(v) === 0)).toBe(true);
      expect(part.dLogp.slice(T).some((v) => v !== 0)).toBe(true);
    }
  });

  it('a batch gives the same sums and gradients however it is cut and padded', async () => {
    await fc.assert(
      fc.asyncProperty(anyObjective, fc.integer(), fc.constantFrom(1, 2), async (input, seed, micro) => {
        const objective = makeObjective(parseObjective(input as ObjectiveInput));
        const data = feeds(`${seed}`);
        const whole = await run(objective, D, T, data);
        const wide = T + 3;
        const sums: Record<string, number> = {};
        const dLogp: number[] = [];
        for (let d = 0; d < D; d += micro) {
          const part = await run(
            objective,
            micro,
            wide,
            Object.fromEntries(
              Object.entries(data).map(([name, values]) => [
                name,
                Array.from({ length: micro * wide }, (_, i) => {
                  const [row, column] = [d + Math.floor(i / wide), i % wide];
                  return column < T ? values[row * T + column] : 0;
                }),
              ]),
            ),
          );
          for (const [name, v] of Object.entries(part.values)) sums[name] = (sums[name] ?? 0) + v;
          part.dLogp.forEach((v, i) => {
            if (i % wide < T) dLogp.push(v);
          });
        }
        for (const [name, v] of Object.entries(whole.values))
          expect(Math.abs(sums[name] - v), name).toBeLessThan(2e-5 * Math.max(1, Math.abs(v)));
        expect(furthest(dLogp, whole.dLogp)).toBeLessThan(1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it('a group without variance moves nothing but the regularisers', async () => {
    const data = { ...feeds('flat'), advantage: mask.map(() => 0) };
    const [plain] = await gradientsOf(base, data);
    expect(plain.every((v) => Math.abs(v) === 0)).toBe(true);
    const [regularised] = await gradientsOf({ ...base, gamma: 0.02 }, data);
    expect(regularised.some((v) => v !== 0)).toBe(true);
  });

  it('the paper’s estimator is r − log r − 1 with r = π/π_mask, with no limit on its value', async () => {
    const data: Record<string, number[]> = {
      ...feeds('paper'),
      advantage: mask.map(() => 0),
      weight: mask.map(() => 1),
    };
    data.logp_masked = data.logp.map((v, i) => v - (i === 0 ? 5 : 0.3));
    const { values, dLogp } = await run(
      makeObjective(parseObjective({ ...base, gamma: 1, penalty: 'paper' })),
      D,
      T,
      data,
    );
    const at = (d: number) => Math.exp(d) - d - 1;
    expect(values.kl_prcp / (at(5) + (D * T - 1) * at(0.3))).toBeCloseTo(1, 5);
    expect(dLogp[0]).toBeCloseTo(-(Math.exp(5) - 1), 3);
    expect(values.kl_prcp_capped).toBeUndefined();
  });

  it('no KL is limited in silence: the share of tokens at a limit is logged', async () => {
    const data = feeds('capped');
    data.logp_masked = data.logp.map((v, i) => v + (i === 0 ? 30 : i === 1 ? 0.8 : 0));
    data.logp_ref = data.logp.map((v, i) => v + (i < 3 ? 30 : 0));
    const of = async (input: ObjectiveInput) =>
      (await run(makeObjective(parseObjective(input)), D, T, data)).values;
    const token = data.weight[0];
    const plain = await of({ gamma: 0.02, beta: 0.01 });
    expect(plain.kl_prcp_capped).toBeCloseTo(token, 6);
    expect(plain.kl_ref_capped).toBeCloseTo(3 * token, 6);
    const k3 = Math.exp(0.8) - 0.8 - 1;
    expect(plain.kl_prcp_square).toBeCloseTo(token * (100 + k3 * k3), 4);
    expect((await of({ gamma: 0.02, beta: 0.01, cap: 0.2 })).kl_prcp_capped).toBeCloseTo(2 * token, 6);
  });

  it('the gradient of KL_prcp is 1 − π_mask/π, bounded by 1, and pushes the two apart', async () => {
    const data: Record<string, number[]> = { ...feeds('sign'), advantage: mask.map(() => 0) };
    const { dLogp } = await run(makeObjective(parseObjective({ ...base, gamma: 0.02 })), D, T, data);
    dLogp.forEach((d, i) => {
      const want = -0.02 * data.weight[i] * (1 - Math.exp(data.logp_masked[i] - data.logp[i]));
      expect(Math.abs(d - want)).toBeLessThan(1e-7);
    });
  });
});
