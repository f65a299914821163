import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../random.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { type Feeds, Session } from '../tensor/session.ts';
import { decodeImage } from '../vision/decode.ts';
import { parseProcessorConfig, prepareImage } from '../vision/processor.ts';
import { type BatchGroup, buildBatch, pixelFeed } from './batch.ts';
import { readCheckpoint } from './checkpoint.ts';
import { generationProgram } from './generate.ts';
import { logProbs, policyGraph } from './policy.ts';
import { chooseToken, type Sampling } from './sampling.ts';
import { Weights } from './weights.ts';

const GOLDEN = new URL('../../test/golden/qwen2_5_vl/', import.meta.url).pathname;

interface GoldenPrompt {
  id: string;
  images: string[];
  input_ids: number[];
  greedy_ids: number[];
  greedy_top1_minus_top2: number[];
}

async function open(name: string) {
  const dir = `${GOLDEN}${name}`;
  const checkpoint = readCheckpoint(dir);
  const processor = parseProcessorConfig(
    JSON.parse(readFileSync(`${dir}/preprocessor_config.json`, 'utf8')),
    dir,
  );
  const { prompts } = JSON.parse(readFileSync(`${dir}/expected.json`, 'utf8')) as { prompts: GoldenPrompt[] };
  const weights: Feeds = Object.fromEntries([...checkpoint.parameters].map(([n, p]) => [n, p.data]));
  const groups: BatchGroup[] = await Promise.all(
    prompts.map(async (p) => ({
      ids_L: Int32Array.from(p.input_ids),
      images: await Promise.all(
        p.images.map(async (n) =>
          prepareImage(await decodeImage(readFileSync(`${GOLDEN}images/${n}.png`), n), processor),
        ),
      ),
      responses_G: [],
    })),
  );
  return { c: checkpoint.policy, prompts, weights, groups };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Rollouts [P·G][T] with their log-probabilities, cut at the end token. */
async function generate(
  { c, weights }: Opened,
  groups: BatchGroup[],
  samples: number,
  block: number,
  sampling: Sampling,
  more: Feeds = {},
  key = 'generate',
) {
  const batch = buildBatch(groups, c, { round: 8, block });
  const tokens = { ended: c.tokens.eos, banned: [c.tokens.image] };
  const program = generationProgram(new Weights(c), c, batch.layout, samples, 'original', sampling, tokens);
  const session = await Session.create(program);
  const rng = random(key);
  const B = groups.length * samples;
  const feeds: Feeds = {
    ...weights,
    ...batch.feeds,
    'original.pixels': batch.layout.vision
      ? pixelFeed(
          batch,
          groups.flatMap((g) => g.images),
          c,
        )
      : new Float32Array(0),
    uniforms: Float32Array.from({ length: block * B }, () => Math.floor(rng.next() * 2 ** 24) / 2 ** 24),
    turns: BigInt64Array.of(BigInt(block)),
    temperature: Float32Array.of(1),
    topP: Float32Array.of(1),
    ...more,
  };
  const got = await session.run(feeds);
  await session.close();
  const turns = got.tokens.length / B;
  return Array.from({ length: B }, (_, b) => {
    const tokens: number[] = [];
    const logprobs: number[] = [];
    for (let j = 0; j < turns; j++) {
      tokens.push(Number(got.tokens[j * B + b]));
      logprobs.push(Number(got.logprobs[j * B + b]));
      if (c.tokens.eos.includes(tokens[j])) break;
    }
    return { tokens, logprobs };
  });
}

describe.each(['tiny_tied', 'tiny_untied'])('%s', (name) => {
  it('greedy tokens are those of transformers, prompts of every length and image count in one batch', async () => {
    const opened = await open(name);
    const got = await generate(opened, opened.groups, 1, 32, 'greedy');
    opened.prompts.forEach((p, i) => {
      // Where two logits are within float noise of each other either choice is right, and what follows may differ.
      const close = p.greedy_top1_minus_top2.findIndex((m) => m < 1e-3);
      const upTo = close < 0 ? p.greedy_ids.length : close;
      expect(got[i].tokens.slice(0, upTo), p.id).toEqual(p.greedy_ids.slice(0, upTo));
      if (close < 0) expect(got[i].tokens.length, p.id).toBe(p.greedy_ids.length);
    });
  });

  it('returned log-probs are those of a full forward over the sampled tokens, at any temperature', async () => {
    const opened = await open(name);
    const { c, weights, groups } = opened;
    const rollouts = await generate(opened, groups, 3, 12, 'full', { temperature: Float32Array.of(0.7) });
    const scored = groups.map((g, p) => ({
      ...g,
      responses_G: rollouts.slice(3 * p, 3 * p + 3).map((r) => Int32Array.from(r.tokens)),
    }));
    const batch = buildBatch(scored, c, { round: 8 });
    const session = await Session.create(
      compile({ logp: logProbs(new Weights(c), c, batch.layout, 'original', 0.7) }),
    );
    const pixels = pixelFeed(
      batch,
      groups.flatMap((g) => g.images),
      c,
    );
    const { logp } = await session.run({ ...weights, ...batch.feeds, 'original.pixels': pixels });
    await session.close();
    rollouts.forEach((r, b) => {
      r.logprobs.forEach((v, j) => {
        expect(Math.abs(v - Number(logp[b * batch.layout.block + j]))).toBeLessThan(2e-4);
      });
    });
  });
});

it('the same uniforms give the same rollouts; others give others', async () => {
  const opened = await open('tiny_tied');
  const groups = opened.groups.slice(2, 5);
  const run = (key: string) => generate(opened, groups, 4, 10, 'full', {}, key);
  const [a, b, other] = [await run('a'), await run('a'), await run('b')];
  expect(a).toEqual(b);
  expect(a).not.toEqual(other);
});

it('first-token frequencies are the model’s probabilities (chi-square), the image pad is never drawn', async () => {
  const opened = await open('tiny_tied');
  const { c, weights, groups } = opened;
  const group = groups[2];
  const batch = buildBatch([{ ...group, responses_G: [Int32Array.of(0)] }], c);
  const session = await Session.create(
    compile({ p: t.softmax(policyGraph(new Weights(c), c, batch.layout, 'original').logits) }),
  );
  const { p } = await session.run({
    ...weights,
    ...batch.feeds,
    'original.pixels': pixelFeed(batch, group.images, c),
  });
  await session.close();
  const N = 6000;
  const rollouts = await generate(opened, [group], N, 1, 'full');
  const seen = new Float64Array(c.decoder.vocabSize);
  for (const r of rollouts) seen[r.tokens[0]]++;
  expect(seen[c.tokens.image]).toBe(0);
  const allowed = 1 - Number(p[c.tokens.image]);
  chiSquare(
    Array.from(p as Float32Array, (v, i) => (i === c.tokens.image ? 0 : Number(v) / allowed)),
    seen,
    N,
  );
});

/** Pools cells below five expected draws and asks that the statistic lies within five standard deviations. */
function chiSquare(expected: number[], seen: ArrayLike<number>, n: number): void {
  let statistic = 0;
  let cells = 0;
  let restExpected = 0;
  let restSeen = 0;
  expected.forEach((q, i) => {
    if (q === 0) expect(seen[i]).toBe(0);
    if (q * n < 5) {
      restExpected += q * n;
      restSeen += seen[i];
      return;
    }
    statistic += (seen[i] - q * n) ** 2 / (q * n);
    cells++;
  });
  if (restExpected > 0) statistic += (restSeen - restExpected) ** 2 / restExpected;
  expect(Math.abs(statistic - cells) / Math.sqrt(2 * cells)).toBeLessThan(5);
}

describe('choosing a token', () => {
  const rows = 4000;
  const draw = async (
    logits: number[],
    sampling: Sampling,
    topP: number,
    temperature = 1,
    uniform?: number,
  ) => {
    const one = t.constant(logits, [1, logits.length]);
    const u = t.input('u', [rows]);
    const { token, logprob } = chooseToken(t.expand(one, [rows, logits.length]), u, sampling, []);
    const session = await Session.create(compile({ token, logprob }));
    const rng = random('draw', sampling, topP);
    const got = await session.run({
      u: Float32Array.from({ length: rows }, () => uniform ?? rng.next()),
      temperature: Float32Array.of(temperature),
      topP: Float32Array.of(topP),
    });
    await session.close();
    const counts = new Float64Array(logits.length);
    for (const v of got.token as Int32Array) counts[v]++;
    return { counts, got };
  };
  const p = [0.05, 0.4, 0.02, 0.3, 0.13, 0.1];

  it('nucleus keeps the smallest set that reaches top-p and renormalises it', async () => {
    const { counts, got } = await draw(p.map(Math.log), 'nucleus', 0.8);
    const kept = p.map((q, i) => ([1, 3, 4].includes(i) ? q / 0.83 : 0));
    chiSquare(kept, counts, rows);
    // The log-probability returned is that of the untruncated distribution.
    Array.from(got.token as Int32Array).forEach((v, i) => {
      expect(Number(got.logprob[i])).toBeCloseTo(Math.log(p[Number(v)]), 5);
    });
  });

  it('temperature sharpens', async () => {
    const { counts } = await draw(p.map(Math.log), 'full', 1, 0.5);
    const norm = p.reduce((s, q) => s + q * q, 0);
    chiSquare(
      p.map((q) => (q * q) / norm),
      counts,
      rows,
    );
  });

  it.each([0, 1 - 2 ** -24])('a draw of %f never lands on a token without mass', async (u) => {
    const logits = [-1e9, ...Array.from({ length: 97 }, (_, i) => Math.sin(i)), -1e9, -1e9];
    const { counts } = await draw(logits, 'full', 1, 1, u);
    expect(counts[0] + counts[98] + counts[99]).toBe(0);
  });
});
