/** The objective in the parameters of a real Qwen2.5-VL: every term moves them, and what has coefficient 0 costs nothing. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeObjective } from '../../../test/golden/objective/kit.ts';
import { randomMask } from '../../mask/kinds/random.ts';
import { type Batch, type BatchGroup, buildBatch, pixelFeed } from '../../model/batch.ts';
import { type Checkpoint, readCheckpoint } from '../../model/checkpoint.ts';
import { type ObjectiveInput, parseObjective } from '../../objective/config.ts';
import { random } from '../../random.ts';
import { type Feeds, Session } from '../../tensor/session.ts';
import { decodeImage } from '../../vision/decode.ts';
import { parseProcessorConfig, prepareImage } from '../../vision/processor.ts';
import { coefficientFeeds, GRADIENT } from '../program.ts';
import { addRows } from './executor.ts';
import { trainingProgram } from './training-program.ts';

const GOLDEN = new URL('../../../test/golden/qwen2_5_vl/', import.meta.url).pathname;
const DIR = `${GOLDEN}tiny_untied`;

let checkpoint: Checkpoint;
let groups: BatchGroup[];
let batch: Batch;
let feeds: Feeds;

beforeAll(async () => {
  checkpoint = readCheckpoint(DIR);
  const processor = parseProcessorConfig(
    JSON.parse(readFileSync(`${DIR}/preprocessor_config.json`, 'utf8')),
    DIR,
  );
  const golden = JSON.parse(readFileSync(`${DIR}/expected.json`, 'utf8')).prompts as {
    images: string[];
    input_ids: number[];
    response_ids: number[];
  }[];
  const rng = random('objective');
  groups = await Promise.all(
    golden.map(async (p) => ({
      ids_L: Int32Array.from(p.input_ids),
      images: await Promise.all(
        p.images.map(async (n) =>
          prepareImage(await decodeImage(readFileSync(`${GOLDEN}images/${n}.png`), n), processor),
        ),
      ),
      responses_G: [Int32Array.from(p.response_ids), Int32Array.from(p.response_ids.slice(0, 6).reverse())],
    })),
  );
  const c = checkpoint.policy;
  batch = buildBatch(groups, c);
  const hidden = groups.map((g) => ({
    ...g,
    images: g.images.map((i) => {
      const image = i as Awaited<ReturnType<typeof prepareImage>>;
      return prepareImage(randomMask(0.6).apply(image.rgb, rng) as typeof image.rgb, processor);
    }),
  }));
  const { prompts, samples, block } = batch.layout;
  const tokens = (draw: (d: number, j: number) => number) =>
    Float32Array.from({ length: prompts * samples * block }, (_, i) => {
      const d = Math.floor(i / block);
      const length = groups[Math.floor(d / samples)].responses_G[d % samples].length;
      return i % block < length ? draw(d, i % block) : 0;
    });
  feeds = {
    ...Object.fromEntries([...checkpoint.parameters].map(([n, p]) => [n, p.data])),
    ...batch.feeds,
    'original.pixels': pixelFeed(
      batch,
      groups.flatMap((g) => g.images),
      c,
    ),
    'masked.pixels': pixelFeed(
      batch,
      hidden.flatMap((g) => g.images),
      c,
    ),
    weight: tokens(() => 0.01),
    tokenWeight: tokens(() => 0.012),
    sftWeight: tokens((d) => (d % 2 ? 0.01 : 0)),
    advantage: tokens((d) => (d % 2 ? 0.8 : -0.7)),
    logp_old: tokens(() => -5.8 + 0.2 * rng.normal()),
    logp_ref: tokens(() => -5.6 + 0.5 * rng.normal()),
    logp_masked: tokens(() => -6.2 + 0.5 * rng.normal()),
  };
});

async function gradient(
  input: ObjectiveInput,
): Promise<{ grads: Map<string, Float32Array>; operators: number; inputs: string[] }> {
  const objective = makeObjective(parseObjective(input));
  const program = trainingProgram(checkpoint.policy, batch.layout, objective, 1);
  const session = await Session.create(program);
  const out = await session.run({ ...feeds, ...coefficientFeeds(objective) });
  await session.close();
  const grads = new Map<string, Float32Array>();
  for (const [name, g] of Object.entries(out))
    if (name.startsWith(GRADIENT)) grads.set(name, g as Float32Array);
  for (const { output, parameter, ids } of program.rowGradients) {
    const name = GRADIENT + parameter;
    const table = grads.get(name) ?? new Float32Array(checkpoint.parameters.get(parameter)!.data.length);
    addRows(table, out[output] as Float32Array, feeds[ids] as Int32Array);
    grads.set(name, table);
  }
  return { grads, operators: program.operators, inputs: program.inputs.map((i) => i.name) };
}

const norm = (g: Map<string, Float32Array>) =>
  Math.sqrt([...g.values()].reduce((s, a) => s + a.reduce((x, v) => x + v * v, 0), 0));

function difference(a: Map<string, Float32Array>, b: Map<string, Float32Array>): number {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  const d = new Map([...a].map(([n, x]) => [n, x.map((v, i) => v - b.get(n)![i])]));
  return norm(d) / norm(a);
}

const none: ObjectiveInput = { gamma: 0, beta: 0, eta1: 0, eta2: 0 };

describe('each coefficient moves the gradient of the parameters, vision tower included', () => {
  const terms: Record<string, [ObjectiveInput, ObjectiveInput]> = {
    'γ, masked branch as data': [
      { ...none, gamma: 0.02 },
      { ...none, gamma: 0.2 },
    ],
    'γ, masked branch with gradient': [
      { ...none, gamma: 0.02, maskedGradient: 'on' },
      { ...none, gamma: 0.2, maskedGradient: 'on' },
    ],
    β: [
      { ...none, beta: 0.01 },
      { ...none, beta: 0.1 },
    ],
    η1: [
      { ...none, gamma: 0.02, eta1: 0.01 },
      { ...none, gamma: 0.02, eta1: 0.1 },
    ],
    'η2, masked branch with gradient': [
      { ...none, gamma: 0.02, maskedGradient: 'on', eta2: 0.01 },
      { ...none, gamma: 0.02, maskedGradient: 'on', eta2: 0.1 },
    ],
    sft: [
      { ...none, sft: 0.01 },
      { ...none, sft: 0.1 },
    ],
    entropy: [
      { ...none, entropy: 0.01 },
      { ...none, entropy: 0.1 },
    ],
  };
  it.each(Object.keys(terms))('%s', async (name) => {
    const [little, much] = await Promise.all(terms[name].map(gradient));
    expect(difference(little.grads, much.grads)).toBeGreaterThan(1e-3);
    const tower = `${GRADIENT}visual.patch_embed.proj.weight`;
    expect(little.grads.get(tower)).not.toEqual(much.grads.get(tower));
  });

  it('η2 is a constant where the masked branch is data, as in the public default', async () => {
    const [a, b] = await Promise.all([
      gradient({ ...none, gamma: 0.02, eta2: 0.01 }),
      gradient({ ...none, gamma: 0.02, eta2: 0.1 }),
    ]);
    expect(difference(a.grads, b.grads)).toBe(0);
  });
});

it('γ = 0 is GRPO bit for bit, and what has coefficient 0 adds no operator and reads no input', async () => {
  const grpo = await gradient({ gamma: 0, beta: 0.01 });
  const papo = await gradient({
    gamma: 0,
    beta: 0.01,
    eta1: 0.05,
    eta2: 0.05,
    maskedGradient: 'on',
    penalty: 'paper',
  });
  for (const [name, g] of grpo.grads) expect(papo.grads.get(name)).toEqual(g);
  expect(papo.operators).toBe(grpo.operators);
  expect(papo.inputs).toEqual(grpo.inputs);
  expect(papo.inputs).not.toContain('masked.pixels');
  const bare = await gradient(none);
  expect(bare.operators).toBeLessThan(grpo.operators);
  expect(bare.inputs).not.toContain('logp_ref');
});
