import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANSWERS_FILE, byQuestion, readAnswers } from '../files.ts';
import { metricsOf } from '../metrics.ts';
import { fakeAnswerer, fakeSuite, same } from './fake.testing.ts';
import { askAll, type Plan } from './runner.ts';

const sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: 8 };
const folder = () => mkdtempSync(join(tmpdir(), 'eval-'));
const quiet = new AbortController().signal;

function planOf(answerer: Plan['answerer'], sizes: readonly number[] = [10, 5]): Plan {
  const suites = sizes.map((n, i) => ({ suite: fakeSuite(`s${i}`, n), scoring: same }));
  return { answerer, suites, samples: 3, greedy: true, sampling, seed: '1' };
}

/** Lines in an order of their own. */
const sorted = (dir: string) =>
  readAnswers(dir)
    .map((line) => JSON.stringify(line))
    .sort();

describe('askAll', () => {
  test('asks every question in every way once and keeps a line for each answer', async () => {
    const dir = folder();
    const answerer = fakeAnswerer();
    const heard: number[] = [];
    await askAll(dir, planOf(answerer), quiet, ({ done, of }) => heard.push(done / of));
    expect(readAnswers(dir)).toHaveLength(15 * 4);
    expect(answerer.asked).toHaveLength(30);
    expect(new Set(answerer.asked).size).toBe(30);
    expect(heard.at(-1)).toBe(1);
    const again = fakeAnswerer();
    await askAll(dir, planOf(again), quiet);
    expect(again.asked).toEqual([]);
  });

  test('what is cut off anywhere goes on to the same lines, and asks no question of whole calls again', async () => {
    const whole = folder();
    await askAll(whole, planOf(fakeAnswerer()), quiet);
    const bytes = readFileSync(join(whole, ANSWERS_FILE));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
        const dir = folder();
        writeFileSync(join(dir, ANSWERS_FILE), bytes);
        truncateSync(join(dir, ANSWERS_FILE), cut);
        const lines = readAnswers(dir).length;
        const answerer = fakeAnswerer();
        await askAll(dir, planOf(answerer), quiet);
        expect(sorted(dir)).toEqual(sorted(whole));
        // A call has 4 questions in one way: 12 lines drawn, or 4 of the likeliest.
        expect(answerer.asked.length * 4).toBeLessThanOrEqual(2 * (60 - lines) + 32);
      }),
      { numRuns: 40 },
    );
  });

  test('several calls at once come to the numbers of one at a time', async () => {
    const [one, many] = [folder(), folder()];
    await askAll(one, planOf(fakeAnswerer({ batch: 1 })), quiet);
    const before = async () => new Promise<void>((done) => setTimeout(done, Math.random() * 3));
    await askAll(many, planOf(fakeAnswerer({ batch: 1, parallel: 5, before })), quiet);
    expect(sorted(many)).toEqual(sorted(one));
    const [a, b] = [one, many].map((dir) => metricsOf(byQuestion(readAnswers(dir))));
    expect(b).toEqual(a);
  });

  test('a signal stops it between calls; what came is kept', async () => {
    const dir = folder();
    const controller = new AbortController();
    let calls = 0;
    const before = () => {
      if (++calls === 3) controller.abort('SIGINT');
    };
    const done = askAll(dir, planOf(fakeAnswerer({ before })), controller.signal);
    await expect(done).rejects.toBe('SIGINT');
    const kept = readAnswers(dir).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(60);
    await askAll(dir, planOf(fakeAnswerer()), quiet);
    expect(readAnswers(dir)).toHaveLength(60);
  });

  test('answers that failed are asked for again, others are not', async () => {
    const dir = folder();
    const answerer = fakeAnswerer();
    const ask = answerer.ask.bind(answerer);
    answerer.ask = async (items, options) => {
      const responses = await ask(items, options);
      return responses.map((row, q) =>
        items[q].key === 'q2'
          ? row.map(() => ({ text: '', tokens: null, stop: 'failed', error: 'HTTP 500' }))
          : row,
      );
    };
    await askAll(dir, planOf(answerer, [10]), quiet);
    const failed = readAnswers(dir).filter(({ verdict }) => verdict === 'failed');
    expect(failed.map(({ key, score, why }) => [key, score, why])).toEqual(
      Array(4).fill(['q2', null, 'HTTP 500']),
    );
    expect(metricsOf(byQuestion(readAnswers(dir))).accuracy.n).toBe(9);
    await askAll(dir, planOf(fakeAnswerer(), [10]), quiet);
    expect(readAnswers(dir).filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(metricsOf(byQuestion(readAnswers(dir))).accuracy.n).toBe(10);
  });

  test('a line that is no answer is told by its number', async () => {
    const dir = folder();
    await askAll(dir, planOf(fakeAnswerer(), [4]), quiet);
    appendFileSync(join(dir, ANSWERS_FILE), '{"suite":"s0"}\n');
    await expect(askAll(dir, planOf(fakeAnswerer(), [4]), quiet)).rejects.toThrow(
      /answers\.jsonl: line 17: key/,
    );
  });
});
