/** What the golden tests share: reading the official values, and running an objective through gradients and a session. */
import { readFileSync } from 'node:fs';
import type { Objective } from '../../../src/objective/types.ts';
import { gradients } from '../../../src/tensor/grad.ts';
import * as t from '../../../src/tensor/ops.ts';
import { compile } from '../../../src/tensor/program.ts';
import { type Feeds, Session } from '../../../src/tensor/session.ts';

export const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as T;

export interface Run {
  values: Record<string, number>;
  /** d loss / d logp, [D·T]; zeros where the loss does not depend on it. */
  dLogp: Float32Array;
  /** d loss / d logp_<view> for each gradient view. */
  dViews: Record<string, Float32Array>;
  /** Number of ONNX operators. */
  operators: number;
}

/** The graph of an objective alone: its loss, its terms and the gradient by every log-probability that carries one. */
export function graphOf(objective: Objective, D: number, T: number) {
  const x: Record<string, t.Tensor> = {};
  for (const name of ['logp', 'weight', ...objective.arrays]) x[name] = t.input(name, [D, T]);
  for (const view of objective.gradientViews) x[`logp_${view}`] = t.input(`logp_${view}`, [D, T]);
  for (const name of Object.keys(objective.scalars)) x[name] = t.input(name, []);
  const { loss, terms } = objective.build(x);
  const wrt = ['logp', ...objective.gradientViews.map((v) => `logp_${v}`)];
  const found = gradients(
    loss,
    wrt.map((name) => x[name]),
  );
  const outputs: Record<string, t.Tensor> = {};
  for (const [name, term] of Object.entries(terms)) outputs[name] = term;
  wrt.forEach((name, i) => {
    if (found[i]) outputs[`d_${name}`] = found[i];
  });
  return compile(outputs);
}

const sessions = new Map<string, Promise<Session>>();

/** Compiles once per key and shape, as the engines do, and runs. Values are rounded to float32 on the way in. */
export async function run(
  objective: Objective,
  D: number,
  T: number,
  data: Record<string, ArrayLike<number>>,
): Promise<Run> {
  const key = `${objective.key}|${D}x${T}`;
  let session = sessions.get(key);
  if (!session) {
    session = Session.create(graphOf(objective, D, T), { threads: 1 });
    sessions.set(key, session);
  }
  const s = await session;
  const feeds: Feeds = {};
  for (const [name, values] of Object.entries(data)) feeds[name] = Float32Array.from(values);
  for (const [name, value] of Object.entries(objective.scalars)) feeds[name] = Float32Array.of(value);
  const out = (await s.run(feeds)) as Record<string, Float32Array>;
  const values: Record<string, number> = {};
  const dViews: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(out)) {
    if (name.startsWith('d_logp_')) dViews[name.slice('d_logp_'.length)] = value;
    else if (name !== 'd_logp') values[name] = value[0];
  }
  return { values, dLogp: out.d_logp ?? new Float32Array(D * T), dViews, operators: s.program.operators };
}

/** Weights that average over tokens, or over sequences and their tokens, of a [D, T] mask; 0 where the mask is 0. */
export function weightsOf(
  mask: readonly number[],
  D: number,
  T: number,
  mode: 'token' | 'sequence',
): number[] {
  const count = (from: number, to: number) => mask.slice(from, to).reduce((a, b) => a + b, 0);
  const all = count(0, D * T);
  return mask.map((m, i) => {
    if (m === 0) return 0;
    const row = Math.floor(i / T);
    return mode === 'token' ? 1 / all : 1 / (D * count(row * T, (row + 1) * T));
  });
}
