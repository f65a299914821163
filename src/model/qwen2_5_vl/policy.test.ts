import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { furthest } from '../../../test/compare.ts';
import { gradients } from '../../tensor/grad.ts';
import type { Tensor } from '../../tensor/graph.ts';
import * as t from '../../tensor/ops.ts';
import { compile } from '../../tensor/program.ts';
import { type Feeds, Session } from '../../tensor/session.ts';
import { decodeImage } from '../../vision/decode.ts';
import { parseProcessorConfig, prepareImage } from '../../vision/processor.ts';
import { type BatchGroup, buildBatch, pixelFeed } from '../batch.ts';
import { type Checkpoint, readCheckpoint } from '../checkpoint.ts';
import type { Patches } from '../family.ts';
import { logProbs, policyGraph } from '../policy.ts';
import { readSafetensors } from '../safetensors-file.ts';
import { Weights } from '../weights.ts';
import { toHubName } from './names.ts';

const GOLDEN = new URL('../../../test/golden/qwen2_5_vl/', import.meta.url).pathname;

interface GoldenPrompt {
  id: string;
  images: string[];
  input_ids: number[];
  response_ids: number[];
  response_log_probs: number[];
  response_entropies: number[];
  greedy_ids: number[];
  greedy_top1_minus_top2: number[];
  greedy_ids_repetition_penalty_1_05: number[];
  grad_norms: Record<string, number> | null;
  grad_objective_sum_logprob: number;
}

interface PaddedBatch {
  ids: string[];
  response_log_probs: number[][];
}

async function pictures(names: string[], dir: string): Promise<Patches[]> {
  const config = parseProcessorConfig(
    JSON.parse(readFileSync(`${dir}/preprocessor_config.json`, 'utf8')),
    dir,
  );
  return Promise.all(
    names.map(async (n) =>
      prepareImage(await decodeImage(readFileSync(`${GOLDEN}images/${n}.png`), n), config),
    ),
  );
}

/** −Σ p log p over the vocabulary, nats. */
function entropyOf(logits_V: Float32Array): number {
  const top = Math.max(...logits_V);
  const weights = Array.from(logits_V, (v) => Math.exp(v - top));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.reduce((h, w, v) => h - (w / total) * (logits_V[v] - top - Math.log(total)), 0);
}

describe.each(['tiny_tied', 'tiny_untied'])('%s is what transformers computes', (name) => {
  const dir = `${GOLDEN}${name}`;
  const { prompts, padded_batch } = JSON.parse(readFileSync(`${dir}/expected.json`, 'utf8')) as {
    prompts: GoldenPrompt[];
    padded_batch: PaddedBatch;
  };
  let checkpoint: Checkpoint;
  let expected: ReturnType<typeof readSafetensors>;
  let weights: Feeds;
  /** Tensors that a test has compared; the last test asks for all. */
  const compared = new Set<string>();
  const known = (key: string) => {
    const tensor = expected.get(key);
    if (tensor) compared.add(key);
    return tensor;
  };

  beforeAll(() => {
    checkpoint = readCheckpoint(dir);
    expected = readSafetensors(`${dir}/expected.safetensors`);
    weights = Object.fromEntries([...checkpoint.parameters].map(([n, p]) => [n, p.data]));
  });

  const groupOf = async (
    p: GoldenPrompt,
    responses = [Int32Array.from(p.response_ids)],
  ): Promise<BatchGroup> => ({
    ids_L: Int32Array.from(p.input_ids),
    images: await pictures(p.images, dir),
    responses_G: responses,
  });

  it.each(prompts.map((p) => p.id))(
    '%s: logits at every position, hidden states, image embeddings',
    async (id) => {
      const p = prompts.find((x) => x.id === id)!;
      const c = checkpoint.policy;
      const group = await groupOf(p);
      const batch = buildBatch([group], c);
      const taps: Tensor[] = [];
      const w = new Weights(c);
      const { imageEmbeds } = policyGraph(w, c, batch.layout, 'original', taps);
      const outputs: Record<string, Tensor> = { logits: t.linear(taps.at(-1)!, c.head(w)) };
      taps.forEach((h, i) => {
        outputs[`h${i}`] = h;
      });
      if (imageEmbeds) outputs.image = imageEmbeds;
      const session = await Session.create(compile(outputs));
      const feeds = { ...weights, ...batch.feeds };
      if (imageEmbeds) feeds['original.pixels'] = pixelFeed(batch, group.images, c);
      const got = await session.run(feeds);
      await session.close();
      // All rows but the last response token, which nothing is predicted from here.
      const logits = known(`${id}.logits`)!;
      const V = logits.shape[1];
      const predicted = got.logits as Float32Array;
      expect(logits.shape[0]).toBe(p.input_ids.length + p.response_ids.length);
      expect(predicted.length).toBe((logits.shape[0] - 1) * V);
      expect(furthest(predicted, logits.data.subarray(0, predicted.length))).toBeLessThan(2e-4);
      const entropies = p.response_ids.map((_, i) => {
        const at = (p.input_ids.length - 1 + i) * V;
        return entropyOf(predicted.subarray(at, at + V));
      });
      expect(furthest(entropies, p.response_entropies)).toBeLessThan(2e-4);
      const hidden = known(`${id}.hidden_states`);
      if (hidden) {
        const [states, length, d] = hidden.shape;
        expect(states).toBe(taps.length);
        for (let i = 0; i < states; i++) {
          const own = got[`h${i}`] as Float32Array;
          expect(
            furthest(own, hidden.data.subarray(i * length * d, i * length * d + own.length)),
            `state ${i}`,
          ).toBeLessThan(1e-4);
        }
      }
      const embeds = known(`${id}.image_embeds`);
      expect(embeds !== undefined).toBe(p.images.length > 0);
      if (embeds) {
        const inverse = new Float32Array(embeds.data.length);
        const d = embeds.shape[1];
        const rows = p.input_ids.length - 1 + p.response_ids.length;
        let unit = 0;
        p.input_ids.forEach((token, i) => {
          if (token !== c.tokens.image) return;
          const at = ((batch.feeds.place as Int32Array)[i] - rows) * d;
          inverse.set((got.image as Float32Array).subarray(at, at + d), unit++ * d);
        });
        expect(furthest(inverse, embeds.data)).toBeLessThan(1e-4);
      }
    },
  );

  it('all prompts in one padded batch, twice each: log-probs', async () => {
    const c = checkpoint.policy;
    const groups = await Promise.all(
      prompts.map((p) =>
        groupOf(p, [Int32Array.from(p.response_ids.slice(0, 5)), Int32Array.from(p.response_ids)]),
      ),
    );
    const batch = buildBatch(groups, c, { round: 16 });
    const session = await Session.create(
      compile({ logp: logProbs(new Weights(c), c, batch.layout, 'original', 1) }),
    );
    const images = groups.flatMap((g) => g.images);
    const { logp } = await session.run({
      ...weights,
      ...batch.feeds,
      'original.pixels': pixelFeed(batch, images, c),
    });
    await session.close();
    const T = batch.layout.block;
    prompts.forEach((p, i) => {
      const whole = (logp as Float32Array).subarray((2 * i + 1) * T, (2 * i + 1) * T + p.response_ids.length);
      const part = (logp as Float32Array).subarray(2 * i * T, 2 * i * T + 5);
      expect(furthest(whole, p.response_log_probs), p.id).toBeLessThan(2e-4);
      expect(furthest(part, p.response_log_probs.slice(0, 5)), p.id).toBeLessThan(2e-4);
      // transformers pads prompts on the left and responses on the right; what it masks out is 0.
      const padded = padded_batch.response_log_probs[padded_batch.ids.indexOf(p.id)];
      expect(furthest(whole, padded.slice(0, whole.length)), p.id).toBeLessThan(2e-4);
      expect(new Set(padded.slice(whole.length))).toEqual(new Set(padded.length > whole.length ? [0] : []));
    });
    expect(padded_batch.ids).toEqual(prompts.map((p) => p.id));
  });

  it('along the greedy responses: margins, and the choice under a repetition penalty', async () => {
    const c = checkpoint.policy;
    const groups = await Promise.all(
      prompts.map((p) =>
        groupOf(p, [Int32Array.from(p.greedy_ids), Int32Array.from(p.greedy_ids_repetition_penalty_1_05)]),
      ),
    );
    const batch = buildBatch(groups, c);
    const session = await Session.create(
      compile({ logits: policyGraph(new Weights(c), c, batch.layout, 'original').logits }),
    );
    const images = groups.flatMap((g) => g.images);
    const { logits } = await session.run({
      ...weights,
      ...batch.feeds,
      'original.pixels': pixelFeed(batch, images, c),
    });
    await session.close();
    const [V, T] = [c.decoder.vocabSize, batch.layout.block];
    const row = (b: number, j: number) =>
      (logits as Float32Array).slice((b * T + j) * V, (b * T + j + 1) * V);
    prompts.forEach((p, i) => {
      p.greedy_ids.forEach((id, j) => {
        const [first, second] = [...row(2 * i, j)].sort((x, y) => y - x);
        expect(Math.abs(first - second - p.greedy_top1_minus_top2[j]), p.id).toBeLessThan(4e-4);
        expect(row(2 * i, j)[id], p.id).toBeGreaterThan(first - 1e-3);
      });
      const seen = new Set(p.input_ids);
      p.greedy_ids_repetition_penalty_1_05.forEach((id, j) => {
        const punished = row(2 * i + 1, j);
        for (const v of seen) punished[v] *= punished[v] > 0 ? 1 / 1.05 : 1.05;
        expect(punished[id], p.id).toBeGreaterThan(Math.max(...punished) - 1e-3);
        seen.add(id);
      });
    });
  });

  it('gradients of the summed log-probs, by parameter', async () => {
    const c = checkpoint.policy;
    for (const p of prompts.filter((x) => x.grad_norms)) {
      const group = await groupOf(p);
      const batch = buildBatch([group], c);
      const w = new Weights(c);
      const total = t.sum(logProbs(w, c, batch.layout, 'original', 1));
      const used = [...w.used()];
      const grads = gradients(
        total,
        used.map(([, x]) => x),
      );
      const outputs: Record<string, Tensor> = Object.fromEntries(used.map(([n], i) => [n, grads[i]!]));
      outputs.total = total;
      const session = await Session.create(compile(outputs));
      const feeds: Feeds = { ...weights, ...batch.feeds };
      if (group.images.length > 0) feeds['original.pixels'] = pixelFeed(batch, group.images, c);
      const { total: sum, ...got } = await session.run(feeds);
      await session.close();
      const terms = p.response_log_probs.length;
      expect(Math.abs(Number(sum[0]) - p.grad_objective_sum_logprob)).toBeLessThan(2e-4 * Math.sqrt(terms));
      // transformers leaves parameters without a gradient out; ours must cover the same set.
      const theirs = Object.entries(p.grad_norms!).filter(([, norm]) => norm > 0);
      expect(Object.keys(got).sort()).toEqual(theirs.map(([n]) => toHubName(n)).sort());
      for (const [n, norm] of theirs) {
        const g = got[toHubName(n)] as Float32Array;
        expect(Math.abs(Math.hypot(...g) - norm) / norm, `${p.id} ${n}`).toBeLessThan(2e-3);
        const exact = known(`${p.id}.grad.${n}`);
        if (!exact) continue;
        const scale = exact.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        expect(furthest(g, exact.data) / scale, `${p.id} ${n}`).toBeLessThan(1e-3);
      }
    }
  });

  it('leaves no tensor of the expected ones uncompared', () => {
    expect([...compared].sort()).toEqual([...expected.keys()].sort());
    expect(prompts.some((p) => p.grad_norms)).toBe(true);
  });
});
