/**
 * The decoder of Qwen2.5-VL, whichever way its attention reads. Source: Hugging Face transformers,
 * models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VLDecoderLayer, Qwen2_5_VLTextModel).
 */
import type { Tensor } from '../../tensor/graph.ts';
import * as t from '../../tensor/ops.ts';
import type { LayerCall } from '../decoder.ts';
import { mlp, qkv } from '../layers.ts';
import type { Weights } from '../weights.ts';
import type { TextConfig } from './config.ts';
import { EMBEDDING, HEAD } from './names.ts';

/** Layer `i` over rows x [R, d]. */
export function decoderLayer(
  w: Weights,
  c: TextConfig,
  i: number,
  x: Tensor,
  { rotate, attend, kept = x }: LayerCall,
): Tensor {
  const name = `model.layers.${i}`;
  const [queries, keys] = [c.heads * c.headDim, c.kvHeads * c.headDim];
  const h = t.rmsNorm(x, w.get(`${name}.input_layernorm.weight`), c.rmsNormEps);
  // Q, K and V have a bias; the output projection has none.
  const [qk, v] = t.split(qkv(w, `${name}.self_attn`, h, true), [queries + keys, keys], 1);
  const [q, k] = t.split(rotate(qk), [queries, keys], 1);
  const y = t.add(kept, t.linear(attend(q, k, v), w.get(`${name}.self_attn.o_proj.weight`)));
  const m = t.rmsNorm(y, w.get(`${name}.post_attention_layernorm.weight`), c.rmsNormEps);
  return t.add(y, mlp(w, `${name}.mlp`, m, false));
}

export const finalNorm = (w: Weights, c: TextConfig, x: Tensor): Tensor =>
  t.rmsNorm(x, w.get('model.norm.weight'), c.rmsNormEps);

/** The output head: the embedding itself where tied. @returns [vocabSize, d] */
export const headOf = (w: Weights, c: TextConfig): Tensor => w.get(c.tieWordEmbeddings ? EMBEDDING : HEAD);
