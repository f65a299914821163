import { describe, expect, it } from 'vitest';
import { GraphError } from '../errors.ts';
import { random } from '../random.ts';
import { differentiable, gradients } from './grad.ts';
import { apply, input, nodeOf, topological } from './graph.ts';
import * as t from './ops.ts';
import { compile } from './program.ts';
import { Session } from './session.ts';

type Case = {
  shapes: Record<string, number[]>;
  f: (x: Record<string, t.Tensor>) => t.Tensor;
  /** Maps a standard normal draw into the operator's domain. */
  from?: (v: number) => number;
};

const i64 = (values: number[], shape = [values.length]) =>
  t.constant(BigInt64Array.from(values, BigInt), shape);
const positive = (v: number) => 0.5 + Math.abs(v);
// Away from kinks by more than the finite difference's step.
const off = (v: number) => v + Math.sign(v) * 0.2;

const cases: Record<string, Case> = {
  'Add, broadcast both ways': { shapes: { a: [3, 1], b: [2, 1, 4] }, f: (x) => t.add(x.a, x.b) },
  Sub: { shapes: { a: [3, 4], b: [4] }, f: (x) => t.sub(x.a, x.b) },
  Mul: { shapes: { a: [2, 3], b: [2, 1] }, f: (x) => t.mul(x.a, x.b) },
  Div: { shapes: { a: [2, 3], b: [3] }, f: (x) => t.div(x.a, x.b), from: positive },
  Min: { shapes: { a: [9], b: [9] }, f: (x) => t.minimum(x.a, x.b) },
  Max: { shapes: { a: [9], b: [1] }, f: (x) => t.maximum(x.a, x.b) },
  Neg: { shapes: { a: [3] }, f: (x) => t.neg(x.a) },
  Exp: { shapes: { a: [5] }, f: (x) => t.exp(x.a) },
  Log: { shapes: { a: [5] }, f: (x) => t.log(x.a), from: positive },
  Sqrt: { shapes: { a: [5] }, f: (x) => t.sqrt(x.a), from: positive },
  Abs: { shapes: { a: [5] }, f: (x) => t.abs(x.a), from: off },
  Sigmoid: { shapes: { a: [5] }, f: (x) => t.sigmoid(x.a) },
  Tanh: { shapes: { a: [5] }, f: (x) => t.tanh(x.a) },
  Erf: { shapes: { a: [5] }, f: (x) => t.erf(x.a) },
  QuickGelu: { shapes: { a: [7] }, f: (x) => t.silu(x.a) },
  Gelu: { shapes: { a: [7] }, f: (x) => t.gelu(x.a) },
  Clip: { shapes: { a: [12] }, f: (x) => t.clip(x.a, -0.1, 0.1), from: off },
  Where: {
    shapes: { a: [2, 3], b: [3] },
    f: (x) => t.where(t.greater(t.constant([1, -1], [2, 1]), 0), x.a, x.b),
  },
  Cast: {
    shapes: { a: [4] },
    f: (x) => t.mul(x.a, t.cast(t.cast(x.a, 'int32'), 'float32')),
    from: (v) => 2.3 + 0.3 * Math.tanh(v),
  },
  Reshape: { shapes: { a: [2, 6] }, f: (x) => t.exp(t.reshape(x.a, [3, -1])) },
  Transpose: { shapes: { a: [2, 3, 4], b: [4, 2, 3] }, f: (x) => t.mul(t.transpose(x.a, [2, 0, 1]), x.b) },
  Concat: { shapes: { a: [2, 3], b: [2, 1] }, f: (x) => t.exp(t.concat([x.a, x.b, x.a], 1)) },
  'Split, one part unused': {
    shapes: { a: [2, 6] },
    f: (x) => {
      const [p, , r] = t.split(x.a, [1, 2, 3], 1);
      return t.mul(p, r);
    },
  },
  Slice: { shapes: { a: [5, 2] }, f: (x) => t.exp(t.slice(x.a, 1, 4, 0)) },
  Expand: { shapes: { a: [1, 3] }, f: (x) => t.exp(t.expand(x.a, [2, 4, 3])) },
  ReduceSum: { shapes: { a: [2, 3, 4] }, f: (x) => t.exp(t.sum(x.a, [0, 2])) },
  ReduceMean: { shapes: { a: [2, 3, 4] }, f: (x) => t.exp(t.mean(x.a, [-1], true)) },
  ReduceMax: { shapes: { a: [2, 5] }, f: (x) => t.exp(t.max(x.a, [1])) },
  CumSum: { shapes: { a: [2, 4] }, f: (x) => t.exp(t.cumsum(x.a, 1, { exclusive: true })) },
  'FusedMatMul, broadcast': {
    shapes: { a: [2, 1, 3, 4], b: [5, 4, 2] },
    f: (x) => t.exp(t.matmul(x.a, x.b, { alpha: 0.3 })),
  },
  'FusedMatMul, A transposed': {
    shapes: { a: [2, 4, 3], b: [2, 4, 2] },
    f: (x) => t.exp(t.matmul(x.a, x.b, { transA: true, alpha: 0.3 })),
  },
  'FusedMatMul, B transposed': {
    shapes: { a: [2, 3, 4], b: [2, 2, 4] },
    f: (x) => t.exp(t.matmul(x.a, x.b, { transB: true, alpha: 0.3 })),
  },
  'FusedMatMul, both transposed': {
    shapes: { a: [4, 3], b: [2, 4] },
    f: (x) => t.tanh(t.matmul(x.a, x.b, { transA: true, transB: true })),
  },
  'Gemm as a linear layer': {
    shapes: { x: [5, 4], w: [3, 4], b: [3] },
    f: (x) => t.tanh(t.linear(x.x, x.w, x.b)),
  },
  'Gemm, A transposed': {
    shapes: { a: [4, 5], b: [4, 3] },
    f: (x) => t.tanh(t.gemm(x.a, x.b, { transA: true })),
  },
  'Gemm, both transposed': {
    shapes: { a: [4, 5], b: [3, 4] },
    f: (x) => t.tanh(t.gemm(x.a, x.b, { transA: true, transB: true })),
  },
  'Gather with repeats': { shapes: { a: [4, 3] }, f: (x) => t.exp(t.gather(x.a, i64([2, 0, 2, 2], [2, 2]))) },
  GatherElements: {
    shapes: { a: [3, 4] },
    f: (x) => t.exp(t.gatherLast(x.a, i64([1, 1, 3, 0, 0, 2], [3, 2]))),
  },
  ScatterElements: {
    shapes: { a: [3, 4], b: [3, 2] },
    f: (x) => t.exp(t.scatterAddLast(x.a, i64([1, 1, 3, 0, 0, 2], [3, 2]), x.b)),
  },
  'Custom: permuteRows, rows left out and rows of zeros': {
    shapes: { a: [2, 3], b: [3, 3] },
    f: (x) => t.exp(t.permuteRows([x.a, x.b], i64([4, 0, 5, 2]), i64([1, 4, 3, 4, 0]))),
  },
  Softmax: { shapes: { a: [2, 5], b: [2, 5] }, f: (x) => t.mul(t.softmax(x.a), x.b) },
  LogSoftmax: { shapes: { a: [2, 5], b: [2, 5] }, f: (x) => t.mul(t.logSoftmax(x.a), x.b) },
  'SimplifiedLayerNormalization (RMS norm)': {
    shapes: { x: [3, 6], w: [6] },
    f: (x) => t.tanh(t.rmsNorm(x.x, x.w, 1e-6)),
  },
  LayerNormalization: {
    shapes: { x: [3, 6], w: [6], b: [6] },
    f: (x) => t.tanh(t.layerNorm(x.x, x.w, x.b, 1e-6)),
  },
  RotaryEmbedding: {
    shapes: { x: [2, 3, 8] },
    f: (x) => {
      const angle = [0.3, 1.1, -0.4, 0.9, 2, 0.1];
      const cos = t.constant(angle.map(Math.cos), [3, 2]);
      const sin = t.constant(angle.map(Math.sin), [3, 2]);
      return t.tanh(t.rotary(x.x, i64([0, 1, 2, 2, 0, 1], [2, 3]), cos, sin));
    },
  },
  'Custom: log-softmax-gather': { shapes: { x: [4, 6] }, f: (x) => t.logProbOf(x.x, i64([0, 5, 2, 2])) },
  'attention, composed': {
    shapes: { q: [2, 3, 4], k: [2, 3, 4], v: [2, 3, 4] },
    f: (x) => t.matmul(t.softmax(t.matmul(x.q, x.k, { transB: true, alpha: 0.5 })), x.v),
  },
};

async function check({ shapes, f, from = (v) => v }: Case, seed: string): Promise<void> {
  const rng = random('gradcheck', seed);
  const names = Object.keys(shapes);
  const x = Object.fromEntries(names.map((n) => [n, input(n, shapes[n])]));
  const y = f(x);
  // A random projection, so that no symmetric error cancels.
  const loss = t.sum(
    t.mul(
      y,
      t.constant(
        Float32Array.from({ length: y.size }, () => rng.normal()),
        y.shape,
      ),
    ),
  );
  const grads = gradients(
    loss,
    names.map((n) => x[n]),
  );
  const outputs = Object.fromEntries(names.map((n, i) => [n, grads[i]]));
  const session = await Session.create(compile({ loss, ...outputs }));
  const feeds = Object.fromEntries(
    names.map((n) => [n, Float32Array.from({ length: x[n].size }, () => from(rng.normal()))]),
  );
  const base = await session.run(feeds);
  const h = 1e-2;
  for (const n of names) {
    const numeric: number[] = [];
    for (let i = 0; i < feeds[n].length; i++) {
      const keep = feeds[n][i];
      const at = async (d: number) => {
        feeds[n][i] = keep + d;
        return (await session.run(feeds, ['loss'])).loss[0] as number;
      };
      // Richardson's fourth-order central difference: float32 needs a wide step.
      numeric.push(
        (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h),
      );
      feeds[n][i] = keep;
    }
    const scale = Math.max(1, ...numeric.map(Math.abs));
    numeric.forEach((g, i) => {
      expect(
        Math.abs((base[n][i] as number) - g) / scale,
        `${n}[${i}]: ${base[n][i]} against ${g}`,
      ).toBeLessThan(1e-3);
    });
  }
  await session.close();
}

describe('each gradient against central differences', () => {
  for (const [name, c] of Object.entries(cases)) it(name, () => check(c, name));

  it('leaves no operator with a rule unchecked', () => {
    const used = new Set<string>();
    for (const { shapes, f } of Object.values(cases)) {
      const y = f(Object.fromEntries(Object.keys(shapes).map((n) => [n, input(n, shapes[n])])));
      for (const node of topological([y])) used.add(node.op);
    }
    expect(differentiable().filter((op) => !used.has(op))).toEqual([]);
  });
});

describe('gradients', () => {
  it('name the operator that has none', () => {
    const x = input('x', [3]);
    const y = apply('Selu', [x], [3], 'float32');
    expect(() => gradients(t.sum(y), [x])).toThrow('no gradient is defined for the operator Selu');
  });

  it('stop at stopGradient and are null where nothing depends on the tensor', () => {
    const x = input('x', [3]);
    const z = input('z', [3]);
    expect(gradients(t.sum(t.stopGradient(x)), [x])).toEqual([null]);
    expect(gradients(t.sum(x), [z])).toEqual([null]);
  });

  it('ask for a scalar', () => {
    const x = input('x', [3]);
    expect(() => gradients(x, [x])).toThrow('the loss must be a scalar, not [3]');
  });

  it('refuse a path through further outputs', () => {
    const x = input('x', [3]);
    const node = nodeOf(
      'SimplifiedLayerNormalization',
      [x, x],
      [
        { shape: [3], dtype: 'float32' },
        { shape: [1], dtype: 'float32' },
      ],
    );
    expect(() => gradients(t.sum(node.outputs[1]), [x])).toThrow(GraphError);
  });
});

describe('a shape mistake is thrown where the graph is built', () => {
  const a = input('a', [2, 3]);
  const b = input('b', [4, 5]);
  it.each([
    ['Add', () => t.add(a, b)],
    ['MatMul', () => t.matmul(a, b)],
    ['Gemm', () => t.gemm(a, b)],
    ['Reshape', () => t.reshape(a, [4, 5])],
    ['Concat', () => t.concat([a, b], 0)],
    ['RMSNorm', () => t.rmsNorm(a, input('w', [5]), 1e-6)],
    ['Where', () => t.where(t.greater(a, 0), b, 0)],
  ])('%s', (op, build) => {
    expect(build).toThrow(new RegExp(`${op}: .*\\[2, 3\\]( and \\[[45, ]+\\])?`));
  });
});
