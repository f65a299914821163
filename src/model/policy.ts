/** The whole policy as a graph: from tokens and pictures to the log-probability of each response token. */
import { input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { PolicyConfig } from './config.ts';
import { decoder, embed, headOf, type TextLayout } from './decoder.ts';
import { type VisionLayout, visionTower } from './vision-tower.ts';
import type { Weights } from './weights.ts';

/** The shapes of one batch; equal layouts share a compiled program. */
export interface Layout extends TextLayout {
  vision: VisionLayout | null;
}

export interface PolicyOutput {
  /** [P·G, block, vocabSize]-rows, flattened: [P·G·block, V]. */
  logits: Tensor;
  imageEmbeds: Tensor | null;
  prefixKeys: Tensor[];
  prefixValues: Tensor[];
}

/** @param view which pictures are fed (`<view>.pixels`) @param taps receives each layer's output, for tests */
export function policyGraph(
  w: Weights,
  c: PolicyConfig,
  l: Layout,
  view: string,
  taps?: Tensor[],
): PolicyOutput {
  const imageEmbeds = l.vision ? visionTower(w, c.vision, l.vision, view) : null;
  const x = embed(w, l, imageEmbeds);
  taps?.push(x);
  const { hidden, prefixKeys, prefixValues } = decoder(w, c.text, l, x, taps);
  if (taps) {
    taps[taps.length - 1] = hidden;
    const [, block] = t.split(hidden, [l.prompts * l.prefix, l.prompts * l.samples * l.block], 0);
    return { logits: t.linear(block, headOf(w, c.text)), imageEmbeds, prefixKeys, prefixValues };
  }
  return { logits: t.linear(hidden, headOf(w, c.text)), imageEmbeds, prefixKeys, prefixValues };
}

/** Log-probabilities of the targets under softmax(logits / temperature): [P·G, block]. */
export function logProbs(w: Weights, c: PolicyConfig, l: Layout, view: string, temperature: number): Tensor {
  const { logits } = policyGraph(w, c, l, view);
  const cooled = temperature === 1 ? logits : t.mul(logits, 1 / temperature);
  const rows = l.prompts * l.samples * l.block;
  const targets = input('targets', [rows], 'int32');
  return t.reshape(t.logProbOf(cooled, targets), [l.prompts * l.samples, l.block]);
}
