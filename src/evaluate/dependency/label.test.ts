import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { labelOf, oddsOf, scoredLabel } from './label.ts';

const of = (right: number, n: number) => ({ right, n });

describe('the label of a question', () => {
  it.each([
    [of(8, 8), of(0, 8), 'high'],
    [of(5, 8), of(0, 8), 'high'],
    [of(8, 8), of(8, 8), 'low'],
    [of(64, 64), of(32, 64), 'medium'],
    [of(8, 8), of(4, 8), 'unclear'],
    [of(1, 8), of(0, 8), 'unclear'],
    [of(0, 8), of(0, 8), 'unclear'],
    [of(1, 1), of(0, 1), 'unclear'],
    [of(0, 0), of(0, 0), 'unclear'],
  ])('%j seen, %j blind', (seen, blind, label) => {
    expect(labelOf({ seen, blind }).label).toBe(label);
  });

  it('has the odds that drawing from both posteriors gives', () => {
    const rng = random('posterior');
    // A gamma of shape h/2 is half a chi-square: a beta of half-whole counts is a ratio of sums of squares.
    const gamma = (shape: number) =>
      Array.from({ length: Math.round(2 * shape) }, () => rng.normal() ** 2 / 2).reduce((a, b) => a + b, 0);
    const beta = ({ right, n }: { right: number; n: number }) => {
      const [a, b] = [gamma(right + 0.5), gamma(n - right + 0.5)];
      return a / (a + b);
    };
    for (const [seen, blind, guess] of [
      [of(5, 8), of(1, 8), 0],
      [of(7, 8), of(4, 8), 0.25],
    ] as const) {
      const odds = oddsOf(seen, blind, guess);
      const drawn = { high: 0, medium: 0, low: 0 };
      const draws = 20_000;
      for (let i = 0; i < draws; i++) {
        const [p, b] = [beta(seen), beta(blind)];
        if (p <= guess) continue;
        const ratio = (b - guess) / (p - guess);
        drawn[ratio < 1 / 3 ? 'high' : ratio < 2 / 3 ? 'medium' : 'low'] += 1 / draws;
      }
      for (const level of ['high', 'medium', 'low'] as const)
        expect(Math.abs(odds[level] - drawn[level])).toBeLessThan(0.015);
    }
  });

  it('is the likelier high the more only the picture gives', () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(counts, ([n, a, b]) => {
        const [seen, blind] = [Math.min(a, n), Math.min(b, n)];
        const odds = oddsOf(of(seen, n), of(blind, n));
        const more = oddsOf(of(Math.min(seen + 1, n), n), of(Math.max(0, blind - 1), n));
        expect(odds.high + odds.medium + odds.low).toBeCloseTo(1, 6);
        expect(more.high).toBeGreaterThanOrEqual(odds.high - 1e-9);
        expect(more.low).toBeLessThanOrEqual(odds.low + 1e-9);
      }),
    );
  });

  it('is not given by guesses among options', () => {
    expect(labelOf({ seen: of(8, 8), blind: of(8, 8), guess: 0.5 }).label).toBe('low');
    expect(labelOf({ seen: of(16, 16), blind: of(8, 16), guess: 0.5 }).label).not.toBe('low');
    expect(labelOf({ seen: of(16, 16), blind: of(8, 16), guess: 0 }).label).not.toBe('high');
  });

  it('comes from log-probabilities where answers leave it unclear', () => {
    const answers = { seen: of(3, 8), blind: of(0, 8) };
    expect(labelOf(answers).label).toBe('unclear');
    const seen = [-10, -12, -11, -10];
    const less = (by: number) => seen.map((x, i) => x - by + 0.01 * i);
    expect(labelOf(answers, { seen, blind: less(5) })).toMatchObject({
      label: 'high',
      by: 'log-probabilities',
    });
    const against = { seen: of(2, 8), blind: of(2, 8) };
    expect(labelOf(against, { seen, blind: less(5) }).label).toBe('unclear');
    expect(scoredLabel(seen, less(0))).toBe('low');
    expect(scoredLabel(seen, less(0.75))).toBe('medium');
    expect(scoredLabel(seen, [-30, -12, -5, -11])).toBeUndefined();
    expect(scoredLabel([-1, -2], [-9, -9])).toBeUndefined();
  });
});
