/**
 * A decoder over prompts and their responses, as every family has it: how rows are laid out, and how attention reads them.
 * The layer itself is the family's.
 *
 * A prompt is computed once for all its responses. Rows are laid out as
 *   [P·prefix] the prompts without their last token, padded on the right, then
 *   [P·G·block] for each response: the prompt's last token, then the response without its last token,
 * so every block row predicts one response token. Keys of the prefix are shared by the G blocks of the prompt.
 * These are the slots that attention reads. Where rows are packed, all else is computed for the filled slots alone.
 */
import { constant, input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { Weights } from './weights.ts';

/** The three-axis rotary positions of a decoder (M-RoPE). */
export interface Rotary {
  theta: number;
  /** For each of the headDim / 2 frequencies the axis that it follows: 0 time, 1 height, 2 width. */
  axis_F: readonly number[];
}

/** Sizes of a decoder that attention and caches are laid out by. */
export interface DecoderForm {
  layers: number;
  heads: number;
  /** Keys and values are shared by heads / kvHeads queries. */
  kvHeads: number;
  headDim: number;
  /** Name of the table [vocabSize, d] that tokens are looked up in. */
  embedding: string;
  /** Rows of that table; may be more than the tokenizer knows. */
  vocabSize: number;
  rotary: Rotary;
}

export interface TextLayout {
  /** P, and G responses to each; 0 where the prompts are computed alone. */
  prompts: number;
  samples: number;
  /** Tokens of the longest prefix, and of the longest response. */
  prefix: number;
  block: number;
  /** Merged image tokens that are placed among the rows; 0 for text alone. */
  imageTokens: number;
  /** Rows of the prefixes and of the blocks where only filled slots have one; null where every slot has. */
  packed: { prefix: number; block: number } | null;
}

/** All that a layer leaves to whoever calls it: training and generation differ in this alone. */
export interface LayerCall {
  /** Turns the heads of every row [R, heads·headDim] by the row's position; any number of heads. */
  rotate(x: Tensor): Tensor;
  /**
   * Attention of all rows: rotated queries [R, heads·headDim], rotated keys and values [R, kvHeads·headDim] in, what each
   * query gathered out: [rows that go on, heads·headDim].
   */
  attend(q: Tensor, k: Tensor, v: Tensor): Tensor;
  /** The rows of the residual stream that go on, where attention does not answer for all. */
  kept?: Tensor;
}

const MASKED = -1e9;

/** Additive causal mask over [n, 1, n]: row i sees columns up to i. */
export function causal(n: number): Tensor {
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data.fill(MASKED, i * n + i + 1, (i + 1) * n);
  return constant(data, [n, 1, n]);
}

export const slotsOf = (l: TextLayout) => ({
  prefix: l.prompts * l.prefix,
  block: l.prompts * l.samples * l.block,
});

/** Rows of the prefixes and of the blocks. */
export const partsOf = (l: TextLayout) => l.packed ?? slotsOf(l);

export function rowsOf(l: TextLayout): number {
  const { prefix, block } = partsOf(l);
  return prefix + block;
}

/**
 * Slots of a part from its rows, and rows from its slots. Empty slots show the last row, which stands for nothing; it has
 * no gradient, and neither has an empty slot, so each way is the other's gradient.
 */
export function packing(l: TextLayout, part: 'prefix' | 'block') {
  if (!l.packed) return { spread: (x: Tensor) => x, pack: (x: Tensor) => x };
  const slots = input(`${part}.slots`, [slotsOf(l)[part]], 'int32');
  const rows = input(`${part}.rows`, [l.packed[part]], 'int32');
  const move = (x: Tensor, to: Tensor, back: Tensor) =>
    t.custom(t.gather(x, to), [x], (dy) => [t.gather(dy, back)]);
  return { spread: (x: Tensor) => move(x, slots, rows), pack: (x: Tensor) => move(x, rows, slots) };
}

/** Token embeddings of all rows, image tokens in their places. @returns [rows, d] */
export function placed(w: Weights, l: TextLayout, embedding: string, imageEmbeds: Tensor | null): Tensor {
  const rows = rowsOf(l);
  const words = w.rows(embedding, 'ids', rows);
  if (!imageEmbeds) return words;
  // Row r takes word r, or image token `place − rows`; the pads' own words and padding among the image tokens go nowhere.
  const place = input('place', [rows], 'int32');
  return t.permuteRows([words, imageEmbeds], place, input('place.back', [rows + l.imageTokens], 'int32'));
}

/** The rotary tables of a batch: [P·(prefix + block), headDim / 2], the prefixes first, then a block for each prompt. */
export function rotaryTables(l: TextLayout, headDim: number): { cos: Tensor; sin: Tensor } {
  const shape = [l.prompts * (l.prefix + l.block), headDim / 2];
  return { cos: input('text.cos', shape), sin: input('text.sin', shape) };
}

/** 0 for a token of a prefix, very negative for its padding: [P, 1, 1, prefix]. */
export const prefixBias = (l: TextLayout): Tensor => input('prefix.bias', [l.prompts, 1, 1, l.prefix]);

/** Rows [R, n·headDim] turned by the rows of the tables that `at` [R, 1] names. */
export function turned(x: Tensor, at: Tensor, { cos, sin }: { cos: Tensor; sin: Tensor }): Tensor {
  const [rows, width] = x.shape;
  return t.reshape(t.rotary(t.reshape(x, [rows, 1, width]), at, cos, sin), [rows, width]);
}

/** Which row of the rotary tables each row uses: blocks of one prompt share the prompt's rows. */
function tableRows(l: TextLayout): Tensor {
  const { prompts, samples, prefix, block } = l;
  if (l.packed) return t.cast(input('text.at', [rowsOf(l), 1], 'int32'), 'int64');
  const index: bigint[] = [];
  for (let i = 0; i < prompts * prefix; i++) index.push(BigInt(i));
  for (let p = 0; p < prompts; p++)
    for (let g = 0; g < samples; g++)
      for (let j = 0; j < block; j++) index.push(BigInt(prompts * prefix + p * block + j));
  return constant(BigInt64Array.from(index), [index.length, 1]);
}

export interface DecoderRows {
  /** What the last layer gives for the block rows [rows, d]; with taps, or without responses, for all rows. */
  x: Tensor;
  /** Keys and values of the prefix in each layer, rotated: [P·kvHeads, prefix, headDim]. */
  prefixKeys: Tensor[];
  prefixValues: Tensor[];
}

/**
 * All layers over all rows of a batch.
 * @param x embeddings of all rows [rows, d] @param taps receives these and each layer's output rows, for tests
 */
export function overRows(
  form: DecoderForm,
  l: TextLayout,
  x: Tensor,
  layer: (i: number, x: Tensor, call: LayerCall) => Tensor,
  taps?: Tensor[],
): DecoderRows {
  const { prompts: P, samples: G, prefix: Lp, block: T } = l;
  const { heads, kvHeads, headDim } = form;
  const tables = rotaryTables(l, headDim);
  const turns = tableRows(l);
  const padding = prefixBias(l);
  const prefixMask = causal(Lp);
  const blockMask = causal(T);
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  const output: DecoderRows = { x, prefixKeys: [], prefixValues: [] };
  taps?.push(x);

  const ofPart = { prefix: packing(l, 'prefix'), block: packing(l, 'block') };
  /** Prefix and block rows apart. */
  const rowsApart = (r: Tensor) => (G === 0 ? [r] : t.split(r, [partsOf(l).prefix, partsOf(l).block], 0));
  /** Prefix and block slots apart. */
  const apart = (r: Tensor) => rowsApart(r).map((x, s) => ofPart[s === 0 ? 'prefix' : 'block'].spread(x));
  /** Rows of one stretch with its heads before its tokens: [P·kvHeads, n·perKv, headDim] for n tokens a prompt. */
  const byHead = (r: Tensor, n: number, perKv: number) => {
    const moved = t.transpose(t.reshape(r, [P, n, kvHeads, perKv * headDim]), [0, 2, 1, 3]);
    return t.reshape(moved, [P * kvHeads, n * perKv, headDim]);
  };
  const byRow = (y: Tensor, n: number) => {
    const moved = t.transpose(t.reshape(y, [P, kvHeads, n, group * headDim]), [0, 2, 1, 3]);
    return t.reshape(moved, [P * n, heads * headDim]);
  };
  const own = (r: Tensor, per: number) => t.reshape(r, [P * kvHeads * G, T * per, headDim]);

  /** Blocks: every query sees the prefix of its prompt and, causally, its own block. */
  function ofBlocks(
    queries: Tensor,
    kPrefix: Tensor,
    vPrefix: Tensor,
    kBlock: Tensor,
    vBlock: Tensor,
  ): Tensor {
    const toPrefix = t.add(
      t.reshape(t.matmul(queries, kPrefix, { transB: true, alpha: scale }), [P, kvHeads, G * T * group, Lp]),
      padding,
    );
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
    return byRow(t.add(fromPrefix, t.reshape(fromBlock, fromPrefix.shape)), G * T);
  }

  function ofPrefix(q: Tensor, k: Tensor, v: Tensor): Tensor {
    const scores = t.matmul(q, k, { transB: true, alpha: scale });
    const seen = t.softmax(t.add(t.reshape(scores, [P * kvHeads, Lp, group, Lp]), prefixMask));
    return byRow(t.matmul(t.reshape(seen, [P * kvHeads, Lp * group, Lp]), v), Lp);
  }

  const prefix = (q: Tensor, k: Tensor, v: Tensor) =>
    ofPart.prefix.pack(ofPrefix(byHead(q, Lp, group), k, v));

  for (let i = 0; i < form.layers; i++) {
    // Nothing reads the prefix after the last layer's keys and values.
    const blocksAlone = i === form.layers - 1 && !taps && G > 0;
    output.x = layer(i, output.x, {
      rotate: (r) => turned(r, turns, tables),
      attend(q, k, v) {
        const [qPrefix, qBlock] = apart(q);
        const [kPrefix, kBlock] = apart(k).map((r, s) => byHead(r, s === 0 ? Lp : G * T, 1));
        const [vPrefix, vBlock] = apart(v).map((r, s) => byHead(r, s === 0 ? Lp : G * T, 1));
        output.prefixKeys.push(kPrefix);
        output.prefixValues.push(vPrefix);
        if (G === 0) return prefix(qPrefix, kPrefix, vPrefix);
        const blocks = ofPart.block.pack(
          ofBlocks(byHead(qBlock, G * T, group), kPrefix, vPrefix, kBlock, vBlock),
        );
        if (blocksAlone) return blocks;
        return t.concat([prefix(qPrefix, kPrefix, vPrefix), blocks], 0);
      },
      kept: blocksAlone ? rowsApart(output.x)[1] : undefined,
    });
    taps?.push(output.x);
  }
  return output;
}
