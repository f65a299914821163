import { describe, expect, it } from 'vitest';
import { random } from '../random.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { Session } from '../tensor/session.ts';
import { chooseToken, type Sampling } from './sampling.ts';

interface Drawing {
  logits: number[][];
  uniforms: number[];
  topK: number;
  topP: number;
  temperature: number;
  banned?: number[];
  sampling?: Sampling;
}

async function draw(d: Drawing) {
  const [rows, vocab] = [d.logits.length, d.logits[0].length];
  const { token, logprob } = chooseToken(
    t.input('logits', [rows, vocab]),
    t.input('u', [rows]),
    d.sampling ?? (d.topP < 1 ? 'nucleus' : 'full'),
    d.banned ?? [],
    d.topK,
  );
  const session = await Session.create(compile({ token, logprob }));
  const got = await session.run({
    logits: Float32Array.from(d.logits.flat()),
    u: Float32Array.from(d.uniforms),
    temperature: Float32Array.of(d.temperature),
    topP: Float32Array.of(d.topP),
  });
  await session.close();
  return { tokens: Array.from(got.token as Int32Array), logprobs: Array.from(got.logprob as Float32Array) };
}

const softmax = (x: number[]) => {
  const most = Math.max(...x);
  const e = x.map((v) => Math.exp(v - most));
  const sum = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / sum);
};

/** As Hugging Face has it: temperature, then the k largest with all that equal the k-th, then the nucleus of these. */
function massOf(row: number[], { topK, topP, temperature, banned = [] }: Drawing): number[] {
  let scores = row.map((v, i) => (banned.includes(i) ? -Infinity : Math.fround(v) / temperature));
  if (topK > 0) {
    const kth = [...scores].sort((a, b) => b - a)[Math.min(topK, scores.length) - 1];
    scores = scores.map((v) => (v < kth ? -Infinity : v));
  }
  const p = softmax(scores);
  const falling = [...p].sort((a, b) => b - a);
  let before = 0;
  let least = falling[0];
  for (const v of falling) {
    if (before >= topP) break;
    if (v > 0) least = v;
    before += v;
  }
  return p.map((v) => (v >= least ? v : 0));
}

/** How far a draw is from the stretch of the running mass that its token has; 0 within. */
function misses(mass: number[], token: number, uniform: number): number {
  const total = mass.reduce((s, v) => s + v, 0);
  const before = mass.slice(0, token).reduce((s, v) => s + v, 0) / total;
  const after = before + mass[token] / total;
  return Math.max(0, before - uniform, uniform - after);
}

describe('the k likeliest tokens', () => {
  const rng = random('top-k');
  const rows = 300;
  const uniforms = Array.from({ length: rows }, () => Math.floor(rng.next() * 2 ** 24) / 2 ** 24);
  // Steps of 1/4 give ties in every row, at the k-th value too.
  const logits = (vocab: number, step: number) =>
    Array.from({ length: rows }, () =>
      Array.from({ length: vocab }, () => Math.round((8 * rng.next() - 4) / step) * step),
    );

  it.each([
    { topK: 1, topP: 1, temperature: 1, step: 2 ** -12 },
    { topK: 5, topP: 1, temperature: 0.7, step: 1 / 4 },
    { topK: 20, topP: 0.8137, temperature: 1.3, step: 2 ** -12 },
    { topK: 7, topP: 0.6171, temperature: 0.5, step: 1 / 4 },
    { topK: 96, topP: 0.9391, temperature: 1, step: 1 / 4 },
    { topK: 500, topP: 1, temperature: 1, step: 1 / 4 },
    { topK: 0, topP: 0.9391, temperature: 1, step: 1 / 4 },
    { topK: 3, topP: 0.9, temperature: 1, step: 1 / 4, banned: [0, 5, 96] },
  ])('are all that is drawn, as a plain reference has it: %o', async ({ step, ...how }) => {
    const d: Drawing = { logits: logits(97, step), uniforms, ...how };
    const { tokens, logprobs } = await draw(d);
    let others = 0;
    tokens.forEach((token, r) => {
      const mass = massOf(d.logits[r], d);
      expect(mass[token], `row ${r}`).toBeGreaterThan(0);
      expect(misses(mass, token, uniforms[r]), `row ${r}`).toBeLessThan(2e-6);
      // The log-probability is that of the whole distribution, banned tokens included.
      const whole = softmax(d.logits[r].map((v) => v / d.temperature));
      expect(logprobs[r]).toBeCloseTo(Math.log(whole[token]), 4);
      if (token !== whole.indexOf(Math.max(...whole))) others++;
    });
    if (how.topK !== 1) expect(others).toBeGreaterThan(rows / 10);
  });

  it('come as often as their shares of each other, ties with the k-th value among them', async () => {
    const p = [0.05, 0.3, 0.2, 0.2, 0.2, 0.05];
    const n = 8000;
    const d = { logits: Array.from({ length: n }, () => p.map(Math.log)), topK: 2, topP: 1, temperature: 1 };
    const { tokens } = await draw({ ...d, uniforms: Array.from({ length: n }, () => rng.next()) });
    const counts = p.map((_, i) => tokens.filter((token) => token === i).length);
    const shares = [0, 3 / 9, 2 / 9, 2 / 9, 2 / 9, 0];
    shares.forEach((share, i) => {
      expect(Math.abs(counts[i] - n * share)).toBeLessThanOrEqual(5 * Math.sqrt(n * share * (1 - share)));
    });
  });

  it('are not asked for by 0, and change no greedy program: the graphs of today, byte for byte', () => {
    const bytesOf = (sampling: Sampling, topK?: number) => {
      const { token, logprob } = chooseToken(
        t.input('logits', [3, 97]),
        t.input('u', [3]),
        sampling,
        [1],
        topK,
      );
      return Buffer.from(compile({ token, logprob }).bytes).toString('base64');
    };
    for (const sampling of ['full', 'nucleus'] as const) {
      expect(bytesOf(sampling, 0)).toBe(bytesOf(sampling));
      expect(bytesOf(sampling, 97)).toBe(bytesOf(sampling));
      expect(bytesOf(sampling, 5)).not.toBe(bytesOf(sampling));
    }
    expect(bytesOf('greedy', 5)).toBe(bytesOf('greedy'));
  });
});
