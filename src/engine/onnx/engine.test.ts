import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../model/safetensors-file.ts';
import type { Objective } from '../../objective/types.ts';
import * as t from '../../tensor/ops.ts';
import { decodeImage } from '../../vision/decode.ts';
import { parseProcessorConfig, prepareImage } from '../../vision/processor.ts';
import type { Prompt, Rollout, TrainGroup } from '../types.ts';
import { type OnnxEngine, openOnnxEngine } from './engine.ts';

const GOLDEN = new URL('../../../test/golden/qwen2_5_vl/', import.meta.url).pathname;
// A thread runs built code.
const BUILT = new URL('../../../dist/engine/onnx/engine.js', import.meta.url).href;
const DIR = `${GOLDEN}tiny_tied`;
const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, gradClip: 1 };

async function prompts(ids: string[]): Promise<Prompt[]> {
  const processor = parseProcessorConfig(
    JSON.parse(readFileSync(`${DIR}/preprocessor_config.json`, 'utf8')),
    DIR,
  );
  const golden = JSON.parse(readFileSync(`${DIR}/expected.json`, 'utf8')).prompts as {
    id: string;
    images: string[];
    input_ids: number[];
  }[];
  const load = async (name: string) =>
    prepareImage(await decodeImage(readFileSync(`${GOLDEN}images/${name}.png`), name), processor);
  return Promise.all(
    ids.map(async (id) => {
      const p = golden.find((x) => x.id === id)!;
      const original = await Promise.all(p.images.map(load));
      const masked = original.map((i) => ({
        ...i,
        pixelValues_NC: i.pixelValues_NC.map((v, k) => (k % 3 ? v : -1.8)),
      }));
      return { id, ids_L: Int32Array.from(p.input_ids), views: { original, masked } };
    }),
  );
}

const objective: Objective = {
  gradientViews: ['masked'],
  arrays: ['advantage'],
  coefficients: { gap: -0.5 },
  build: ({ logp, logp_masked, weight, advantage }, { gap: coefficient }) => {
    const gain = t.sum(t.mul(weight, t.mul(advantage, logp)));
    const gap = t.sum(t.mul(weight, t.sub(logp, logp_masked)));
    return { loss: t.add(t.neg(gain), t.mul(coefficient, gap)), terms: { gain, gap } };
  },
};

const bytes = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

const train = (prompts_P: Prompt[], rollouts: Rollout[][]): TrainGroup[] =>
  prompts_P.map((prompt, p) => ({
    prompt,
    responses_G: rollouts[p].map((r) => r.tokens_T),
    arrays_G: rollouts[p].map((r, g) => ({
      weight: new Float32Array(r.tokens_T.length).fill(0.01 * (p + 1)),
      advantage: new Float32Array(r.tokens_T.length).fill(g % 2 ? 1 : -0.5),
    })),
  }));

const options = { samples: 3, maxTokens: 10, temperature: 0.9, topP: 1, seed: 'engine' };
const temperature = 0.9;

describe('the engine on ONNX Runtime', () => {
  let engine: OnnxEngine;
  let asked: Prompt[];
  const scratch = mkdtempSync(join(tmpdir(), 'papo-engine-'));

  beforeAll(async () => {
    engine = await openOnnxEngine({ checkpointDir: DIR, inProcess: true });
    asked = await prompts(['p0_text', 'p2_square', 'p5_two', 'p6_partial_window']);
  });
  afterAll(async () => {
    await engine.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('samples what it scores: log-probs of the sampler are those of a forward, whatever the batch', async () => {
    const rollouts = await engine.sample(asked, options);
    const groups = asked.map((prompt, p) => ({ prompt, responses_G: rollouts[p].map((r) => r.tokens_T) }));
    const scored = await engine.score(groups, { policy: 'current', view: 'original', temperature });
    const alone = await engine.score(groups.slice(1, 2), {
      policy: 'reference',
      view: 'original',
      temperature,
    });
    rollouts.forEach((group, p) => {
      group.forEach((r, g) => {
        expect(r.tokens_T.length).toBeGreaterThan(0);
        r.logprobs_T.forEach((v, j) => {
          expect(Math.abs(v - scored[p][g][j])).toBeLessThan(2e-4);
          if (p === 1) expect(Math.abs(v - alone[0][g][j])).toBeLessThan(2e-4);
        });
      });
    });
  });

  it('draws the same rollouts whichever way the prompts are cut into programs', async () => {
    const small = await openOnnxEngine({ checkpointDir: DIR, inProcess: true, rolloutBatch: 3 });
    const [a, b] = [await engine.sample(asked, options), await small.sample(asked, options)];
    await small.close();
    expect(a.flat().map((r) => [...r.tokens_T])).toEqual(b.flat().map((r) => [...r.tokens_T]));
  });

  it('draws of the likeliest tokens only where it is told to', async () => {
    const [one, greedy] = [
      await engine.sample(asked, { ...options, topK: 1 }),
      await engine.sample(asked, { ...options, temperature: 0 }),
    ];
    const tokens = (rollouts: Rollout[][]) => rollouts.flat().map((r) => [...r.tokens_T]);
    expect(tokens(one)).toEqual(tokens(greedy));
    const all = await engine.sample(asked, options);
    expect(tokens(await engine.sample(asked, { ...options, topK: 0 }))).toEqual(tokens(all));
    expect(tokens(await engine.sample(asked, { ...options, topK: 20 }))).not.toEqual(tokens(all));
  });

  it.each([
    { piece: 1, temperature: 0.9, topP: 1, samples: 3, maxTokens: 10 },
    { piece: 4, temperature: 0.9, topP: 0.8, samples: 3, maxTokens: 10 },
    { piece: 7, temperature: 0.9, topP: 0.9, topK: 30, samples: 2, maxTokens: 24 },
    { piece: 5, temperature: 0, topP: 1, samples: 1, maxTokens: 24 },
    { piece: 50, temperature: 1.1, topP: 1, samples: 1, maxTokens: 10 },
    { piece: undefined, temperature: 1, topP: 1, samples: 2, maxTokens: 33 },
  ])('draws the same bits in pieces, and tells of every token once: %o', async ({ piece, ...how }) => {
    const cut = await openOnnxEngine({ checkpointDir: DIR, inProcess: true, piece, rolloutBatch: 8 });
    const told = asked.map(() => Array.from({ length: how.samples }, (): number[][] => []));
    const onTokens = (p: number, g: number, tokens: Int32Array) => told[p][g].push([...tokens]);
    const streamed = await cut.sample(asked, { ...how, seed: 'pieces', onTokens });
    const whole = await cut.sample(asked, { ...how, seed: 'pieces' });
    await cut.close();
    streamed.forEach((group, p) => {
      group.forEach((r, g) => {
        expect([...r.tokens_T]).toEqual([...whole[p][g].tokens_T]);
        expect(bytes(r.logprobs_T).equals(bytes(whole[p][g].logprobs_T))).toBe(true);
        expect(r.stopReason).toBe(whole[p][g].stopReason);
        expect(told[p][g].flat()).toEqual([...r.tokens_T]);
        if (piece) expect(told[p][g].length).toBe(Math.ceil(r.tokens_T.length / piece));
      });
    });
  });

  it('draws the same bits in pieces across the worker thread, two streams at a time', async () => {
    const built: typeof import('./engine.ts') = await import(BUILT);
    const worker = await built.openOnnxEngine({ checkpointDir: DIR, piece: 3 });
    let told = 0;
    const onTokens = () => told++;
    const [a, b] = await Promise.all([
      worker.sample(asked, { ...options, onTokens }),
      worker.sample(asked.slice(0, 2), { ...options, seed: 'other', onTokens }),
    ]);
    expect(told).toBeGreaterThan(2 * 6);
    expect(a).toEqual(await worker.sample(asked, options));
    expect(b).toEqual(await worker.sample(asked.slice(0, 2), { ...options, seed: 'other' }));
    const broken = worker.sample(asked, {
      ...options,
      onTokens: () => {
        throw new Error('the listener has gone');
      },
    });
    await expect(broken).rejects.toThrow('the listener has gone');
    await worker.close();
  });

  it('tells a masked view from the original', async () => {
    const rollouts = await engine.sample(asked, options);
    const groups = asked.map((prompt, p) => ({ prompt, responses_G: rollouts[p].map((r) => r.tokens_T) }));
    const [original, masked] = [
      await engine.score(groups, { policy: 'current', view: 'original', temperature }),
      await engine.score(groups, { policy: 'current', view: 'masked', temperature }),
    ];
    expect(masked[0]).toEqual(original[0]);
    for (const p of [1, 2, 3]) expect(masked[p]).not.toEqual(original[p]);
  });

  it('micro-batches add up to the whole: terms and the step they lead to', async () => {
    const rollouts = await engine.sample(asked, options);
    const whole = await openOnnxEngine({ checkpointDir: DIR, inProcess: true });
    const cut = await openOnnxEngine({ checkpointDir: DIR, inProcess: true, microBatchRows: 400 });
    const groups = train(asked, rollouts);
    const [a, b] = [
      await whole.accumulate(groups, objective, { temperature }),
      await cut.accumulate(groups, objective, { temperature }),
    ];
    for (const name of ['loss', 'gain', 'gap'])
      expect(Math.abs(b[name] - a[name]) / Math.abs(a[name]), name).toBeLessThan(1e-5);
    const [sa, sb] = [await whole.step(ADAM), await cut.step(ADAM)];
    expect(sa.gradNorm).toBeGreaterThan(0);
    expect(Math.abs(sa.gradNorm - sb.gradNorm) / sa.gradNorm).toBeLessThan(1e-4);
    await Promise.all([whole.close(), cut.close()]);
  });

  it('saves and loads policy and optimiser: the next step is the same', async () => {
    const rollouts = await engine.sample(asked, options);
    const groups = train(asked, rollouts);
    const first = await openOnnxEngine({ checkpointDir: DIR, inProcess: true });
    await first.accumulate(groups, objective, { temperature });
    await first.step(ADAM);
    await first.save(join(scratch, 'saved'));
    const second = await openOnnxEngine({ checkpointDir: DIR, inProcess: true });
    await second.load(join(scratch, 'saved'));
    for (const e of [first, second]) {
      await e.accumulate(groups, objective, { temperature });
      await e.step(ADAM);
    }
    const [a, b] = [await first.snapshot(), await second.snapshot()];
    for (const [name, p] of a.parameters) expect(b.parameters.get(name)!.data).toEqual(p.data);
    // The reference stays what the engine was opened with.
    const group = [{ prompt: asked[1], responses_G: [rollouts[1][0].tokens_T] }];
    const reference = { policy: 'reference' as const, view: 'original', temperature };
    expect(await second.score(group, reference)).toEqual(await engine.score(group, reference));
    expect(await second.score(group, { ...reference, policy: 'current' })).not.toEqual(
      await engine.score(group, reference),
    );
    const names = [...readSafetensors(join(scratch, 'saved', 'optimizer.safetensors')).keys()];
    expect(names).toContain('moment2.visual.patch_embed.proj.weight');
    await Promise.all([first.close(), second.close()]);
  });

  it('moves what learns alone, and keeps moments of nothing else', async () => {
    const learns = (name: string) => name.startsWith('model.layers.1.');
    const groups = train(asked, await engine.sample(asked, options));
    const open = async () => {
      const part = await openOnnxEngine({ checkpointDir: DIR, inProcess: true, learns });
      return { part, before: (await part.snapshot()).parameters };
    };
    const { part, before } = await open();
    await part.accumulate(groups, objective, { temperature });
    const whole = await openOnnxEngine({ checkpointDir: DIR, inProcess: true });
    await whole.accumulate(groups, objective, { temperature });
    const [some, all] = [await part.step(ADAM), await whole.step(ADAM)];
    expect(some.gradNorm).toBeGreaterThan(0);
    expect(some.gradNorm).toBeLessThan(all.gradNorm);
    const after = (await part.snapshot()).parameters;
    for (const [name, { data }] of after)
      expect([name, Buffer.compare(bytes(data), bytes(before.get(name)!.data)) !== 0]).toEqual([
        name,
        learns(name),
      ]);
    await part.save(join(scratch, 'part'));
    const saved = [...readSafetensors(join(scratch, 'part', 'optimizer.safetensors')).keys()];
    const trainable = [...after.keys()].filter(learns);
    expect(saved).toEqual(['step', ...trainable.flatMap((name) => [`moment1.${name}`, `moment2.${name}`])]);
    const { part: resumed } = await open();
    await resumed.load(join(scratch, 'part'));
    expect((await resumed.snapshot()).parameters).toEqual(after);
    expect(await resumed.verify(groups, { temperature })).toMatchObject({ repeat: 0 });
    await expect(whole.load(join(scratch, 'part'))).rejects.toThrow(
      'moment1.visual.patch_embed.proj.weight is missing; take another checkpoint',
    );
    await Promise.all([part.close(), whole.close(), resumed.close()]);
  });

  it('says which view or array is missing', async () => {
    const [prompt] = asked;
    const response = Int32Array.of(3, 4);
    await expect(
      engine.score([{ prompt, responses_G: [response] }], {
        policy: 'current',
        view: 'blurred',
        temperature: 1,
      }),
    ).rejects.toThrow('it has no view called blurred; views: original,masked');
    const group = { prompt, responses_G: [response], arrays_G: [{ weight: new Float32Array(2) }] };
    await expect(engine.accumulate([group], objective, { temperature: 1 })).rejects.toThrow(
      'p0_text has no values of advantage for 2 tokens',
    );
  });
});
