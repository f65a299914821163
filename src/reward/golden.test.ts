import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { extractBoxed, gradeAnswer, makeReward, type Reward } from './index.ts';

interface Pair {
  id: number;
  category: string;
  response: string;
  ground_truth: string;
  extracted: string;
  grade: boolean | 'timeout';
  papo_score: Reward | 'timeout';
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../test/golden/grader/${name}`, import.meta.url), 'utf8'));
const pairs: Pair[] = read('pairs.json').cases;
const official: {
  format_weight: number;
  cases: { response: string; ground_truth: string; score: Reward }[];
} = read('compute_score.json');
const scores = official.cases;
const brief = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

describe('verdicts of MathRuler', () => {
  test('are there for every kind of answer', () => {
    expect(pairs.map((pair) => pair.id)).toEqual([...pairs.keys()]);
    const perKind = new Map<string, number>();
    for (const { category } of pairs) perKind.set(category, (perKind.get(category) ?? 0) + 1);
    expect(perKind.size).toBe(39);
  });

  test.each(pairs.map((pair) => [pair.id, brief(pair.extracted), brief(pair.ground_truth), pair] as const))(
    '%i: %s against %s',
    (_id, _given, _truth, pair) => {
      expect(extractBoxed(pair.response)).toBe(pair.extracted);
      expect(gradeAnswer(pair.extracted, pair.ground_truth)).toBe(pair.grade === true);
    },
  );
});

describe("scores of PAPO's compute_score", () => {
  const reward = makeReward();

  test('the format weighs in ours by default as it did in them', async () => {
    const got = await reward({ response: '<think> a </think> \\boxed{6}', answer: '5' });
    expect([got.accuracy, got.format, got.overall]).toEqual([0, 1, official.format_weight]);
  });

  const cases = [
    ...pairs.map(({ response, ground_truth, papo_score }) => ({ response, ground_truth, score: papo_score })),
    ...scores,
  ].filter((c): c is (typeof scores)[number] => c.score !== 'timeout');

  test('there are cases', () => expect(cases.length).toBeGreaterThan(600));

  test.each(cases.map((c) => [brief(c.response), brief(c.ground_truth), c] as const))(
    '%s against %s',
    async (...[, , c]) => {
      const got = await reward({ response: c.response, answer: c.ground_truth });
      expect(got.accuracy).toBe(c.score.accuracy);
      expect(got.format).toBe(c.score.format);
      expect(got.overall).toBeCloseTo(c.score.overall, 12);
    },
  );
});
