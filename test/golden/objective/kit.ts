/** What the golden tests share: reading the official values, and running an objective through gradients and a session. */
import { readFileSync } from 'node:fs';
import { coefficientFeeds, GRADIENT, objectiveProgram } from '../../../src/engine/program.ts';
import type { ObjectiveConfig } from '../../../src/objective/config.ts';
import type { Now } from '../../../src/objective/papo.ts';
import type { ScoredGroup, ScoredRollout } from '../../../src/objective/rollouts.ts';
import { logpOf, type Objective } from '../../../src/objective/types.ts';
import { updateOf } from '../../../src/objective/update.ts';
import { random } from '../../../src/random.ts';
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

/** The objective of a configuration, for batches whose prompts all have pictures. */
export const makeObjective = (config: ObjectiveConfig, now: Now = {}): Objective =>
  updateOf(config, now).feed([], 1).objective;

/** Rollouts with random log-probabilities, and a batch of them: three prompts with two each, of 1 to 5 tokens. */
export function drawnRollouts(seed: string) {
  const draw = random(seed);
  const rollout = (length: number, reward: number, accuracy = reward > 0.5 ? 1 : 0): ScoredRollout => {
    const logp = () => Float32Array.from({ length }, () => -Math.abs(draw.normal()));
    const logprobs = { logp_old: logp(), logp_ref: logp(), logp_masked: logp(), logp_noised: logp() };
    return { length, reward, accuracy, logprobs };
  };
  const batch = (): ScoredGroup[] => [
    { rollouts_G: [rollout(3, 1), rollout(5, 0)] },
    { rollouts_G: [rollout(1, 0), rollout(2, 1)] },
    { rollouts_G: [rollout(4, 1), rollout(4, 1)] },
  ];
  return { rollout, batch };
}

/** What an objective computes, for comparison: equal keys, equal graphs. */
export const keyOf = (objective: Objective): string =>
  Buffer.from(objectiveProgram(objective, 2, 5).bytes).toString('base64');

const sessions = new Map<string, Promise<Session>>();

/** Compiles once per key and shape, as the engines do, and runs. Values are rounded to float32 on the way in. */
export async function run(
  objective: Objective,
  D: number,
  T: number,
  data: Record<string, ArrayLike<number>>,
): Promise<Run> {
  const program = objectiveProgram(objective, D, T);
  const key = Buffer.from(program.bytes).toString('base64');
  let session = sessions.get(key);
  if (!session) {
    session = Session.create(program, { threads: 1 });
    sessions.set(key, session);
  }
  const s = await session;
  const feeds: Feeds = coefficientFeeds(objective);
  for (const [name, values] of Object.entries(data)) feeds[name] = Float32Array.from(values);
  const out = (await s.run(feeds)) as Record<string, Float32Array>;
  const values: Record<string, number> = {};
  const dViews: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(out)) {
    if (!name.startsWith(GRADIENT)) values[name] = value[0];
  }
  for (const view of objective.gradientViews) {
    const gradient = out[GRADIENT + logpOf(view)];
    if (gradient) dViews[view] = gradient;
  }
  return {
    values,
    dLogp: out[`${GRADIENT}logp`] ?? new Float32Array(D * T),
    dViews,
    operators: s.program.operators,
  };
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
