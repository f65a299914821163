/**
 * Generation: one ONNX Loop for a whole rollout batch, sampling included. The prompts are computed once, their keys
 * and values are shared by all rollouts of a prompt; each rollout grows a cache of its own.
 */
import { constant, DYNAMIC, input, type Tensor } from '../tensor/graph.ts';
import { loop } from '../tensor/loop.ts';
import * as t from '../tensor/ops.ts';
import { compile, type Program } from '../tensor/program.ts';
import { type DecoderForm, prefixBias, rotaryTables, turned } from './decoder.ts';
import type { Layout, Policy } from './family.ts';
import { chooseToken, type Sampling } from './sampling.ts';
import type { Weights } from './weights.ts';

/**
 * Which stretch of a generation a program carries out. What is cut into pieces is computed as it is in one: `first`
 * computes the prompts and returns, besides its tokens, all that `next` is fed under the same names to go on.
 */
export type Piece = 'whole' | 'first' | 'next';

/** What a `first` piece returns for the `next`, and that for the one after it. */
export function carriedNames({ layers }: DecoderForm, piece: Exclude<Piece, 'whole'>): string[] {
  const each = (...kinds: string[]) =>
    Array.from({ length: layers }, (_, i) => kinds.map((kind) => `${kind}.${i}`)).flat();
  const own = ['chosen', 'done', ...each('keys', 'values')];
  return piece === 'first' ? [...own, ...each('prefix.keys', 'prefix.values')] : own;
}

/**
 * Program for prompts that are laid out alone, for `samples` (G) responses of at most the layout's `block` to each.
 * Besides the feeds of a batch it takes `uniforms` [block, P·G], `temperature` [] (unless greedy) and `topP` [] (where sampling is nucleus), and returns
 * `tokens` and `logprobs`, both [turns, P·G] with turns ≤ block: it stops when every rollout has ended.
 * After its end token a rollout repeats the pad token with log-probability 0.
 * @param ended tokens that end a response; empty: every rollout runs to its full length
 * @param banned tokens that are never drawn; the log-probabilities are those of the whole distribution
 * @param more.topK of so many of the likeliest tokens only; 0: all
 * @param more.piece a `next` one is also fed `turn` [], int64: the turns that were taken before it
 */
export function generationProgram(
  w: Weights,
  policy: Policy,
  l: Layout,
  samples: number,
  view: string,
  sampling: Sampling,
  tokens: { ended: readonly number[]; banned: readonly number[] },
  more: { topK?: number; piece?: Piece } = {},
): Program {
  const { topK = 0, piece = 'whole' } = more;
  const { prompts: P, prefix: Lp, block: T } = l;
  const G = samples;
  const { heads, kvHeads, headDim, layers } = policy.decoder;
  const B = P * G;
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  const layersOf = (make: (i: number) => Tensor) => Array.from({ length: layers }, (_, i) => make(i));
  const known = (name: string) => layersOf((i) => input(`${name}.${i}`, [P * kvHeads, Lp, headDim]));
  // The prefill is the training graph's own, over the prompts without responses.
  const { prefixKeys, prefixValues } =
    piece === 'next'
      ? { prefixKeys: known('prefix.keys'), prefixValues: known('prefix.values') }
      : policy.rows(w, l, view);
  const tables = rotaryTables(l, headDim);
  const padding = prefixBias(l);
  const uniforms = input('uniforms', [T, B]);
  const promptOf = Int32Array.from({ length: B }, (_, i) => Math.floor(i / G));
  const tableBase = constant(
    BigInt64Array.from(promptOf, (p) => BigInt(P * Lp + p * T)),
    [B, 1],
  );
  const embedding = w.get(policy.decoder.embedding);
  const head = policy.head(w);
  const cacheShape = [P * kvHeads * G, DYNAMIC, headDim];
  const empty = constant(new Float32Array(0), [P * kvHeads * G, 0, headDim]);
  /** Keys and values of each layer beside each other, as the loop carries them. */
  const beside = (keys: Tensor[], values: Tensor[]) => keys.flatMap((k, i) => [k, values[i]]);
  const grownSoFar = (name: string) => layersOf((i) => input(`${name}.${i}`, cacheShape));
  /** Where the loop starts: the token before, which rollouts have ended, and the caches. */
  const start =
    piece === 'next'
      ? {
          chosen: input('chosen', [B], 'int32'),
          done: input('done', [B], 'bool'),
          caches: beside(grownSoFar('keys'), grownSoFar('values')),
        }
      : {
          chosen: t.gather(input('last', [P], 'int32'), constant(promptOf, [B])),
          done: t.zerosBool([B]),
          caches: Array.from({ length: 2 * layers }, () => empty),
        };
  const before = piece === 'next' ? input('turn', [], 'int64') : null;
  const pad = t.scalar(policy.tokens.pad, 'int32');

  /** [B, kvHeads·n] rows to [P, kvHeads, G, n]: the rollouts of a prompt beside each other under each head. */
  const byHead = (x: Tensor, n: number) => t.transpose(t.reshape(x, [P, G, kvHeads, n]), [0, 2, 1, 3]);
  const grow = (cache: Tensor, rows: Tensor) =>
    t.concat([cache, t.reshape(byHead(rows, headDim), [P * kvHeads * G, 1, headDim])], 1);

  /** One query of every rollout: it sees the prefix of its prompt and what its own rollout has so far. */
  function attend(i: number, q: Tensor, keys: Tensor, values: Tensor): Tensor {
    const queries = byHead(q, group * headDim);
    const toPrefix = t.add(
      t.reshape(
        t.matmul(t.reshape(queries, [P * kvHeads, G * group, headDim]), prefixKeys[i], {
          transB: true,
          alpha: scale,
        }),
        [P, kvHeads, G * group, Lp],
      ),
      padding,
    );
    const own = t.reshape(queries, [P * kvHeads * G, group, headDim]);
    const toOwn = t.matmul(own, keys, { transB: true, alpha: scale });
    const share = t.softmax(t.concat([t.reshape(toPrefix, [P * kvHeads * G, group, Lp]), toOwn], 2));
    const onPrefix = t.reshape(t.head(share, Lp, 2), [P * kvHeads, G * group, Lp]);
    const onOwn = t.tail(share, Lp, 2);
    const fromPrefix = t.matmul(onPrefix, prefixValues[i]);
    const fromOwn = t.reshape(t.matmul(onOwn, values), [P * kvHeads, G * group, headDim]);
    const y = t.reshape(t.add(fromPrefix, fromOwn), [P, kvHeads, G, group * headDim]);
    return t.reshape(t.transpose(y, [0, 2, 1, 3]), [B, heads * headDim]);
  }

  const { scans, carries } = loop(
    input('turns', [], 'int64'),
    [
      { start: start.chosen },
      { start: start.done },
      ...start.caches.map((c) => ({ start: c, shape: cacheShape })),
    ],
    (taken, [ids, done, ...caches]) => {
      const turn = before ? t.add(before, taken) : taken;
      const at = t.add(tableBase, turn);
      let x = t.gather(embedding, ids);
      const grown: Tensor[] = [];
      for (let i = 0; i < layers; i++) {
        x = policy.layer(w, i, x, {
          rotate: (rows) => turned(rows, at, tables),
          attend(q, k, v) {
            const keys = grow(caches[2 * i], k);
            const values = grow(caches[2 * i + 1], v);
            grown.push(keys, values);
            return attend(i, q, keys, values);
          },
        });
      }
      const logits = t.linear(policy.finish(w, x), head);
      const { token, logprob } = chooseToken(logits, t.gather(uniforms, turn), sampling, tokens.banned, topK);
      const chosen = t.where(done, pad, token);
      const next = tokens.ended.reduce<Tensor>(
        (d, e) => t.or(d, t.equal(chosen, t.scalar(e, 'int32'))),
        done,
      );
      const running = t.sum(t.cast(t.not(next), 'int32'), [0]);
      return {
        again: t.greater(running, t.scalar(0, 'int32')),
        carries: [chosen, next, ...grown],
        scans: [chosen, t.where(done, 0, logprob)],
      };
    },
  );
  const drawn = { tokens: scans[0], logprobs: scans[1] };
  if (piece === 'whole') return compile(drawn);
  const carried = piece === 'first' ? [...carries, ...beside(prefixKeys, prefixValues)] : carries;
  const names = carriedNames(policy.decoder, piece);
  return compile({ ...drawn, ...Object.fromEntries(names.map((name, i) => [name, carried[i]])) });
}
