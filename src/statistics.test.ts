import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalShareBelow, tQuantile, tShareBelow } from './distributions.ts';
import { type Random, random } from './random.ts';
import {
  type Interval,
  isClear,
  type Pair,
  pairedInterval,
  pairedShareInterval,
  shareInterval,
  standardError,
  tInterval,
  wilsonInterval,
} from './statistics.ts';

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

const bounds = ({ low, high }: Interval, digits: number) => [low, high].map((x) => Number(x.toFixed(digits)));

describe("Student's t", () => {
  // The table of every textbook.
  it.each([
    [0.95, 1, 6.314],
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 5, 2.571],
    [0.975, 10, 2.228],
    [0.995, 10, 3.169],
    [0.975, 30, 2.042],
    [0.975, 120, 1.98],
    [0.999, 3, 10.215],
    [0.975, 1e9, 1.96],
  ])('has the quantile %f at %f degrees of freedom: %f', (p, df, table) => {
    expect(tQuantile(p, df)).toBeCloseTo(table, 3);
    expect(tQuantile(1 - p, df)).toBeCloseTo(-table, 3);
  });

  it('is the closed form of 1 and 2 degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (p) => {
        const near = (got: number, right: number) =>
          expect(Math.abs(got - right)).toBeLessThan(1e-9 * (1 + Math.abs(right)));
        near(tQuantile(p, 1), Math.tan(Math.PI * (p - 0.5)));
        near(tQuantile(p, 2), (2 * p - 1) / Math.sqrt(2 * p * (1 - p)));
      }),
    );
  });

  it('has a quantile that is the inverse of the share below', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 2000 }), (p, df) => {
        expect(tShareBelow(tQuantile(p, df), df)).toBeCloseTo(p, 9);
      }),
    );
    for (const [p, df] of [
      [0, 3],
      [1, 3],
      [0.5, 0],
      [Number.NaN, 3],
    ])
      expect(tQuantile(p, df)).toBeNaN();
  });
});

it('the normal distribution has the shares of the table', () => {
  for (const [z, share] of [
    [0, 0.5],
    [1, 0.8413447460685429],
    [1.959963984540054, 0.975],
    [-2.5758293035489004, 0.005],
    [5, 0.9999997133484281],
  ])
    expect(normalShareBelow(z)).toBeCloseTo(share, 14);
  expect([normalShareBelow(-40), normalShareBelow(40)]).toEqual([0, 1]);
});

describe('golden intervals', () => {
  it('of Student (1908): hours of sleep, as R prints them', () => {
    const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const pairs = one.map((before, i): Pair => [before, two[i]]);
    const found = pairedInterval(pairs);
    expect(found.value).toBeCloseTo(1.58, 12);
    expect(found.low).toBeCloseTo(0.7001142, 7);
    expect(found.high).toBeCloseTo(2.4598858, 7);
    expect(found.value / standardError(pairs.map(([a, b]) => b - a))).toBeCloseTo(4.0621, 4);
    expect(bounds(tInterval(one), 7)).toEqual([-0.5297804, 2.0297804]);
  });

  it('of Newcombe (1998), method 3', () => {
    expect(bounds(wilsonInterval(81 / 263, 263), 4)).toEqual([0.2553, 0.3662]);
    expect(bounds(wilsonInterval(15 / 148, 148), 4)).toEqual([0.0624, 0.1605]);
    expect(bounds(wilsonInterval(0, 20), 4)).toEqual([0, 0.1611]);
    expect(bounds(wilsonInterval(1 / 29, 29), 4)).toEqual([0.0061, 0.1718]);
  });

  it('of the approval ratings (Agresti): 150 lost, 86 gained of 1600', () => {
    const pairs = [
      ...times(150, (): Pair => [1, 0]),
      ...times(86, (): Pair => [0, 1]),
      ...times(1364, (): Pair => [1, 1]),
    ];
    expect(bounds(pairedShareInterval(pairs), 3)).toEqual([-0.059, -0.021]);
    expect(bounds(pairedInterval(pairs), 3)).toEqual([-0.059, -0.021]);
  });

  it('of Agresti and Min (2005), with t in place of z: 5 gained, 1 lost of 12', () => {
    const pairs = [...times(5, (): Pair => [0, 1]), ...times(6, (): Pair => [1, 1]), [1, 0] as const];
    const half = (2.1604 * Math.sqrt(5.5 + 1.5 - 16 / 14)) / 14;
    const { value, low, high } = pairedShareInterval(pairs);
    expect(value).toBeCloseTo(4 / 12, 12);
    expect(low).toBeCloseTo(4 / 14 - half, 4);
    expect(high).toBeCloseTo(4 / 14 + half, 4);
  });

  it('of nothing are not known', () => {
    for (const { value, low, high, n } of [tInterval([]), shareInterval([]), pairedShareInterval([])])
      expect([value, low, high, n]).toEqual([Number.NaN, Number.NaN, Number.NaN, 0]);
    expect(tInterval([0.5]).low).toBeNaN();
    expect(isClear(tInterval([0.5]))).toBe(false);
  });
});

describe('an interval', () => {
  const shares = fc.array(fc.constantFrom(0, 0.125, 0.5, 0.875, 1), { minLength: 1, maxLength: 80 });

  it('holds its value, stays within 0 and 1, and is never of width 0', () => {
    fc.assert(
      fc.property(shares, (values) => {
        const { value, low, high } = shareInterval(values);
        expect(low).toBeLessThanOrEqual(value + 1e-12);
        expect(high).toBeGreaterThanOrEqual(value - 1e-12);
        expect(high - low).toBeGreaterThan(0.001);
        expect(low >= 0 && high <= 1).toBe(true);
      }),
    );
  });

  it('moves with its values', () => {
    const some = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(some, fc.double({ min: -9, max: 9, noNaN: true }), (values, by) => {
        const [a, b] = [tInterval(values), tInterval(values.map((v) => v + by))];
        expect(b.low - a.low).toBeCloseTo(by, 6);
        expect(b.high - a.high).toBeCloseTo(by, 6);
      }),
    );
  });

  it('of pairs knows only their differences, and turns with them', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 })), {
      minLength: 2,
      maxLength: 60,
    });
    fc.assert(
      fc.property(pairs, fc.integer({ min: -4, max: 4 }), (eighths, by) => {
        const moved = (way: (a: number, b: number) => Pair) => eighths.map(([a, b]) => way(a / 8, b / 8));
        for (const interval of [pairedInterval, pairedShareInterval]) {
          const found = interval(moved((a, b) => [a, b]));
          const shifted = interval(moved((a, b) => [a + by, b + by]));
          const turned = interval(moved((a, b) => [b, a]));
          expect([shifted.low, shifted.high]).toEqual([found.low, found.high]);
          expect(turned.low).toBeCloseTo(-found.high, 12);
        }
      }),
    );
  });

  it('is no gain where little was asked or little changed', () => {
    const gained = (n: number, of: number) => times(of, (i): Pair => [0, i < n ? 1 : 0]);
    for (const n of [2, 4, 5]) expect(isClear(pairedShareInterval(gained(n, n)))).toBe(false);
    expect(isClear(pairedShareInterval(gained(6, 6)))).toBe(true);
    expect(isClear(pairedShareInterval(gained(4, 30)))).toBe(false);
    expect(isClear(pairedShareInterval(gained(0, 256)))).toBe(false);
    expect(isClear(pairedShareInterval(gained(7, 30)))).toBe(true);
    // Student's interval would call four of thirty a gain; the exact test of 4 against 0 says p = .125.
    expect(isClear(pairedInterval(gained(4, 30)))).toBe(true);
  });
});

describe('95 % of intervals hold the truth', () => {
  const RUNS = 2000;
  /** In which share of simulated tests an interval holds `truth`. */
  const coverage = (name: string, truth: number, draw: (rng: Random) => Interval) =>
    times(RUNS, (i) => draw(random('coverage', name, i))).filter((i) => i.low <= truth && truth <= i.high)
      .length / RUNS;
  const bit = (rng: Random, p: number) => (rng.next() < p ? 1 : 0);

  it('of a mean', () => {
    for (const n of [3, 10, 100]) {
      const found = coverage(`mean ${n}`, 2, (rng) => tInterval(times(n, () => 2 + rng.normal())));
      expect(found).toBeGreaterThan(0.935);
      expect(found).toBeLessThan(0.965);
    }
  });

  it.each([8, 28, 256])('of a share of %i questions', (n) => {
    for (const p of [0.1, 0.4])
      expect(
        coverage(`share ${n} ${p}`, p, (rng) => shareInterval(times(n, () => bit(rng, p)))),
      ).toBeGreaterThan(0.91);
    // Questions of different difficulty, each asked four times.
    const averaged = (rng: Random) =>
      times(n, () => {
        const p = rng.next() ** 2;
        return (bit(rng, p) + bit(rng, p) + bit(rng, p) + bit(rng, p)) / 4;
      });
    expect(coverage(`averaged ${n}`, 1 / 3, (rng) => shareInterval(averaged(rng)))).toBeGreaterThan(0.935);
  });

  it('of a share that few questions have anything of', () => {
    // One question in ten, and of its eight answers one in ten. Student's interval would hold it 89 times in 100.
    const rare = (rng: Random) =>
      times(128, () => {
        const p = rng.next() < 0.1 ? 0.1 : 0;
        return times(8, () => bit(rng, p)).reduce<number>((a, b) => a + b, 0) / 8;
      });
    expect(coverage('rare', 0.01, (rng) => shareInterval(rare(rng)))).toBeGreaterThan(0.91);
    expect(coverage('rare t', 0.01, (rng) => tInterval(rare(rng)))).toBeLessThan(0.9);
  });

  it.each([8, 28, 256])('of a paired difference of %i questions, greedy or averaged', (n) => {
    for (const [before, after] of [
      [0.4, 0.4],
      [0.2, 0.35],
      [0.05, 0.05],
    ]) {
      // Pairs hang together: a question has one difficulty.
      const pair = (rng: Random): Pair => {
        const u = rng.next();
        const again = rng.next() < 0.7 ? u : rng.next();
        return [u < before ? 1 : 0, again < after ? 1 : 0];
      };
      const name = `pairs ${n} ${before} ${after}`;
      const found = coverage(name, after - before, (rng) => pairedShareInterval(times(n, () => pair(rng))));
      expect(found).toBeGreaterThan(0.93);
    }
    const averaged = (rng: Random): Pair => {
      const p = rng.next() ** 2;
      const of = (q: number) => (bit(rng, q) + bit(rng, q) + bit(rng, q) + bit(rng, q)) / 4;
      return [of(p), of(Math.sqrt(p))];
    };
    const found = coverage(`averaged pairs ${n}`, 1 / 2 - 1 / 3, (rng) =>
      pairedShareInterval(times(n, () => averaged(rng))),
    );
    expect(found).toBeGreaterThan(0.935);
  });
});
