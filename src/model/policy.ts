/** The whole policy as a graph: from tokens and pictures to the log-probability of each response token. */
import { input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import { packing, partsOf } from './decoder.ts';
import type { Layout, Policy } from './family.ts';
import type { Weights } from './weights.ts';

export interface PolicyOutput {
  /** Of the block rows: [P·G·block, vocabSize], fewer where rows are packed. */
  logits: Tensor;
  imageEmbeds: Tensor | null;
}

/**
 * @param view which pictures are fed (`<view>.pixels`)
 * @param taps receives what enters the first layer and each layer's output, the last one after the final norm; for tests
 */
export function policyGraph(
  w: Weights,
  policy: Policy,
  l: Layout,
  view: string,
  taps?: Tensor[],
): PolicyOutput {
  const { x, imageEmbeds } = policy.rows(w, l, view, taps);
  const hidden = policy.finish(w, x);
  if (!taps) return { logits: t.linear(hidden, policy.head(w)), imageEmbeds };
  taps[taps.length - 1] = hidden;
  const [, block] = t.split(hidden, [partsOf(l).prefix, partsOf(l).block], 0);
  return { logits: t.linear(block, policy.head(w)), imageEmbeds };
}

/** Log-probabilities of the targets under softmax(logits / temperature): [P·G, block]. */
export function logProbs(w: Weights, policy: Policy, l: Layout, view: string, temperature: number): Tensor {
  const { logits } = policyGraph(w, policy, l, view);
  const cooled = temperature === 1 ? logits : t.mul(logits, 1 / temperature);
  const targets = input('targets', [partsOf(l).block], 'int32');
  const logp = packing(l, 'block').spread(t.logProbOf(cooled, targets));
  return t.reshape(logp, [l.prompts * l.samples, l.block]);
}
