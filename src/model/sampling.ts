/** Drawing one token for each row, inside the graph, from uniform numbers that are fed. */
import { constant, input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';

/** `greedy` takes the largest logit; `full` samples softmax(logits / temperature); `nucleus` cuts it to the top-p set. */
export type Sampling = 'greedy' | 'full' | 'nucleus';

/**
 * @param logits [B, V] @param uniform [B] in [0, 1)
 * @param topK of the k likeliest tokens only, before the nucleus is taken of them; 0: all. Greedy knows none
 * @returns token [B] int32, and its log-probability [B] under the whole softmax(logits / temperature)
 */
export function chooseToken(
  logits: Tensor,
  uniform: Tensor,
  sampling: Sampling,
  banned: readonly number[],
  topK = 0,
): { token: Tensor; logprob: Tensor } {
  const [rows, vocab] = logits.shape;
  const ban = new Float32Array(vocab);
  for (const id of banned) ban[id] = -1e9;
  const barred = banned.length > 0 ? (x: Tensor) => t.add(x, constant(ban, [1, vocab])) : (x: Tensor) => x;
  const logpOf = (cooled: Tensor, token: Tensor) =>
    t.reshape(t.gatherLast(t.logSoftmax(cooled), t.reshape(token, [rows, 1])), [rows]);
  if (sampling === 'greedy') {
    const token = t.cast(t.argmax(barred(logits), 1), 'int32');
    return { token, logprob: logpOf(logits, token) };
  }
  const cooled = t.div(logits, input('temperature', []));
  const drawn = barred(cooled);
  const p = t.softmax(topK > 0 && topK < vocab ? likeliest(drawn, topK) : drawn);
  const mass = sampling === 'nucleus' ? nucleus(p, input('topP', [])) : p;
  const token = inverseCdf(mass, uniform);
  return { token, logprob: logpOf(cooled, token) };
}

/**
 * Logits below the k-th largest of their row are barred; those that equal it stay, all of them, as in Hugging Face's
 * TopKLogitsWarper. Its TopPLogitsWarper, which follows, sees the softmax of what is left, as `nucleus` here.
 */
function likeliest(logits: Tensor, k: number): Tensor {
  const least = t.slice(t.topK(logits, k).values, k - 1, k, 1);
  return t.where(t.greaterOrEqual(logits, least), logits, -1e9);
}

/** Probabilities outside the smallest set of tokens whose mass reaches topP become 0 (the largest always stays). */
function nucleus(p: Tensor, topP: Tensor): Tensor {
  const { values } = t.topK(p, p.shape[1]);
  // The mass before a token, in falling order: a token belongs to the set while this is below topP.
  const before = t.cumsum(values, 1, { exclusive: true });
  const inside = t.where(t.less(before, topP), values, 2);
  const least = t.minOver(inside, [1], true);
  return t.where(t.greaterOrEqual(p, least), p, 0);
}

/** Below 1 by more than a float's rounding, so that a draw never falls past the last token that has mass. */
const SHRINK = 1 - 2 ** -20;

/**
 * The first token whose running mass exceeds uniform · total, found in two levels: which block, then where in it.
 * `mass` [B, V] need not be normalised; tokens of mass 0 are never chosen.
 */
function inverseCdf(mass: Tensor, uniform: Tensor): Tensor {
  const [rows, vocab] = mass.shape;
  const width = blockWidth(vocab);
  const blocks = Math.ceil(vocab / width);
  const filled =
    blocks * width === vocab ? mass : t.concat([mass, t.zeros([rows, blocks * width - vocab])], 1);
  const cells = t.reshape(filled, [rows, blocks, width]);
  const running = t.cumsum(t.sum(cells, [2]), 1);
  const total = t.slice(running, blocks - 1, blocks, 1);
  const target = t.mul(t.mul(t.reshape(uniform, [rows, 1]), SHRINK), total);
  const passed = t.lessOrEqual(running, target);
  const block = t.sum(t.cast(passed, 'int32'), [1], true);
  const before = t.max(t.where(passed, running, 0), [1], true);
  const base = constant(
    Int32Array.from({ length: rows }, (_, i) => i * blocks),
    [rows, 1],
  );
  const cell = t.gather(t.reshape(cells, [rows * blocks, width]), t.reshape(t.add(block, base), [rows]));
  const inner = t.cumsum(cell, 1);
  const end = t.slice(inner, width - 1, width, 1);
  // The block's own running sum rounds differently from the difference of block sums.
  const rest = t.minimum(t.sub(target, before), t.mul(end, SHRINK));
  const offset = t.sum(t.cast(t.lessOrEqual(inner, rest), 'int32'), [1], true);
  return t.reshape(t.add(t.mul(block, width), offset), [rows]);
}

/** Around the square root of the vocabulary, a divisor where there is one near. */
function blockWidth(vocab: number): number {
  const root = Math.ceil(Math.sqrt(vocab));
  for (let w = root; w <= 2 * root; w++) if (vocab % w === 0) return w;
  return root;
}
