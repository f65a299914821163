/** Qwen2.5-VL as a family of policies. */
import type { Tensor } from '../../tensor/graph.ts';
import { type LayerCall, overRows, placed } from '../decoder.ts';
import type { Family, Layout, Patches, Policy, PolicyRows } from '../family.ts';
import { type GridThw, ropeIndex } from '../positions.ts';
import type { Weights } from '../weights.ts';
import { MODEL_TYPE, type Qwen25VLConfig, readConfig } from './config.ts';
import { decoderLayer, finalNorm, headOf } from './decoder.ts';
import { deviationOf, EMBEDDING, parameterNames, parameterSpecs } from './names.ts';
import { newConfig, newPreprocessor } from './new.ts';
import { pictureFeeds } from './pictures.ts';
import { visionTower } from './vision.ts';

export const qwen2_5_vl: Family = {
  modelType: MODEL_TYPE,
  title: 'Qwen2.5-VL',
  example: 'Qwen/Qwen2.5-VL-3B-Instruct',
  parts: {
    qwen2_5_vl_text: 'the language tower of Qwen2.5-VL, a model of text alone that sees no pictures',
    qwen2_5_vl_vision: 'the vision tower of Qwen2.5-VL, a model of pictures alone that writes no words',
  },
  read: (config, generation, dir) => policyOf(readConfig(config, generation, dir)),
  create: (wanted) => policyOf(newConfig(wanted)),
  preprocessor: newPreprocessor,
};

/** For each rotary frequency the axis of its M-RoPE section: time, then height, then width. */
const axes = (sections: readonly number[]) =>
  sections.flatMap((length, axis) => new Array<number>(length).fill(axis));

export function policyOf(c: Qwen25VLConfig): Policy {
  const { text, vision, tokens, raw } = c;
  const layer = (w: Weights, i: number, x: Tensor, call: LayerCall) => decoderLayer(w, text, i, x, call);
  const decoder = {
    layers: text.layers,
    heads: text.heads,
    kvHeads: text.kvHeads,
    headDim: text.headDim,
    embedding: EMBEDDING,
    vocabSize: text.vocabSize,
    rotary: { theta: text.ropeTheta, axis_F: axes(text.mropeSection) },
  };
  return {
    family: qwen2_5_vl,
    raw,
    tokens,
    patches: vision,
    decoder,
    parameters: parameterSpecs(c),
    names: parameterNames(c),
    positions: (ids_L: ArrayLike<number>, grids: readonly GridThw[]) =>
      ropeIndex(ids_L, grids, { mergeSize: vision.mergeSize, tokens }),
    pictures: (pictures: readonly Patches[]) => pictureFeeds(pictures, vision),
    rows(w: Weights, l: Layout, view: string, taps?: Tensor[]): PolicyRows {
      const imageEmbeds = l.vision ? visionTower(w, vision, l.vision, view) : null;
      const x = placed(w, l, EMBEDDING, imageEmbeds);
      return { ...overRows(decoder, l, x, (i, rows, call) => layer(w, i, rows, call), taps), imageEmbeds };
    },
    layer,
    finish: (w, x) => finalNorm(w, text, x),
    head: (w) => headOf(w, text),
    deviation: (name, inputs) => deviationOf(c, name, inputs),
  };
}
