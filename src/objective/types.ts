import type { Tensor } from '../tensor/graph.ts';

/**
 * An objective as the engines take it: a symbolic function of per-token arrays, written in tensor/ operators.
 *
 * `build` receives tensors of shape [D, T] by name:
 * - `logp`: log-probabilities of the response tokens under the policy that is trained, original view; carries gradient.
 * - `logp_<view>` for each of `gradientViews`: the same under another view of the images; carries gradient.
 * - `weight`: what each token's term is multiplied with before the sum, 0 on padding; the average over tokens or over
 *   sequences is in these weights, so that micro-batches add up exactly.
 * - each of `arrays`: per-token data without gradient (advantage, oldLogp, refLogp, maskedLogp, ...).
 * and scalar tensors for each key of `scalars` (the coefficients that a schedule moves; they are fed, not compiled in).
 *
 * `loss` is a scalar to be minimised; `terms` are scalars to be logged, each a sum over tokens of weight x term.
 */
export interface Objective {
  /** Equal keys mean equal graphs: engines compile once per key and shape. */
  key: string;
  gradientViews: string[];
  arrays: string[];
  scalars: Record<string, number>;
  build(x: Record<string, Tensor>): { loss: Tensor; terms: Record<string, Tensor> };
}
