/** The loss of an objective and its gradient at log-probabilities that are somebody else's: no policy is loaded. */
import { GraphError } from '../errors.ts';
import { type ObjectiveInput, parseObjective } from '../objective/config.ts';
import type { Now } from '../objective/papo.ts';
import type { ScoredGroup, ScoredRollout } from '../objective/rollouts.ts';
import { type LogpName, logpOf, type Objective, type TokenArrays } from '../objective/types.ts';
import { updateOf } from '../objective/update.ts';
import { type Feeds, Session } from '../tensor/session.ts';
import { coefficientFeeds, GRADIENT, liveOf, objectiveProgram } from './program.ts';

/** Log-probabilities that carry gradient: `logp`, and `logp_<view>` for each of an objective's gradient views; each [T]. */
export type LiveArrays = { logp: Float32Array } & Partial<Record<LogpName, Float32Array>>;

/** All that an objective reads of one response, each [T]: what carries gradient, `weight`, and the arrays that it lists. */
export type ResponseArrays = TokenArrays & LiveArrays;

/** An objective at the log-probabilities of D responses. */
export interface LossAndGradient {
  /** What is minimised. */
  loss: number;
  /** Every term, summed over tokens with its weights, and `loss` itself. */
  terms: Record<string, number>;
  /** d loss / d log-probability for each response, by the name of what carries gradient: [D] of name -> [T]. */
  gradients_D: LiveArrays[];
}

/**
 * The value of an objective and its gradient with respect to log-probabilities, on ONNX Runtime in this thread. What an
 * engine computes inside a policy's graph, for a policy that runs elsewhere: backpropagate `Σ gradient · logp` there.
 *
 * @param objective of `updateOf(…).feed(…)`, or your own (see `t`)
 * @param arrays_D of each response; lengths may differ
 * @throws GraphError where an array is missing or of another length than `logp`, or there is no response
 *
 * @example
 * import { lossAndGradient, runConfig, updateOf } from 'papo';
 *
 * const logp = Float32Array.of(-0.5, -1);
 * const old = { logp_old: logp, logp_ref: logp, logp_masked: Float32Array.of(-0.6, -3) };
 * const rollouts_G = [1, 0].map((reward) => ({ length: 2, reward, accuracy: reward, logprobs: old }));
 * const update = updateOf(runConfig({ preset: 'papo-g' }).objective);
 * const { objective, miniBatches } = update.feed([{ rollouts_G }], 1);
 * for (const { arrays_PG } of miniBatches) {
 *   const arrays_D = arrays_PG.flat().map((arrays) => ({ ...arrays, logp }));
 *   const { gradients_D } = await lossAndGradient(objective, arrays_D);
 *   gradients_D.length; // 2
 *   gradients_D[0].logp.length; // 2
 *   gradients_D[0].logp[0] < 0; // true
 * }
 */
export async function lossAndGradient(
  objective: Objective,
  arrays_D: readonly ResponseArrays[],
): Promise<LossAndGradient> {
  const D = arrays_D.length;
  const T = Math.max(0, ...arrays_D.map(({ logp }) => logp.length));
  if (T === 0) throw new GraphError('lossAndGradient: there is no response token; give at least one');
  const live = liveOf(objective);
  const feeds: Feeds = { ...coefficientFeeds(objective) };
  for (const name of new Set<keyof ResponseArrays>([...live, 'weight', ...objective.arrays]))
    feeds[name] = padded(arrays_D, name, D * T, T);
  const session = await Session.create(objectiveProgram(objective, D, T), { threads: 1 });
  try {
    const out = (await session.run(feeds)) as Record<string, Float32Array>;
    const isGradient = (name: string) => name.startsWith(GRADIENT);
    const terms = Object.entries(out).filter(([name]) => !isGradient(name));
    return {
      loss: out.loss[0],
      terms: Object.fromEntries(terms.map(([name, [value]]) => [name, value])),
      gradients_D: arrays_D.map(({ logp: { length } }, d) => {
        const of = (name: keyof LiveArrays) =>
          out[GRADIENT + name]?.slice(d * T, d * T + length) ?? new Float32Array(length);
        return { ...Object.fromEntries(live.map((name) => [name, of(name)])), logp: of('logp') };
      }),
    };
  } finally {
    await session.close();
  }
}

/** One array of all responses, [D, T], 0 past their ends. */
function padded(
  arrays_D: readonly ResponseArrays[],
  name: keyof ResponseArrays,
  size: number,
  T: number,
): Float32Array {
  const all = new Float32Array(size);
  arrays_D.forEach((arrays, d) => {
    const values = arrays[name];
    if (values?.length !== arrays.logp.length)
      throw new GraphError(
        `lossAndGradient: response ${d} has ${values?.length ?? 'no'} values of ${name} for ${arrays.logp.length} tokens; give one for each`,
      );
    all.set(values, d * T);
  });
  return all;
}

/** A rollout with the policy's log-probabilities as they stand. */
export interface LossRollout extends ScoredRollout {
  /** Of the response, [T], under the policy that is trained; `logp_old` unless told, as before the first step of an update. */
  logp?: Float32Array;
}

/** The rollouts of one prompt. */
export interface LossGroup extends ScoredGroup {
  rollouts_G: LossRollout[];
}

/** The loss at the log-probabilities of P groups of G responses. */
export interface PapoLoss extends Omit<LossAndGradient, 'gradients_D'> {
  /** d loss / d log-probability: [P][G] of name -> [T]; `logp`, and `logp_masked` where `maskedGradient` is on. */
  gradients_PG: LiveArrays[][];
}

/**
 * The PAPO loss −J (arXiv 2507.06448, equation 5, and equation 6 with `eta1` and `eta2`; equation and terms in
 * docs/objective.md) over groups of graded rollouts, and its gradient with respect to each token's log-probability.
 * Advantages are taken within groups, averages over all of them: one update of one mini-batch.
 *
 * @param groups_P log-probabilities in nats: `logp_old` always, `logp_ref` where β is not 0, `logp_masked` where γ is not 0
 * @param settings of the objective; those of `papo config --bare` under `objective` unless told
 * @param now γ and β where a schedule has moved them
 * @throws ConfigError for a setting, PapoError where log-probabilities are missing or of the wrong length
 *
 * @example
 * import { papoLoss } from 'papo';
 *
 * const logprobs = {
 *   logp_old: Float32Array.of(-0.1, -2.3, -0.7), // the sampler
 *   logp_ref: Float32Array.of(-0.1, -2.3, -0.7), // the reference policy
 *   logp_masked: Float32Array.of(-0.1, -4.6, -0.7), // the policy that sees the masked picture
 * };
 * const right = { length: 3, reward: 1, accuracy: 1, logprobs };
 * const wrong = { length: 3, reward: 0, accuracy: 0, logprobs };
 * const { loss, terms, gradients_PG } = await papoLoss([{ rollouts_G: [right, wrong] }], { gamma: 0.02, beta: 0.01 });
 *
 * terms.kl_prcp.toFixed(4); // '0.4668'
 * loss.toFixed(6); // '-0.009335'
 * Array.from(gradients_PG[0][0].logp, (g) => g.toFixed(3)); // ['-0.118', '-0.121', '-0.118']
 * Array.from(gradients_PG[0][1].logp, (g) => g.toFixed(3)); // ['0.118', '0.115', '0.118']
 */
export async function papoLoss(
  groups_P: readonly LossGroup[],
  settings: ObjectiveInput = {},
  now: Now = {},
): Promise<PapoLoss> {
  const { objective, miniBatches } = updateOf(parseObjective(settings), now).feed(groups_P, 1);
  const views = objective.gradientViews.map(logpOf);
  const arrays_D = miniBatches.flatMap(({ arrays_PG }) => arrays_PG.flat());
  const rollouts_D = groups_P.flatMap(({ rollouts_G }) => rollouts_G);
  const { gradients_D, ...rest } = await lossAndGradient(
    objective,
    rollouts_D.map(({ logp, logprobs }, d) => ({
      ...arrays_D[d],
      ...Object.fromEntries(views.map((name) => [name, logprobs[name]])),
      logp: logp ?? logprobs[logpOf('old')] ?? new Float32Array(0),
    })),
  );
  let d = 0;
  return { ...rest, gradients_PG: groups_P.map(({ rollouts_G }) => rollouts_G.map(() => gradients_D[d++])) };
}
