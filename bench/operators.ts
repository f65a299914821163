/**
 * `npm run check:operators`: does every operator that our programs are made of give the same bits every time? Each runs
 * with its gradient at the size of a real batch, many times, on 1, 2 and 4 threads, while other threads keep the cores
 * busy; every run must equal the first one of its number of threads. Exits with 1 where one does not.
 */
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { random } from '../src/random.ts';
import { gradients } from '../src/tensor/grad.ts';
import { input, scalar, type TensorData } from '../src/tensor/graph.ts';
import { loop } from '../src/tensor/loop.ts';
import * as t from '../src/tensor/ops.ts';
import { compile } from '../src/tensor/program.ts';
import { type Feeds, Session } from '../src/tensor/session.ts';

export const ROWS = 12_000;
const D = 64;

export interface OperatorCase {
  /** Shapes of the float inputs, fed with normal numbers. */
  shapes: Record<string, number[]>;
  f: (x: Record<string, t.Tensor>) => t.Tensor | t.Tensor[];
  /** Integer feeds with their exclusive upper bound; drawn with many repeats. */
  ids?: Record<string, { shape: number[]; below: number }>;
  /** No gradient passes. */
  forward?: true;
}

const wide = { a: [ROWS, D], b: [ROWS, D] };
const one = { a: [ROWS, D] };
const heads = { q: [48, 250, 32], k: [48, 250, 32], v: [48, 250, 32] };
const few = { shape: [ROWS], below: 40 };

/** Every operator of a program is reached by one of these (a test says so). */
export const CASES: Record<string, OperatorCase> = {
  'arithmetic, broadcast over rows': {
    shapes: { a: [ROWS, D], b: [1, D], c: [ROWS, 1] },
    f: (x) => t.div(t.sub(t.mul(t.add(x.a, x.b), x.c), x.b), t.add(t.square(x.c), 1)),
  },
  'minimum, maximum, clip': {
    shapes: wide,
    f: (x) => t.clip(t.maximum(t.minimum(x.a, x.b), t.neg(x.b)), -0.5, 0.5),
  },
  'exp, log, sqrt, abs, sign': {
    shapes: one,
    f: (x) => t.log(t.add(t.sqrt(t.add(t.abs(x.a), 0.1)), t.exp(x.a))),
  },
  'sigmoid, tanh, erf': { shapes: one, f: (x) => t.erf(t.tanh(t.sigmoid(x.a))) },
  silu: { shapes: one, f: (x) => t.silu(x.a) },
  gelu: { shapes: one, f: (x) => t.gelu(x.a) },
  'comparisons, where, casts': {
    shapes: wide,
    f: (x) => {
      const some = t.and(t.or(t.less(x.a, x.b), t.greater(x.a, 0.3)), t.not(t.equal(x.a, 0)));
      const other = t.and(t.lessOrEqual(x.a, 2), t.greaterOrEqual(x.b, -2));
      return t.add(t.where(some, x.a, t.mul(x.b, 2)), t.cast(other, 'float32'));
    },
  },
  'transpose, reshape, concat, split, slice, expand': {
    shapes: { a: [ROWS, D], b: [1, D] },
    f: (x) => {
      const turned = t.reshape(t.transpose(t.reshape(x.a, [ROWS / 4, 4, D]), [1, 0, 2]), [ROWS, D]);
      const [left, right] = t.split(t.concat([turned, t.expand(x.b, [ROWS, D])], 1), [D + 8, D - 8], 1);
      return t.mul(t.slice(left, 0, D - 8, 1), right);
    },
  },
  'sums over rows, columns, everything': {
    shapes: one,
    f: (x) => t.add(t.add(t.sum(x.a, [0], true), t.mean(x.a, [1], true)), t.sum(t.square(x.a))),
  },
  'largest and smallest': {
    shapes: one,
    f: (x) => t.mul(t.max(x.a, [1], true), t.stopGradient(t.minOver(x.a, [1], true))),
  },
  'running sums': { shapes: one, f: (x) => t.cumsum(x.a, 1, { exclusive: true }) },
  'matrix products over all rows': {
    shapes: { a: [ROWS, D], w: [96, D], b: [96] },
    f: (x) => t.linear(x.a, x.w, x.b),
  },
  'matrix product, rows summed away': { shapes: wide, f: (x) => t.gemm(x.a, x.b, { transA: true }) },
  'batched products and softmax': {
    shapes: heads,
    f: (x) => t.matmul(t.softmax(t.matmul(x.q, x.k, { transB: true, alpha: 0.2 })), x.v),
  },
  'product with a shared right side': {
    shapes: { a: [40, 300, D], b: [D, 48] },
    f: (x) => t.matmul(x.a, x.b),
  },
  'log-softmax': { shapes: one, f: (x) => t.logSoftmax(x.a) },
  'RMS norm': { shapes: { x: [ROWS, D], w: [D] }, f: (x) => t.rmsNorm(x.x, x.w, 1e-6) },
  'layer norm': { shapes: { x: [ROWS, D], w: [D], b: [D] }, f: (x) => t.layerNorm(x.x, x.w, x.b, 1e-6) },
  'rotary embedding': {
    shapes: { x: [ROWS, 1, D], cos: [400, 8], sin: [400, 8] },
    ids: { at: { shape: [ROWS, 1], below: 400 } },
    f: (x) => t.rotary(x.x, t.cast(x.at, 'int64'), t.stopGradient(x.cos), t.stopGradient(x.sin)),
  },
  'rows looked up again and again': {
    shapes: { table: [576, D] },
    ids: { ids: few },
    f: (x) => t.gather(x.table, x.ids),
  },
  'rows in another order': {
    shapes: one,
    f: (x) => {
      // Rows i and i+1 change places; the last row goes nowhere and the second last place is empty.
      const order = Int32Array.from({ length: ROWS }, (_, i) =>
        i < ROWS - 2 ? i ^ 1 : i === ROWS - 2 ? ROWS : i - 1,
      );
      const back = new Int32Array(ROWS).fill(ROWS);
      order.forEach((row, i) => {
        if (row < ROWS) back[row] = i;
      });
      return t.permuteRows([x.a], t.constant(order), t.constant(back));
    },
  },
  'one element a row, read and added': {
    shapes: { a: [ROWS, D], b: [ROWS, 3] },
    ids: { at: { shape: [ROWS, 3], below: 4 } },
    f: (x) => t.add(t.sum(t.gatherLast(x.a, x.at), [1], true), t.scatterAddLast(x.a, x.at, x.b)),
  },
  'log-probability of the chosen token': {
    shapes: { x: [ROWS, 576] },
    ids: { targets: few },
    f: (x) => t.logProbOf(x.x, x.targets),
  },
  'choice of a token': {
    shapes: { x: [ROWS, D] },
    forward: true,
    f: (x) => {
      const { values, indices } = t.topK(x.x, 8);
      return [values, indices, t.argmax(x.x, 1)];
    },
  },
  'a loop that grows a cache': {
    shapes: { a: [256, D], w: [D, D] },
    forward: true,
    f: (x) => {
      const empty = t.constant(new Float32Array(0), [256, 0, D]);
      const { carries } = loop(
        scalar(24, 'int64'),
        [{ start: x.a }, { start: t.zerosBool([256]) }, { start: empty, shape: [256, -1, D] }],
        (_turn, [h, done, cache]) => {
          const grown = t.concat([cache, t.reshape(h, [256, 1, D])], 1);
          const scores = t.softmax(t.matmul(t.reshape(h, [256, 1, D]), grown, { transB: true }));
          const next = t.tanh(t.matmul(t.reshape(t.matmul(scores, grown), [256, D]), x.w));
          return { again: scalar(1, 'bool'), carries: [next, done, grown], scans: [] };
        },
      );
      return carries[0];
    },
  },
};

/** The graph of a case: its value, and the gradient of a weighted sum of it to each float input. */
export function graphOf({ shapes, ids = {}, f, forward }: OperatorCase): Record<string, t.Tensor> {
  const x = Object.fromEntries([
    ...Object.entries(shapes).map(([n, s]) => [n, input(n, s)]),
    ...Object.entries(ids).map(([n, { shape }]) => [n, input(n, shape, 'int32')]),
  ]) as Record<string, t.Tensor>;
  const made = f(x);
  const values = Array.isArray(made) ? made : [made];
  const outputs = Object.fromEntries(values.map((v, i) => [`y${i}`, v]));
  if (forward) return outputs;
  const names = Object.keys(shapes);
  const loss = t.sum(t.mul(values[0], t.add(t.stopGradient(values[0]), 0.5)));
  gradients(
    loss,
    names.map((n) => x[n]),
  ).forEach((g, i) => {
    if (g) outputs[`d ${names[i]}`] = g;
  });
  return outputs;
}

function feedsOf(name: string, { shapes, ids = {} }: OperatorCase): Feeds {
  const rng = random('operators', name);
  const size = (s: number[]) => s.reduce((a, b) => a * b, 1);
  return Object.fromEntries([
    ...Object.entries(shapes).map(([n, s]) => [
      n,
      Float32Array.from({ length: size(s) }, () => rng.normal()),
    ]),
    ...Object.entries(ids).map(([n, { shape, below }]) => [
      n,
      // A third of the rows name one and the same.
      Int32Array.from({ length: size(shape) }, (_, i) => (i % 3 === 0 ? 0 : rng.int(below))),
    ]),
  ]);
}

const bits = (x: TensorData) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

/** How many of `repeats` runs give other bits than the first one. */
export async function unequalRuns(name: string, c: OperatorCase, threads: number, repeats: number) {
  const session = await Session.create(compile(graphOf(c)), { threads });
  const feeds = feedsOf(name, c);
  const first = await session.run(feeds);
  let unequal = 0;
  for (let i = 1; i < repeats; i++) {
    const again = await session.run(feeds);
    if (Object.keys(first).some((k) => Buffer.compare(bits(first[k]), bits(again[k])) !== 0)) unequal++;
  }
  await session.close();
  return { unequal, first };
}

/** Keeps `count` cores busy until the returned function is called. */
export function burn(count: number): () => Promise<void> {
  const workers = Array.from(
    { length: count },
    () => new Worker('for(;;) Math.sqrt(Math.random());', { eval: true }),
  );
  return async () => {
    await Promise.all(workers.map((w) => w.terminate()));
  };
}

async function main(): Promise<void> {
  const repeats = Number(process.argv[2] ?? 50);
  const stop = burn(2);
  let bad = 0;
  process.stdout.write(`${repeats} runs of each on 1, 2 and 4 threads, ${ROWS} rows, two cores kept busy\n`);
  for (const [name, c] of Object.entries(CASES)) {
    const found: string[] = [];
    const firsts: Record<string, TensorData>[] = [];
    for (const threads of [1, 2, 4]) {
      const { unequal, first } = await unequalRuns(name, c, threads, repeats);
      firsts.push(first);
      found.push(`${unequal}`);
      bad += unequal;
    }
    const across = Object.keys(firsts[0]).every((k) =>
      firsts.every((f) => Buffer.compare(bits(f[k]), bits(firsts[0][k])) === 0),
    );
    const words = across ? 'equal on any number of threads' : 'last bits differ between numbers of threads';
    process.stdout.write(`${name.padEnd(52)} unequal ${found.join(', ')}   ${words}\n`);
  }
  await stop();
  process.stdout.write(bad === 0 ? 'every run gave the same bits\n' : `${bad} runs gave other bits\n`);
  process.exitCode = bad === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
