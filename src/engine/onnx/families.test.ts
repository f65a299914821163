/**
 * What the engine asks of a family, asked of every family that there is, and of one that is written here and nowhere
 * named: its layers norm queries and keys, its rotary axes are interleaved, and its pictures are added once more after
 * the first layer (as Qwen3-VL has it). The engine runs it unchanged.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import { type LayerCall, overRows, placed, rowsOf } from '../../model/decoder.ts';
import { families, parsePolicy } from '../../model/families.ts';
import type { NewPolicy, Policy } from '../../model/family.ts';
import { initialParameters } from '../../model/init.ts';
import { mlp, qkv } from '../../model/layers.ts';
import { readConfig } from '../../model/qwen2_5_vl/config.ts';
import { visionTower } from '../../model/qwen2_5_vl/vision.ts';
import type { Weights } from '../../model/weights.ts';
import { random } from '../../random.ts';
import { input, type Tensor } from '../../tensor/graph.ts';
import * as t from '../../tensor/ops.ts';
import { blackImage } from '../../vision/image.testing.ts';
import type { PreparedImage } from '../../vision/processor.ts';
import type { Prompt } from '../types.ts';
import { OnnxEngine } from './engine.ts';

const WANTED: NewPolicy = {
  text: {
    hiddenSize: 32,
    layers: 3,
    heads: 4,
    kvHeads: 2,
    intermediateSize: 24,
    vocabSize: 64,
    tieWordEmbeddings: true,
  },
  vision: { depth: 2, hiddenSize: 16, heads: 2, intermediateSize: 24 },
  tokens: { image: 1, video: 2, visionStart: 3, visionEnd: 4, eos: [5], pad: 0 },
};

function another(): Policy {
  const base = families[0].create(WANTED);
  const { vision } = readConfig(base.raw.config, base.raw.generation, 'another');
  const { layers, heads, kvHeads, headDim } = base.decoder;
  const norm = (i: number, part: string) => `model.layers.${i}.self_attn.${part}_norm.weight`;
  const decoder = {
    ...base.decoder,
    rotary: { ...base.decoder.rotary, axis_F: Array.from({ length: headDim / 2 }, (_, f) => f % 3) },
  };
  function layer(w: Weights, i: number, x: Tensor, { rotate, attend, kept = x }: LayerCall): Tensor {
    const name = `model.layers.${i}`;
    const h = t.rmsNorm(x, w.get(`${name}.input_layernorm.weight`), 1e-6);
    const sizes = [heads, kvHeads, kvHeads].map((n) => n * headDim);
    const [q, k, v] = t.split(qkv(w, `${name}.self_attn`, h, true), sizes, 1);
    const normed = (r: Tensor, part: string) =>
      t.reshape(t.rmsNorm(t.reshape(r, [-1, headDim]), w.get(norm(i, part)), 1e-6), r.shape);
    const gathered = attend(rotate(normed(q, 'q')), rotate(normed(k, 'k')), v);
    const y = t.add(kept, t.linear(gathered, w.get(`${name}.self_attn.o_proj.weight`)));
    const m = t.rmsNorm(y, w.get(`${name}.post_attention_layernorm.weight`), 1e-6);
    return t.add(y, mlp(w, `${name}.mlp`, m, false));
  }
  return {
    ...base,
    decoder,
    parameters: [
      ...base.parameters,
      ...Array.from({ length: layers }, (_, i) => ['q', 'k'].map((part) => norm(i, part)))
        .flat()
        .map((name) => ({ name, shape: [headDim] })),
    ],
    layer,
    rows(w, l, view, taps) {
      const imageEmbeds = l.vision && visionTower(w, vision, l.vision, view);
      const x = placed(w, l, decoder.embedding, imageEmbeds);
      const rows = rowsOf(l);
      const again = imageEmbeds
        ? t.permuteRows(
            [t.zeros([rows, x.shape[1]]), imageEmbeds],
            input('place', [rows], 'int32'),
            input('place.back', [rows + l.imageTokens], 'int32'),
          )
        : null;
      const withPictures = (i: number, r: Tensor, call: LayerCall) => {
        const y = layer(w, i, r, call);
        return i === 0 && again ? t.add(y, again) : y;
      };
      return { ...overRows(decoder, l, x, withPictures, taps), imageEmbeds };
    },
  };
}

const scratch = mkdtempSync(join(tmpdir(), 'families-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const checkpointOf = (policy: Policy): Checkpoint => ({
  policy,
  parameters: initialParameters(policy, random('families')),
  layout: policy.names.usual,
  extraFiles: new Map(),
});

/** Two questions, of one picture and of two pictures of other sizes. */
function questions(policy: Policy): Prompt[] {
  const { patchSize, mergeSize, temporalPatchSize, inChannels } = policy.patches;
  const rng = random('pictures');
  const picture = (h: number, w: number): PreparedImage => ({
    gridThw: [1, h * mergeSize, w * mergeSize],
    pixelValues_NC: Float32Array.from(
      { length: h * w * mergeSize ** 2 * inChannels * temporalPatchSize * patchSize ** 2 },
      () => rng.normal(),
    ),
    rgb: blackImage(1, 1),
  });
  const { image, visionStart, visionEnd } = policy.tokens;
  return [
    [[2, 2]],
    [
      [3, 2],
      [1, 4],
    ],
  ].map((sizes, i) => ({
    id: `question ${i}`,
    ids_L: Int32Array.from([
      10,
      ...sizes.flatMap(([h, w]) => [visionStart, ...new Array<number>(h * w).fill(image), visionEnd]),
      11 + i,
      12,
    ]),
    views: { original: sizes.map(([h, w]) => picture(h, w)) },
  }));
}

describe.each([
  ...families.map((f) => [f.title, f.create(WANTED)] as const),
  ['one that is written here', another()] as const,
])('%s', (_, policy) => {
  it('answers with the log-probabilities that the training graph has, and its gradient holds', async () => {
    const engine = await OnnxEngine.open(checkpointOf(policy), { inProcess: true, threads: 1, round: 8 });
    const prompts = questions(policy);
    const rollouts = await engine.sample(prompts, {
      samples: 3,
      maxTokens: 8,
      temperature: 1,
      topP: 1,
      seed: 'families',
    });
    const groups = prompts.map((prompt, p) => ({
      prompt,
      responses_G: rollouts[p].map((r) => r.tokens_T),
      arrays_G: rollouts[p].map(({ tokens_T }, g) => ({
        weight: new Float32Array(tokens_T.length).fill(0.1),
        advantage: new Float32Array(tokens_T.length).fill(g - 0.8),
      })),
    }));
    const { logprobs, repeat, slope } = await engine.verify(groups, { temperature: 1 });
    rollouts.flat().forEach((r, i) => {
      const trained = logprobs.flat()[i];
      expect(r.logprobs_T.length).toBe(trained.length);
      r.logprobs_T.forEach((v, j) => {
        expect(Math.abs(v - trained[j])).toBeLessThan(1e-4);
      });
    });
    expect(repeat).toBe(0);
    expect(slope).toBeLessThan(0.02);
    // The pictures are seen: without them the same answers have other probabilities.
    const [seen] = await engine.score(groups.slice(0, 1), {
      policy: 'current',
      view: 'original',
      temperature: 1,
    });
    const [{ prompt, responses_G }] = groups;
    const blank = prompt.views.original.map((p) => ({ ...p, pixelValues_NC: p.pixelValues_NC.map(() => 0) }));
    const [unseen] = await engine.score(
      [{ prompt: { ...prompt, views: { original: blank } }, responses_G }],
      {
        policy: 'current',
        view: 'original',
        temperature: 1,
      },
    );
    expect(seen[0]).not.toEqual(unseen[0]);
    await engine.close();
  });
});

describe.each(families.map((f) => [f.title, f] as const))('the files of %s', (title, family) => {
  const policy = family.create(WANTED);

  it('are read as the policy that they were written from', () => {
    const dir = join(scratch, family.modelType);
    const written = checkpointOf(policy);
    writeCheckpoint(dir, written);
    const read = readCheckpoint(dir);
    for (const part of ['family', 'raw', 'tokens', 'patches', 'decoder', 'parameters'] as const)
      expect(read.policy[part]).toEqual(policy[part]);
    expect(read.parameters).toEqual(written.parameters);
    expect(read.layout).toBe(policy.names.usual);
  });

  it('name each parameter once, and give its name back', () => {
    const own = policy.parameters.map(({ name }) => name);
    expect(new Set(own).size).toBe(own.length);
    for (const name of own) {
      const stored = policy.names.toStored(name, policy.names.usual);
      expect(policy.names.toOwn(stored)).toBe(name);
      expect([undefined, policy.names.usual]).toContain(policy.names.layoutOf(stored));
    }
  });

  it('are known by their type, and so are parts that were saved alone', () => {
    expect(parsePolicy(policy.raw.config, policy.raw.generation, 'x').family).toBe(family);
    for (const [type, what] of Object.entries(family.parts))
      expect(() => parsePolicy({ model_type: type }, undefined, 'x')).toThrow(
        `x/config.json: "model_type" is "${type}", that is ${what}; supported`,
      );
    expect(() => parsePolicy({ model_type: 'nothing' }, undefined, 'x')).toThrow(
      `"${family.modelType}" (${title})`,
    );
  });
});
