/**
 * One update from its configuration: what has to be scored before it, what each token weighs in it, and the mini-batches
 * that the engine is handed. Rooms below take all of this from here; nobody derives it a second time.
 */
import { advantageOf } from './advantages/index.ts';
import type { ObjectiveConfig } from './config.ts';
import { lossOf, needsOf } from './loss.ts';
import { overlongPenalty } from './overlong.ts';
import { type Now, papo } from './papo.ts';
import { CORRECT, logprobsOf, type ScoredGroup } from './rollouts.ts';
import { shapingOf } from './shapings/index.ts';
import type { ShapedRollout } from './shapings/shaping.ts';
import {
  type ArrayName,
  type LogpName,
  logpOf,
  type Objective,
  type TokenArrays,
  type WeightName,
} from './types.ts';

/** Log-probabilities of the responses that are computed before the update, and what they are called in it. */
export interface Scoring {
  name: LogpName;
  policy: 'current' | 'reference';
  view: string;
}

/** Consecutive groups of one optimiser step. */
export interface MiniBatch {
  /** Groups [from, to) of those that were fed. */
  from: number;
  to: number;
  /** The arrays that the objective asks for: [to − from][G] of name -> [T]. */
  arrays_PG: TokenArrays[][];
}

/** What one update of an objective needs, and what it feeds. */
export interface Update {
  /** What has to be scored before it, beside the log-probabilities of the sampler. */
  scored: readonly Scoring[];
  /** Views that have to be made: those that are scored, and those that the training graph computes. */
  views: readonly string[];
  /** Whether each prompt's most likely response has to be drawn and graded. */
  baseline: boolean;
  /**
   * The mini-batches of a rollout batch. Advantages are taken over all groups, averages and shapings over each
   * mini-batch.
   * @throws PapoError where log-probabilities that the objective reads are missing or of the wrong length
   */
  feed(groups_P: readonly ScoredGroup[], miniBatches: number): Fed;
}

/** A rollout batch as an engine takes it. */
export interface Fed {
  objective: Objective;
  miniBatches: MiniBatch[];
  /** Every advantage is 0: there is nothing to learn from. */
  withoutSignal: boolean;
}

/**
 * What one update of an objective needs, and what it is made of: score what `scored` lists, make the `views`, then `feed`
 * the graded rollouts and hand each mini-batch to an engine.
 *
 * @param config `runConfig(…).objective`
 * @param now coefficients that a schedule has moved
 *
 * @example
 * import { runConfig, updateOf } from 'papo';
 *
 * const update = updateOf(runConfig({ preset: 'papo-g' }).objective);
 * update.scored[0]; // { name: 'logp_ref', policy: 'reference', view: 'original' }
 * update.scored[1]; // { name: 'logp_masked', policy: 'current', view: 'masked' }
 *
 * const logp_old = Float32Array.of(-0.5, -1);
 * const logprobs = { logp_old, logp_ref: logp_old, logp_masked: Float32Array.of(-0.6, -3) };
 * const rollouts_G = [1, 0].map((reward) => ({ length: 2, reward, accuracy: reward, logprobs }));
 * const { miniBatches, withoutSignal } = update.feed([{ rollouts_G }], 1);
 * miniBatches[0].arrays_PG[0].map(({ advantage }) => advantage?.length); // [2, 2]
 * withoutSignal; // false
 */
export function updateOf(config: ObjectiveConfig, now: Now = {}): Update {
  const terms = papo(config, now);
  const needs = needsOf(terms);
  const shapings = config.shaping.map(shapingOf);
  const inGraph = Object.keys(needs.views).filter((view) => needs.views[view] === 'on');
  const asData = Object.keys(needs.views).filter((view) => needs.views[view] === 'off');
  const scoredViews = [...new Set([...asData, ...shapings.flatMap(({ views }) => views)])];
  return {
    scored: [
      ...(needs.reference ? [{ name: logpOf('ref'), policy: 'reference', view: 'original' } as const] : []),
      ...scoredViews.map((view) => ({ name: logpOf(view), policy: 'current', view }) as const),
    ],
    views: [...new Set([...scoredViews, ...inGraph])],
    baseline: advantageOf(config.advantage).baseline,
    feed(groups_P, count) {
      const weights: WeightName[] = [];
      if (config.shaping.length > 0) weights.push('surrogateWeight');
      if (config.average === 'sequence') weights.push('tokenWeight');
      const compares = terms.some((term) => term.comparesViews && term.coefficient !== 0);
      if (compares && groups_P.some(({ textOnly }) => textOnly)) weights.push('pictureWeight');
      const objective = lossOf(terms, weights);
      const advantages_PG = advantagesOf(groups_P, config);
      const miniBatches = miniBatchRanges(groups_P.length, count).map(([from, to]) => ({
        from,
        to,
        arrays_PG: arraysOf(groups_P.slice(from, to), advantages_PG.slice(from, to), from, objective, config),
      }));
      const withoutSignal = miniBatches.every(({ arrays_PG }) =>
        arrays_PG.flat().every(({ advantage }) => advantage?.every((a) => a === 0)),
      );
      return { objective, miniBatches, withoutSignal };
    },
  };
}

/** [from, to) of `count` runs of n groups, as equal as can be; none of them empty. */
export function miniBatchRanges(n: number, count: number): [from: number, to: number][] {
  const k = Math.max(1, Math.min(count, n));
  return Array.from({ length: k }, (_, i) => [Math.floor((i * n) / k), Math.floor(((i + 1) * n) / k)]);
}

/** One advantage a token for every rollout. @returns [P][G] of [T] @throws PapoError where a kind lacks what it compares */
export function advantagesOf(
  groups_P: readonly ScoredGroup[],
  config: Pick<ObjectiveConfig, 'advantage' | 'overlong'>,
): Float32Array[][] {
  const rewarded_P = groups_P.map(({ rollouts_G, baseline }) => ({
    rewards_G: rollouts_G.map((r) => r.reward + overlongPenalty(r.length, config.overlong)),
    lengths_G: rollouts_G.map((r) => r.length),
    ...(baseline === undefined ? {} : { baseline }),
  }));
  return advantageOf(config.advantage).advantages(rewarded_P, config.advantage);
}

/** The arrays of a mini-batch whose first prompt is number `first` of its rollout batch. */
function arraysOf(
  groups: readonly ScoredGroup[],
  advantages_PG: readonly Float32Array[][],
  first: number,
  objective: Objective,
  config: ObjectiveConfig,
): TokenArrays[][] {
  const shaped_D = shape(groups, advantages_PG, config);
  const weights_D = weightsOf(shaped_D, config);
  let d = 0;
  return groups.map(({ rollouts_G }, p) =>
    rollouts_G.map(({ length }, g) => {
      const { rollout, advantage_T, surrogateWeight_T } = shaped_D[d];
      const weights = weights_D[d++];
      const where = `rollout ${g} of prompt ${first + p}`;
      const arrayOf = (name: ArrayName): Float32Array => {
        if (name === 'advantage') return advantage_T;
        if (name === 'surrogateWeight') return surrogateWeight_T;
        if (isWeight(name)) return new Float32Array(length).fill(weights[name]);
        return logprobsOf(rollout, name, where);
      };
      return Object.fromEntries(
        ['weight' as const, ...objective.arrays].map((name) => [name, arrayOf(name)]),
      );
    }),
  );
}

function shape(
  groups: readonly ScoredGroup[],
  advantages_PG: readonly Float32Array[][],
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
  for (const settings of config.shaping) shaped = shapingOf(settings).shape(shaped, settings);
  return shaped;
}

type Weights = Record<Exclude<WeightName, 'surrogateWeight'>, number>;

const WEIGHTS: ReadonlySet<string> = new Set<keyof Weights>([
  'weight',
  'tokenWeight',
  'sftWeight',
  'perceptionWeight',
  'pictureWeight',
]);

const isWeight = (name: string): name is keyof Weights => WEIGHTS.has(name);

/**
 * What each token of a rollout weighs, so that a sum over the mini-batch is the wanted average.
 * - `weight`: 1/Σ|o| for the token average; 1/(D·|o|) for the sequence average. `tokenWeight` is always the former.
 * - `sftWeight`: a token average over correct rollouts alone.
 * - `perceptionWeight`: 1 on correct rollouts, `incorrectWeight` on the others.
 * - `pictureWeight`: 0 where the prompt has no picture, else 1; averages count such tokens all the same, as they would if
 *   a view of them could be made.
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

/** Settings that are allowed but do less than they seem to; one line each, to be shown when a run starts. */
export function warnings(config: ObjectiveConfig): string[] {
  const out: string[] = [];
  const { eta1, eta2 } = config;
  if (eta2 > 0 && config.gamma > 0 && config.maskedGradient === 'off')
    out.push(
      'objective.eta2: the entropy under the masked image is a constant in the gradient while maskedGradient is off (as in the public code); set maskedGradient to on to train it',
    );
  for (const v of config.views)
    if (v.entropy !== 0 && v.gradient === 'off')
      out.push(
        `objective.views ${v.view}: its entropy is a constant in the gradient while its gradient is off`,
      );
  if (config.gamma === 0 && config.gammaSchedule.kind === 'constant' && (eta1 > 0 || eta2 > 0))
    out.push(
      'objective.gamma is 0: eta1 and eta2 are scaled with it and have no effect; use entropy for a term of its own',
    );
  return out;
}
