/**
 * Generation: one ONNX Loop for a whole rollout batch, sampling included. The prompts are computed once, their keys
 * and values are shared by all rollouts of a prompt; each rollout grows a cache of its own.
 */
import { constant, DYNAMIC, input, type Tensor } from '../tensor/graph.ts';
import { loop } from '../tensor/loop.ts';
import * as t from '../tensor/ops.ts';
import { compile, type Program } from '../tensor/program.ts';
import type { PolicyConfig } from './config.ts';
import { decoder, embed, headOf } from './decoder.ts';
import { mlp, qkv } from './layers.ts';
import type { Layout } from './policy.ts';
import { chooseToken, type Sampling } from './sampling.ts';
import { visionTower } from './vision-tower.ts';
import type { Weights } from './weights.ts';

/**
 * Program for a layout whose `block` is the longest response. Besides the feeds of a batch it takes
 * `uniforms` [block, P·G], `temperature` [] (unless greedy) and `topP` [] (where sampling is nucleus), and returns
 * `tokens` and `logprobs`, both [turns, P·G] with turns ≤ block: it stops when every rollout has ended.
 * After its end token a rollout repeats the pad token with log-probability 0.
 * @param ended tokens that end a response; empty: every rollout runs to its full length
 * @param banned tokens that are never drawn; the log-probabilities are those of the whole distribution
 */
export function generationProgram(
  w: Weights,
  c: PolicyConfig,
  l: Layout,
  view: string,
  sampling: Sampling,
  tokens: { ended: readonly number[]; banned: readonly number[] },
): Program {
  const { prompts: P, samples: G, prefix: Lp, block: T } = l;
  const { heads, kvHeads, headDim, layers, rmsNormEps: eps } = c.text;
  const B = P * G;
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  const imageEmbeds = l.vision ? visionTower(w, c.vision, l.vision, view) : null;
  // The prefill is the training graph's own: what is not needed of the block rows is never computed.
  const rows = P * (Lp + G * T);
  const all = embed(w, l, imageEmbeds);
  const { prefixKeys, prefixValues } = decoder(w, c.text, l, all);
  const cos = input('text.cos', [P * (Lp + T), headDim / 2]);
  const sin = input('text.sin', [P * (Lp + T), headDim / 2]);
  const padding = t.reshape(input('prefix.bias', [P, 1, 1, Lp]), [P, 1, 1, Lp]);
  const uniforms = input('uniforms', [T, B]);
  const words = input('ids', [rows], 'int32');
  const firstRows = Int32Array.from({ length: B }, (_, i) => P * Lp + i * T);
  const start = t.gather(words, constant(firstRows, [B]));
  const tableBase = constant(
    BigInt64Array.from({ length: B }, (_, i) => BigInt(P * Lp + Math.floor(i / G) * T)),
    [B, 1],
  );
  const embedding = w.get('model.embed_tokens.weight');
  const head = headOf(w, c.text);
  const empty = constant(new Float32Array(0), [P * kvHeads * G, 0, headDim]);
  const pad = t.scalar(c.tokens.pad, 'int32');

  /** [B, kvHeads·n] rows to [P, kvHeads, G, n]: the rollouts of a prompt beside each other under each head. */
  const byHead = (x: Tensor, n: number) => t.transpose(t.reshape(x, [P, G, kvHeads, n]), [0, 2, 1, 3]);

  const { scans } = loop(
    input('turns', [], 'int64'),
    [
      { start },
      { start: t.zerosBool([B]) },
      ...Array.from({ length: 2 * layers }, () => ({
        start: empty,
        shape: [P * kvHeads * G, DYNAMIC, headDim],
      })),
    ],
    (turn, [ids, done, ...caches]) => {
      const at = t.add(tableBase, turn);
      let x = t.gather(embedding, ids);
      const grown: Tensor[] = [];
      for (let i = 0; i < layers; i++) {
        const name = `model.layers.${i}`;
        const h = t.rmsNorm(x, w.get(`${name}.input_layernorm.weight`), eps);
        const joined = qkv(w, `${name}.self_attn`, h, c.text.attentionBias);
        const [qk, v] = t.split(joined, [(heads + kvHeads) * headDim, kvHeads * headDim], 1);
        const turned = t.rotary(t.reshape(qk, [B, 1, (heads + kvHeads) * headDim]), at, cos, sin);
        const [q, k] = t.split(t.reshape(turned, [B, -1]), [heads * headDim, kvHeads * headDim], 1);
        const queries = byHead(q, group * headDim);
        const keys = t.concat(
          [caches[2 * i], t.reshape(byHead(k, headDim), [P * kvHeads * G, 1, headDim])],
          1,
        );
        const values = t.concat(
          [caches[2 * i + 1], t.reshape(byHead(v, headDim), [P * kvHeads * G, 1, headDim])],
          1,
        );
        grown.push(keys, values);
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
        const attended = t.reshape(t.transpose(y, [0, 2, 1, 3]), [B, heads * headDim]);
        x = t.add(x, t.linear(attended, w.get(`${name}.self_attn.o_proj.weight`)));
        const m = t.rmsNorm(x, w.get(`${name}.post_attention_layernorm.weight`), eps);
        x = t.add(x, mlp(w, `${name}.mlp`, m, false));
      }
      const logits = t.linear(t.rmsNorm(x, w.get('model.norm.weight'), eps), head);
      const { token, logprob } = chooseToken(logits, t.gather(uniforms, turn), sampling, tokens.banned);
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
  return compile({ tokens: scans[0], logprobs: scans[1] });
}
