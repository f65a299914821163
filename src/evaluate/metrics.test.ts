import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerLine, AskedQuestion } from './files.ts';
import { majorityOf, metricsBy, metricsOf, passAtK } from './metrics.ts';

const line = (more: Partial<AnswerLine> = {}): AnswerLine => ({
  suite: 's',
  key: 'k',
  at: 0,
  id: 'k',
  way: 'sampled',
  sample: 0,
  question: 'q',
  answer: '1',
  response: '1',
  given: '1',
  verdict: 'right',
  score: 1,
  why: '',
  format: true,
  truncated: false,
  tokens: 4,
  characters: 8,
  ...more,
});

const scored = (score: number | null, given: string | null = String(score)) =>
  line({ score, given, verdict: score === null ? 'failed' : score === 1 ? 'right' : 'wrong' });

const question = (at: number, lines: AnswerLine[], more: Partial<AskedQuestion> = {}): AskedQuestion => ({
  suite: 's',
  key: `k${at}`,
  at,
  id: `k${at}`,
  question: 'q',
  answer: '1',
  sampled_K: lines,
  ...more,
});

describe('passAtK', () => {
  test('is the share of draws of k from n that hold a right one, counted', () => {
    const choose = (n: number, k: number): number =>
      k === 0 ? 1 : n < k ? 0 : (choose(n - 1, k - 1) * n) / k;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.nat(16), fc.integer({ min: 1, max: 16 }), (n, c, k) => {
        fc.pre(c <= n && k <= n);
        expect(passAtK(n, c, k)).toBeCloseTo(1 - choose(n - c, k) / choose(n, k), 12);
      }),
    );
  });

  test('at k = 1 it is the share of right answers', () => {
    expect(passAtK(8, 3, 1)).toBeCloseTo(3 / 8, 14);
    expect([passAtK(8, 0, 8), passAtK(8, 1, 8)]).toEqual([0, 1]);
  });
});

describe('majorityOf', () => {
  test('the commonest answer, the first drawn of equals; no answers are no votes', () => {
    expect(majorityOf([scored(0, '2'), scored(1, '1'), scored(1, ' 1')])).toBe(1);
    expect(majorityOf([scored(0, '2'), scored(1, '1')])).toBe(0);
    expect(majorityOf([scored(0, null), scored(0, null), scored(1, '1')])).toBe(1);
    expect(majorityOf([scored(0, null)])).toBe(0);
    expect(majorityOf([scored(null, null)])).toBeUndefined();
  });
});

describe('metricsOf', () => {
  test('answers are averaged by question first, however many each has', () => {
    const metrics = metricsOf([
      question(0, [scored(1), scored(1), scored(1), scored(1)]),
      question(1, [scored(0), scored(null)]),
    ]);
    expect(metrics.accuracy).toMatchObject({ value: 0.5, n: 2 });
    expect(metrics.accuracy.se).toBeCloseTo(0.5, 12);
    expect(metrics.verdicts).toMatchObject({ right: 4, wrong: 1, failed: 1 });
    expect(Object.keys(metrics.pass)).toEqual(['1', '2', '4']);
    expect(metrics.pass['4'].n).toBe(1);
  });

  test('questions of one source vary together: the error is that between sources', () => {
    const alike = Array.from({ length: 40 }, (_, i) =>
      question(i, [scored(Math.floor(i / 4) % 2)], { cluster: `c${Math.floor(i / 4)}` }),
    );
    const alone = alike.map(({ cluster: _, ...rest }) => rest);
    const [clustered, naive] = [metricsOf(alike).accuracy, metricsOf(alone).accuracy];
    expect(clustered).toMatchObject({ value: 0.5, n: 40, clusters: 10 });
    // Ten sources of four equal answers each: sd/√10 instead of sd/√40, but for C/(C−1).
    expect(Number(clustered.se) / Number(naive.se)).toBeGreaterThan(1.9);
  });

  test('a few sources that are all alike are no proof: the interval is not of width 0', () => {
    const alike = Array.from({ length: 12 }, (_, i) =>
      question(i, [scored(i % 2)], { cluster: `c${Math.floor(i / 4)}` }),
    );
    const { low, high, value, clusters } = metricsOf(alike).accuracy;
    expect([value, clusters]).toEqual([0.5, 3]);
    expect(Number(high) - Number(low)).toBeGreaterThan(0.5);
  });

  test('nothing asked is null, not nought; lengths need not be known', () => {
    const none = metricsOf([]);
    expect(none.accuracy).toEqual({ value: null, se: null, low: null, high: null, n: 0 });
    expect(metricsOf([question(0, [line({ tokens: null })])]).tokens.n).toBe(0);
  });

  test('groups are told apart by what they have', () => {
    const by = metricsBy(
      [
        question(0, [scored(1)], { task: 'b' }),
        question(1, [scored(0)], { task: 'a' }),
        question(2, [scored(0)]),
      ],
      ({ task }) => task,
    );
    expect(Object.entries(by).map(([name, m]) => [name, m.accuracy.value])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});
