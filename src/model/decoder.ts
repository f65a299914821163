/**
 * The decoder of Qwen2.5-VL over prompts and their responses. Source: Hugging Face transformers,
 * models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VLTextModel).
 *
 * A prompt is computed once for all its responses. Rows are laid out as
 *   [P·prefix] the prompts without their last token, padded on the right, then
 *   [P·G·block] for each response: the prompt's last token, then the response without its last token,
 * so every block row predicts one response token. Keys of the prefix are shared by the G blocks of the prompt.
 */
import { constant, input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { TextConfig } from './config.ts';
import { mlp, qkv } from './layers.ts';
import type { Weights } from './weights.ts';

export interface TextLayout {
  /** P, and G responses to each. */
  prompts: number;
  samples: number;
  /** Tokens of the longest prefix, and of the longest response. */
  prefix: number;
  block: number;
  /** Merged image tokens that are placed among the rows; 0 for text alone. */
  imageTokens: number;
}

const MASKED = -1e9;

/** Additive causal mask over [n, 1, n]: row i sees columns up to i. */
export function causal(n: number): Tensor {
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data.fill(MASKED, i * n + i + 1, (i + 1) * n);
  return constant(data, [n, 1, n]);
}

export const rowsOf = (l: TextLayout) => l.prompts * (l.prefix + l.samples * l.block);

/** Token embeddings of all rows, image tokens in their places. @returns [rows, d] */
export function embed(w: Weights, l: TextLayout, imageEmbeds: Tensor | null): Tensor {
  const rows = rowsOf(l);
  const words = w.rows('model.embed_tokens.weight', 'ids', rows);
  if (!imageEmbeds) return words;
  // Row r takes word r, or image token `place − rows`; the pads' own words and padding among the image tokens go nowhere.
  const place = input('place', [rows], 'int32');
  return t.permuteRows([words, imageEmbeds], place, input('place.back', [rows + l.imageTokens], 'int32'));
}

/** Which row of the rotary tables each row uses: blocks of one prompt share the prompt's rows. */
function tableRows(l: TextLayout): Tensor {
  const { prompts, samples, prefix, block } = l;
  const index: bigint[] = [];
  for (let i = 0; i < prompts * prefix; i++) index.push(BigInt(i));
  for (let p = 0; p < prompts; p++)
    for (let g = 0; g < samples; g++)
      for (let j = 0; j < block; j++) index.push(BigInt(prompts * prefix + p * block + j));
  return constant(BigInt64Array.from(index), [index.length, 1]);
}

export interface DecoderOutput {
  /** Final hidden state of the block rows, normalised: [P·G·block, d]. */
  hidden: Tensor;
  /** Keys and values of the prefix in each layer, rotated: [P·kvHeads, prefix, headDim]. */
  prefixKeys: Tensor[];
  prefixValues: Tensor[];
}

/** @param x embeddings of all rows [rows, d] @param taps receives each layer's output rows, for tests */
export function decoder(w: Weights, c: TextConfig, l: TextLayout, x: Tensor, taps?: Tensor[]): DecoderOutput {
  const { prompts: P, samples: G, prefix: Lp, block: T } = l;
  const { heads, kvHeads, headDim } = c;
  const rows = rowsOf(l);
  const tables = P * (Lp + T);
  const cos = input('text.cos', [tables, headDim / 2]);
  const sin = input('text.sin', [tables, headDim / 2]);
  const turns = tableRows(l);
  const padding = input('prefix.bias', [P, 1, 1, Lp]);
  const prefixMask = causal(Lp);
  const blockMask = causal(T);
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  const output: DecoderOutput = { hidden: x, prefixKeys: [], prefixValues: [] };

  /** Rows of one stretch with its heads before its tokens: [P·kvHeads, n·perKv, headDim] for n tokens a prompt. */
  const byHead = (r: Tensor, n: number, perKv: number) => {
    const moved = t.transpose(t.reshape(r, [P, n, kvHeads, perKv * headDim]), [0, 2, 1, 3]);
    return t.reshape(moved, [P * kvHeads, n * perKv, headDim]);
  };
  const byRow = (y: Tensor, n: number) => {
    const moved = t.transpose(t.reshape(y, [P, kvHeads, n, group * headDim]), [0, 2, 1, 3]);
    return t.reshape(moved, [P * n, heads * headDim]);
  };

  for (let i = 0; i < c.layers; i++) {
    const name = `model.layers.${i}`;
    const last = i === c.layers - 1;
    const h = t.rmsNorm(x, w.get(`${name}.input_layernorm.weight`), c.rmsNormEps);
    const [qk, v] = t.split(
      qkv(w, `${name}.self_attn`, h, c.attentionBias),
      [(heads + kvHeads) * headDim, kvHeads * headDim],
      1,
    );
    const turned = t.rotary(t.reshape(qk, [rows, 1, (heads + kvHeads) * headDim]), turns, cos, sin);
    const [q, k] = t.split(t.reshape(turned, [rows, -1]), [heads * headDim, kvHeads * headDim], 1);
    const [qPrefix, qBlock] = t.split(q, [P * Lp, P * G * T], 0);
    const [kPrefix, kBlock] = t
      .split(k, [P * Lp, P * G * T], 0)
      .map((r, s) => byHead(r, s === 0 ? Lp : G * T, 1));
    const [vPrefix, vBlock] = t
      .split(v, [P * Lp, P * G * T], 0)
      .map((r, s) => byHead(r, s === 0 ? Lp : G * T, 1));
    output.prefixKeys.push(kPrefix);
    output.prefixValues.push(vPrefix);

    // Blocks: every query sees the prefix of its prompt and, causally, its own block.
    const queries = byHead(qBlock, G * T, group);
    const toPrefix = t.add(
      t.reshape(t.matmul(queries, kPrefix, { transB: true, alpha: scale }), [P, kvHeads, G * T * group, Lp]),
      padding,
    );
    const own = (r: Tensor, per: number) => t.reshape(r, [P * kvHeads * G, T * per, headDim]);
    const toBlock = t.add(
      t.reshape(t.matmul(own(queries, group), own(kBlock, 1), { transB: true, alpha: scale }), [
        P * kvHeads * G,
        T,
        group,
        T,
      ]),
      blockMask,
    );
    const queryRows = P * kvHeads * G * T * group;
    const share = t.softmax(
      t.concat([t.reshape(toPrefix, [queryRows, Lp]), t.reshape(toBlock, [queryRows, T])], 1),
    );
    const [onPrefix, onBlock] = t.split(share, [Lp, T], 1);
    const fromPrefix = t.matmul(t.reshape(onPrefix, [P * kvHeads, G * T * group, Lp]), vPrefix);
    const fromBlock = t.matmul(t.reshape(onBlock, [P * kvHeads * G, T * group, T]), own(vBlock, 1));
    const blockOut = byRow(t.add(fromPrefix, t.reshape(fromBlock, fromPrefix.shape)), G * T);

    let attended = blockOut;
    if (last && !taps) {
      // Nothing reads the prefix after this layer's keys and values.
      [, x] = t.split(x, [P * Lp, P * G * T], 0);
    } else {
      const qp = byHead(qPrefix, Lp, group);
      const scores = t.matmul(qp, kPrefix, { transB: true, alpha: scale });
      const seen = t.softmax(t.add(t.reshape(scores, [P * kvHeads, Lp, group, Lp]), prefixMask));
      const prefixOut = byRow(t.matmul(t.reshape(seen, [P * kvHeads, Lp * group, Lp]), vPrefix), Lp);
      attended = t.concat([prefixOut, blockOut], 0);
    }
    x = t.add(x, t.linear(attended, w.get(`${name}.self_attn.o_proj.weight`)));
    const m = t.rmsNorm(x, w.get(`${name}.post_attention_layernorm.weight`), c.rmsNormEps);
    x = t.add(x, mlp(w, `${name}.mlp`, m, false));
    taps?.push(x);
  }
  output.hidden = t.rmsNorm(x, w.get('model.norm.weight'), c.rmsNormEps);
  return output;
}

/** The output head: the embedding itself where tied. @returns [vocabSize, d] */
export const headOf = (w: Weights, c: TextConfig): Tensor =>
  w.get(c.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');
