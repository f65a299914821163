/** What the rooms around the objective speak of: per-token arrays by name, and the loss as a function of them. */
import type { Tensor } from '../tensor/graph.ts';

/** Log-probabilities of the response tokens under one policy that sees one view; `logp` alone is the policy in training. */
export type LogpName = `logp_${string}`;

/** What tokens weigh in a sum: each an average over the mini-batch, so that the sums of its parts add up. */
export type WeightName =
  | 'weight'
  | 'tokenWeight'
  | 'sftWeight'
  | 'perceptionWeight'
  | 'pictureWeight'
  | 'surrogateWeight';

/** The names of per-token arrays. */
export type ArrayName = 'advantage' | LogpName | WeightName;

/** The one place where the name of log-probabilities is made. @param of `old`, `ref`, or a view of the pictures */
export const logpOf = (of: string): LogpName => `logp_${of}`;

/** Per-token arrays of one response, each [T]; of a batch, each [D, T]. */
export type TokenArrays<A = Float32Array> = Partial<Record<ArrayName, A>>;

/** What an objective is built from: `logp`, `weight`, and what it asks for, each [D, T]. */
export type Inputs = Record<string, Tensor> & { logp: Tensor; weight: Tensor };

/**
 * An objective as the engines take it: a symbolic function of per-token arrays, written in tensor/ operators.
 *
 * `build` receives tensors of shape [D, T] by name:
 * - `logp`: log-probabilities of the response tokens under the policy that is trained, original view; carries gradient.
 * - `logp_<view>` for each of `gradientViews`: the same under another view of the pictures; carries gradient.
 * - `weight`: what each token's term is multiplied with before the sum, 0 on padding; the average over tokens or over
 *   sequences is in these weights, so that micro-batches add up exactly.
 * - each of `arrays`: per-token data without gradient (advantage, logp_old, logp_ref, ...).
 * and as second argument a scalar for each key of `coefficients` (they are fed, as schedules move them).
 *
 * `loss` is a scalar to be minimised; `terms` are scalars to be logged, each a sum over tokens of weight x term.
 */
export interface Objective {
  gradientViews: readonly string[];
  arrays: readonly ArrayName[];
  coefficients: Readonly<Record<string, number>>;
  build(x: Inputs, coefficients: Record<string, Tensor>): { loss: Tensor; terms: Record<string, Tensor> };
}
