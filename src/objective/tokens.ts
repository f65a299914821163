/** From scored rollouts to the per-token arrays that an objective is fed. */
import { advantages } from './advantages.ts';
import type { ObjectiveConfig } from './config.ts';
import { shapings } from './followups/shapings.ts';
import { type Now, planOf } from './plan.ts';
import { CORRECT, logprobsOf, type ScoredGroup, type ShapedRollout } from './rollouts.ts';

export interface TokenOptions {
  /** Coefficients that a schedule has moved. */
  now?: Now;
  /** Optimiser steps that the rollout batch is cut into; averages are taken over one of them. */
  miniBatches?: number;
}

/** [from, to) of `count` runs of n groups, as equal as can be. */
export function miniBatchRanges(n: number, count: number): [from: number, to: number][] {
  const k = Math.max(1, Math.min(count, n));
  return Array.from({ length: k }, (_, i) => [Math.floor((i * n) / k), Math.floor(((i + 1) * n) / k)]);
}

/**
 * The arrays of `makeObjective(config, now).arrays` and `weight` for every rollout. Advantages are taken over all groups,
 * averages and shapings over each mini-batch: the groups of `miniBatchRanges(groups.length, miniBatches)` in order.
 * @returns [P][G] of name -> [T]
 * @throws PapoError where log-probabilities that the objective reads are missing or of the wrong length.
 */
export function tokenArrays(
  groups_P: readonly ScoredGroup[],
  config: ObjectiveConfig,
  options: TokenOptions = {},
): Record<string, Float32Array>[][] {
  const names = planOf(config, options.now).arrays;
  const advantages_PG = advantages(groups_P, config);
  const out: Record<string, Float32Array>[][] = [];
  for (const [from, to] of miniBatchRanges(groups_P.length, options.miniBatches ?? 1)) {
    const shaped_D = shape(groups_P.slice(from, to), advantages_PG.slice(from, to), config);
    const weights = weightsOf(shaped_D, config);
    let d = 0;
    for (let p = from; p < to; p++) {
      const arrays_G = groups_P[p].rollouts_G.map((_, g) => {
        const where = `rollout ${g} of prompt ${p}`;
        return arraysOf(shaped_D[d], weights[d++], names, where);
      });
      out.push(arrays_G);
    }
  }
  return out;
}

function shape(
  groups: readonly ScoredGroup[],
  advantages_PG: Float32Array[][],
  config: ObjectiveConfig,
): ShapedRollout[] {
  let shaped: ShapedRollout[] = groups.flatMap((group, p) =>
    group.rollouts_G.map((rollout, g) => ({
      rollout,
      textOnly: group.textOnly ?? false,
      advantage_T: advantages_PG[p][g],
      surrogateWeight_T: new Float32Array(rollout.length).fill(1),
    })),
  );
  for (const settings of config.shaping) shaped = shapings[settings.kind](settings)(shaped);
  return shaped;
}

type Weights = Record<'weight' | 'tokenWeight' | 'sftWeight' | 'perceptionWeight' | 'pictureWeight', number>;

/**
 * What each token of a rollout weighs, so that a sum over the mini-batch is the wanted average.
 * `weight`: 1/Σ|o| for the token average; 1/(D·|o|) for the sequence average. `tokenWeight` is always the former.
 * `sftWeight`: a token average over correct rollouts alone. `pictureWeight`: 0 where the prompt has no picture, else 1; averages
 * count such tokens all the same, as they would if a view of them could be made.
 */
function weightsOf(rollouts_D: readonly ShapedRollout[], config: ObjectiveConfig): Weights[] {
  const D = rollouts_D.length;
  const correct = rollouts_D.map(({ rollout }) => rollout.accuracy > CORRECT);
  const tokens = rollouts_D.reduce((n, { rollout }) => n + rollout.length, 0);
  const right = rollouts_D.reduce((n, { rollout }, d) => n + (correct[d] ? rollout.length : 0), 0);
  return rollouts_D.map(({ rollout, textOnly }, d) => ({
    weight: config.average === 'token' ? 1 / tokens : 1 / (D * rollout.length),
    tokenWeight: 1 / tokens,
    sftWeight: correct[d] ? 1 / right : 0,
    perceptionWeight: correct[d] ? 1 : config.incorrectWeight,
    pictureWeight: textOnly ? 0 : 1,
  }));
}

function arraysOf(
  shaped: ShapedRollout,
  weights: Weights,
  names: readonly string[],
  where: string,
): Record<string, Float32Array> {
  const { rollout, advantage_T, surrogateWeight_T } = shaped;
  const constant = (value: number) => new Float32Array(rollout.length).fill(value);
  const out: Record<string, Float32Array> = { weight: constant(weights.weight) };
  for (const name of names) {
    if (name === 'advantage') out[name] = advantage_T;
    else if (name === 'surrogateWeight') out[name] = surrogateWeight_T;
    else if (name.endsWith('Logp')) out[name] = logprobsOf(rollout, name.slice(0, -'Logp'.length), where);
    else out[name] = constant(weights[name as keyof Weights]);
  }
  return out;
}

/**
 * DAPO's dynamic sampling: which groups have a mean accuracy strictly between `low` and `high` (public code: 0.01 and
 * 0.99). A round that would keep nothing is kept whole, as in the public code.
 * @param accuracy_PG accuracies by group
 * @returns the indices of the groups to keep, rising
 */
export function keepGroups(accuracy_PG: readonly (readonly number[])[], low: number, high: number): number[] {
  const all = accuracy_PG.map((_, p) => p);
  const kept = all.filter((p) => {
    const a = accuracy_PG[p];
    const m = a.reduce((x, y) => x + y, 0) / a.length;
    return m > low && m < high;
  });
  return kept.length > 0 ? kept : all;
}
