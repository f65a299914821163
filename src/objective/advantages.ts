/** From rewards to advantages, in plain numbers. Names and formulas of the public code (verl/trainer/core_algos.py). */
import { PapoError } from '../errors.ts';
import type { ObjectiveConfig } from './config.ts';
import type { ScoredGroup } from './rollouts.ts';

const EPS = 1e-6;

const sum = (values: ArrayLike<number>) => Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;
const mean = (values: ArrayLike<number>) => sum(values) / values.length;

/** Rewards minus their mean; exactly 0 where all are equal, which a rounded mean would not give. */
function centred(rewards_G: readonly number[], name: string): number[] {
  if (rewards_G.length < 2)
    throw new PapoError(
      `advantage ${name}: a prompt has ${rewards_G.length} rollout, at least 2 are compared; raise the number of samples`,
    );
  if (rewards_G.every((r) => r === rewards_G[0])) return rewards_G.map(() => 0);
  const m = mean(rewards_G);
  return rewards_G.map((r) => r - m);
}

/** GRPO and DAPO: (R − mean R) / (std R + 1e-6) over the rollouts of one prompt, std with n − 1. */
export function grpo(rewards_G: readonly number[]): number[] {
  const d = centred(rewards_G, 'grpo');
  const std = Math.sqrt(sum(d.map((x) => x * x)) / (d.length - 1));
  return d.map((x) => x / (std + EPS));
}

/** Dr. GRPO (arXiv 2503.20783): R − mean R, not divided by the deviation. */
export const drGrpo = (rewards_G: readonly number[]): number[] => centred(rewards_G, 'dr-grpo');

/** RLOO (arXiv 2402.14740): R minus the mean of the other rollouts, = (R − mean R) · G / (G − 1). */
export function rloo(rewards_G: readonly number[]): number[] {
  const n = rewards_G.length;
  return centred(rewards_G, 'rloo').map((d) => (d * n) / (n - 1));
}

/** ReMax (arXiv 2310.10505): R minus the reward of the greedy rollout of the same prompt. */
export const remax = (rewards_G: readonly number[], baseline: number): number[] =>
  rewards_G.map((r) => r - baseline);

/** Shifts and scales all tokens of a batch to mean 0 and variance 1 (n − 1 below; 1e-8 is added to the variance). */
export function whiten(values_DT: readonly ArrayLike<number>[]): Float64Array[] {
  const n = values_DT.reduce((a, v) => a + v.length, 0);
  if (n === 0) return values_DT.map(() => new Float64Array(0));
  const m = values_DT.reduce((a, v) => a + sum(v), 0) / n;
  let squares = 0;
  for (const v of values_DT) for (let t = 0; t < v.length; t++) squares += (v[t] - m) ** 2;
  const variance = n > 1 ? squares / (n - 1) : squares / n;
  return values_DT.map((v) => Float64Array.from(v, (x) => (x - m) / Math.sqrt(variance + 1e-8)));
}

/** Discounted returns of rewards per token. */
export function discounted(rewards_T: ArrayLike<number>, discount: number): Float64Array {
  const out = new Float64Array(rewards_T.length);
  let running = 0;
  for (let t = out.length - 1; t >= 0; t--) {
    running = rewards_T[t] + discount * running;
    out[t] = running;
  }
  return out;
}

/** REINFORCE++ (arXiv 2501.03262): discounted returns, whitened over all tokens of the batch. */
export const reinforcePlusPlus = (
  rewards_DT: readonly ArrayLike<number>[],
  discount: number,
): Float64Array[] => whiten(rewards_DT.map((r) => discounted(r, discount)));

/** Generalised advantage estimation (arXiv 1506.02438), before whitening: needs the values of a critic. */
export function gae(
  rewards_T: ArrayLike<number>,
  values_T: ArrayLike<number>,
  discount: number,
  lambda: number,
): Float64Array {
  const out = new Float64Array(rewards_T.length);
  let running = 0;
  for (let t = out.length - 1; t >= 0; t--) {
    const next = t + 1 < out.length ? values_T[t + 1] : 0;
    running = rewards_T[t] + discount * next - values_T[t] + discount * lambda * running;
    out[t] = running;
  }
  return out;
}

/**
 * The soft punishment of overlong responses (DAPO, arXiv 2503.14476, equation 13): 0 up to `buffer` tokens before
 * `maxTokens`, then falling in a straight line to −`penalty`.
 */
export function overlongPenalty(length: number, rule: ObjectiveConfig['overlong']): number {
  if (!rule) return 0;
  const over = length - (rule.maxTokens - rule.buffer);
  return over <= 0 ? 0 : -rule.penalty * Math.min(1, over / rule.buffer);
}

/**
 * One advantage a token for every rollout of a rollout batch. The reward counts at the last token.
 * @returns [P][G] of [T]
 * @throws PapoError where an estimator lacks what it compares with: a second rollout, a baseline, values.
 */
export function advantages(
  groups_P: readonly ScoredGroup[],
  config: Pick<ObjectiveConfig, 'advantage' | 'discount' | 'lambda' | 'overlong'>,
): Float32Array[][] {
  const rewards_PG = groups_P.map((g) =>
    g.rollouts_G.map((r) => r.reward + overlongPenalty(r.length, config.overlong)),
  );
  const spread = (p: number, perRollout_G: readonly number[]) =>
    groups_P[p].rollouts_G.map((r, i) => new Float32Array(r.length).fill(perRollout_G[i]));
  const perToken = (estimate: (rewards_DT: Float64Array[]) => Float64Array[]): Float32Array[][] => {
    const rewards_DT = groups_P.flatMap((g, p) =>
      g.rollouts_G.map((r, i) => atLast(r.length, rewards_PG[p][i])),
    );
    const flat = estimate(rewards_DT);
    let d = 0;
    return groups_P.map((g) => g.rollouts_G.map(() => Float32Array.from(flat[d++])));
  };
  switch (config.advantage) {
    case 'grpo':
    case 'dapo':
      return rewards_PG.map((r, p) => spread(p, grpo(r)));
    case 'dr-grpo':
      return rewards_PG.map((r, p) => spread(p, drGrpo(r)));
    case 'rloo':
      return rewards_PG.map((r, p) => spread(p, rloo(r)));
    case 'remax':
      return rewards_PG.map((r, p) => spread(p, remax(r, baselineOf(groups_P[p], p))));
    case 'reinforce++':
      return perToken((rewards_DT) => reinforcePlusPlus(rewards_DT, config.discount));
    case 'gae': {
      const values_DT = groups_P.flatMap((g, p) =>
        g.rollouts_G.map((r) => valuesOf(r.values_T, r.length, p)),
      );
      return perToken((rewards_DT) =>
        whiten(rewards_DT.map((r, d) => gae(r, values_DT[d], config.discount, config.lambda))),
      );
    }
  }
}

function atLast(length: number, reward: number): Float64Array {
  const out = new Float64Array(length);
  if (length > 0) out[length - 1] = reward;
  return out;
}

function baselineOf(group: ScoredGroup, p: number): number {
  if (group.baseline === undefined)
    throw new PapoError(
      `advantage remax: prompt ${p} has no baseline; give the reward of its greedy rollout, or choose another estimator`,
    );
  return group.baseline;
}

function valuesOf(values: ArrayLike<number> | undefined, length: number, p: number): ArrayLike<number> {
  if (values?.length !== length)
    throw new PapoError(
      `advantage gae: a rollout of prompt ${p} has no value for each of its ${length} tokens; this needs a critic, choose another estimator`,
    );
  return values;
}
