import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderPng } from '../data/builtin/draw.ts';
import { makeUndrawn } from '../data/builtin/make.ts';
import type { Row } from '../data/row.ts';
import { rowsSource } from '../data/source.ts';
import type { Answers, QuestionAnswers } from '../metrics/answers.ts';
import { changes, estimates } from '../metrics/measures.ts';
import { decodeImage } from '../vision/decode.ts';
import { comparison } from './comparison.ts';
import { tempDir } from './loop.testing.ts';
import { choose, QUESTION_FILE, questionText } from './question.ts';

const asked = (count: number, of: (i: number) => Partial<QuestionAnswers>): Answers => ({
  questions: Array.from({ length: count }, (_, at) => ({
    at,
    id: `q${at}`,
    sampled: { original: 0.5 },
    greedy: { original: 0 },
    ...of(at),
  })),
  samples: 4,
  viewSamples: 1,
  skipped: 0,
});

const kind = (i: number) => (i % 4 === 0 ? 'sum' : 'chart');
const before = asked(80, (i) => ({
  kind: kind(i),
  dependency: i % 2 ? 'high' : 'low',
  sampled: { original: (i % 3) / 8, masked: i % 2 },
  greedy: { original: Number(i % 5 === 0), masked: 0 },
  klPrcp: 0.25 + (i % 2) / 10,
  causes: { right: 0.5, perception: 0.5 },
}));
const after = asked(80, (i) => ({
  kind: kind(i),
  dependency: i % 2 ? 'high' : 'low',
  sampled: { original: 0.25 + (i % 3) / 8, masked: Number(i % 2 === 0 || i < 2) },
  greedy: { original: Number(i % 2 === 0), masked: 0 },
  klPrcp: 0.25 + (i % 2) / 10,
  causes: { right: 0.75, perception: 0.25 },
}));

describe('before and after', () => {
  it('are told apart where that is more than chance, and only there', () => {
    const text = comparison(before, after, { masked: 'masked (random)' });
    const lines = text.split('\n');
    const under = (heading: string, label: string) =>
      lines.slice(lines.findIndex((l) => l.includes(heading))).find((l) => l.trim().startsWith(label));
    // Sampled: every question gained exactly 25 points.
    expect(under('with the picture', 'temperature 1')).toMatch(
      /12\.3 ± 2\.3 +37\.3 ± 2\.3 +\+25\.0 \(25\.0 to 25\.0\)$/,
    );
    expect(under('with the picture', 'greedy')).toMatch(/20\.0 ± 8\.\d +50\.0 ± 10\.\d +\+30\.0 \(\d/);
    expect(under('masked (random): 80 questions, 1 answer each', 'temperature 1')).toMatch(
      /no clear change \(-\d+\.\d to \d+\.\d\)$/,
    );
    expect(under('masked', 'greedy')).toMatch(/ 0\.0 ± \d\.\d +0\.0 ± \d\.\d +no clear change/);
    expect(under('how much', 'KL_prcp, nats')).toContain('no clear change (0.00 to 0.00)');
    expect(under('wrong answers by', 'perception')).toMatch(/50\.0.*25\.0.*-25\.0 \(/);
    expect(text).toContain('    of the wrong answers alone, perception is 100.0 % → 100.0 %');
    expect(under('by group', 'sum (20)')).toMatch(/\d+ → \d+ {2}\+25 \(\d+ to \d+\)/);
    expect(text).toContain('high (40)');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('are no gain anywhere where nothing changed', () => {
    const text = comparison(before, before);
    expect(text).not.toMatch(/[+][\d.]/);
    expect(text.match(/no clear change|unclear/g)!.length).toBeGreaterThan(8);
  });

  it('know no view, no kind and no cause that a file does not have', () => {
    const plain = comparison(
      asked(1, () => ({})),
      asked(1, () => ({ sampled: { original: 1 } })),
    );
    expect(plain).toMatch(/^ +before +after/);
    expect(plain).toMatch(/\n {2}temperature 1 +50\.0 ± \d+\.\d +100\.0 ± \d+\.\d +no clear change \(/);
    expect(plain).not.toMatch(/picture|masked|KL_prcp|kind|wrong|NaN|undefined/);
  });

  it('name the kinds of a file, long ones above their numbers, and the largest alone where they are many', () => {
    const named = (name: (i: number) => string) => asked(60, (i) => ({ kind: name(i) }));
    const long = named((i) => (i % 2 ? 'Counting of what is left\u001b[31m over' : 'other'));
    const lines = comparison(long, long).split('\n');
    const at = lines.indexOf('    Counting of what is left [31m over (30)');
    expect(lines[at + 1]).toMatch(/^ {10,}50 → 50 {2}unclear/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const many = named((i) => `k${Math.min(i, 57)}`);
    const text = comparison(many, many);
    expect(text.match(/^ {4}k\d+ \(/gm)).toHaveLength(24);
    expect(text).toContain('    k57 (3)');
    expect(text).toContain('    34 more, of as few questions or fewer, are in metrics.jsonl');
  });

  it('show both sides over the same questions where a view was asked of more of them later', () => {
    const viewed = (count: number, right: (i: number) => number) =>
      asked(40, (i) => ({ sampled: { original: 0.5, ...(i < count ? { blank: right(i) } : {}) } }));
    const text = comparison(
      viewed(10, () => 1),
      viewed(40, (i) => Number(i < 10)),
    );
    expect(text).toMatch(/blank: 40 questions.*\n +temperature 1 +100\.0 ± \S+ +100\.0 ±/);
  });

  it('are compared on the questions that were asked both times', () => {
    const more = asked(100, (i) => ({ sampled: { original: i < 80 ? 0.5 : 1 }, greedy: { original: 1 } }));
    const fewer = asked(80, () => ({}));
    expect(changes(fewer, more).get('accuracy')).toMatchObject({ value: 0, n: 80 });
    expect(estimates(more).get('accuracy')).toMatchObject({ value: 0.6, n: 100 });
    expect(comparison(fewer, more)).toMatch(/temperature 1 +50\.0 ± 10\.7 +50\.0 ± 10\.7 +no clear change/);
    const others = asked(80, (i) => ({ id: `other${i}` }));
    expect(changes(others, more).size).toBe(0);
    expect(comparison(others, more)).not.toContain('before');
    expect(comparison(null, more)).toMatch(/temperature 1 +60\.0 ± \d/);
  });
});

describe('the question that is shown', () => {
  const answered = (...right: number[]) => asked(right.length, (i) => ({ greedy: { original: right[i] } }));

  it('is the first that was wrong before and is right now, else the first', () => {
    const chosen = choose(answered(1, 0, 0, 1), answered(1, 0, 1, 0));
    expect([chosen.before?.id, chosen.after.id]).toEqual(['q2', 'q2']);
    expect(chosen).toMatchObject({
      which: 'the first that was wrong before and is right now',
      counts: 'of 4 greedy answers 1 turned right, 1 turned wrong',
    });
    expect(choose(answered(1, 0), answered(0, 0))).toMatchObject({
      which: 'the first of the test, as none turned right',
      after: { id: 'q0' },
      counts: 'of 2 greedy answers 0 turned right, 1 turned wrong',
    });
    expect(choose(null, answered(1, 0))).toMatchObject({ before: undefined, counts: undefined });
  });

  it('comes with its picture, its answers and their grades', async () => {
    const { meta, ...undrawn } = makeUndrawn(1, 0);
    const image = renderPng(meta.scene);
    const rows: Row[] = [{ ...undrawn, meta, images: [image] }];
    const answers = (right: number, response: string) =>
      asked(1, () => ({ greedy: { original: right }, response, kind: meta.task }));
    const dir = tempDir();
    const long = `${'so on '.repeat(300)} \u001b[31m\\boxed{2}`;
    const text = await questionText(dir, rowsSource(rows), answers(0, long), answers(1, '\\boxed{3}'));
    expect(text).toContain(
      `one question whole: ${undrawn.id} (${meta.task})\n  the first that was wrong before`,
    );
    expect(text).toContain(`answer    ${undrawn.answer}`);
    expect(text).toMatch(/before {4}wrong: \.\.\. /);
    expect(text).toContain('[31m\\boxed{2}');
    expect(text).not.toContain('\u001b');
    expect(text).toMatch(/after {5}right: \\boxed\{3\}/);
    const path = join(dir, QUESTION_FILE);
    expect(text).toContain(`picture   ${path}`);
    for (const line of text.split('\n')) if (!line.includes(dir)) expect(line.length).toBeLessThanOrEqual(80);
    const saved = await decodeImage(readFileSync(path), 'saved');
    expect(saved).toEqual(await decodeImage(image, 'drawn'));
    // Without a picture, or with one that cannot be read, the rest is there all the same.
    const bare = rowsSource([{ ...rows[0], images: [] }]);
    expect(await questionText(dir, bare, null, answers(1, 'x'))).not.toContain('picture');
    const broken = rowsSource([{ ...rows[0], images: [Uint8Array.of(1, 2)] }]);
    expect(await questionText(dir, broken, null, answers(1, 'x'))).toMatch(/picture {3}none: row /);
  });
});
