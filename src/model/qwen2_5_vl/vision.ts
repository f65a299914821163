/**
 * The vision tower of Qwen2.5-VL: patches in, one embedding for every merged square of patches out.
 * Source: Hugging Face transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VisionTransformerPretrainedModel).
 * Rows come in window order; the host permutes pixels and puts the merged tokens back (see pictures.ts).
 */
import { input, type Tensor } from '../../tensor/graph.ts';
import * as t from '../../tensor/ops.ts';
import type { VisionLayout } from '../family.ts';
import { mlp, range64 } from '../layers.ts';
import { attendWithin, type SegmentInputs, segmentInputs } from '../segments.ts';
import type { Weights } from '../weights.ts';
import type { VisionConfig } from './config.ts';

/**
 * @param view prefix of the input names: each view of the images has its own `pixels`
 * @returns merged embeddings [N / mergeSize², outHiddenSize], in window order
 */
export function visionTower(w: Weights, c: VisionConfig, layout: VisionLayout, view: string): Tensor {
  const n = layout.patches;
  const patch = c.inChannels * c.temporalPatchSize * c.patchSize ** 2;
  const pixels = input(`${view}.pixels`, [n, patch]);
  const cos = input('vision.cos', [n, c.headDim / 2]);
  const sin = input('vision.sin', [n, c.headDim / 2]);
  const windows = segmentInputs('vision.window', layout.attention.window, n);
  const images = segmentInputs('vision.full', layout.attention.full, n);
  let x = t.linear(pixels, t.reshape(w.get('visual.patch_embed.proj.weight'), [c.hiddenSize, patch]));
  for (let i = 0; i < c.depth; i++) {
    const name = `visual.blocks.${i}`;
    const within = c.fullAttentionBlocks.includes(i) ? images : windows;
    const h = t.rmsNorm(x, w.get(`${name}.norm1.weight`), c.rmsNormEps);
    x = t.add(x, attention(w, `${name}.attn`, h, c, within, cos, sin));
    const m = t.rmsNorm(x, w.get(`${name}.norm2.weight`), c.rmsNormEps);
    x = t.add(x, mlp(w, `${name}.mlp`, m, true));
  }
  const unit = c.mergeSize ** 2 * c.hiddenSize;
  const normed = t.rmsNorm(x, w.get('visual.merger.ln_q.weight'), c.rmsNormEps);
  const merged = t.reshape(normed, [n / c.mergeSize ** 2, unit]);
  const hidden = t.gelu(
    t.linear(merged, w.get('visual.merger.mlp.0.weight'), w.get('visual.merger.mlp.0.bias')),
  );
  return t.linear(hidden, w.get('visual.merger.mlp.2.weight'), w.get('visual.merger.mlp.2.bias'));
}

function attention(
  w: Weights,
  name: string,
  h: Tensor,
  c: VisionConfig,
  within: SegmentInputs,
  cos: Tensor,
  sin: Tensor,
) {
  const n = h.shape[0];
  const d = c.hiddenSize;
  const qkv = t.linear(h, w.get(`${name}.qkv.weight`), w.get(`${name}.qkv.bias`));
  const [qk, v] = t.split(qkv, [2 * d, d], 1);
  const turned = t.reshape(t.rotary(t.reshape(qk, [1, n, 2 * d]), range64([1, n]), cos, sin), [n, 2 * d]);
  const y = attendWithin(within, turned, v, c);
  return t.linear(y, w.get(`${name}.proj.weight`), w.get(`${name}.proj.bias`));
}
