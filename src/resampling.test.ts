import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from '../test/golden/statistics/golden.json' with { type: 'json' };
import { normalQuantile } from './distributions.ts';
import { random } from './random.ts';
import {
  bcaInterval,
  bootstrap,
  jackknife,
  meanOfMeans,
  percentileInterval,
  signFlipTest,
  type Unit,
} from './resampling.ts';
import {
  benjaminiHochberg,
  differenceVariance,
  holm,
  mcnemar,
  questionsNeeded,
  smallestDifference,
} from './significance.ts';
import { clusteredInterval, cohensKappa, standardError, tInterval } from './statistics.ts';

const near = (found: number, right: number) =>
  expect(Math.abs(found - right), `${found} for ${right}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(right)));
const unitsOf = (values: readonly number[]): Unit[] => values.map((v) => [1, v]);
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('as scipy and statsmodels have them', () => {
  it('quantiles of the normal distribution', () => {
    for (const [p, z] of golden.normalQuantile) near(normalQuantile(p), z);
    for (const p of [0, 1, Number.NaN]) expect(normalQuantile(p)).toBeNaN();
  });

  it('the error between sources', () => {
    const { values, clusters, ...right } = golden.clustered;
    const found = clusteredInterval(values, clusters);
    for (const key of ['value', 'se', 'low', 'high'] as const) near(found[key], right[key]);
  });

  it("Cohen's κ", () => {
    for (const { table, kappa, se, low, high } of golden.kappa) {
      const both = table.flatMap((row, i) =>
        row.flatMap((n, j) => Array.from({ length: n }, () => [`${i}`, `${j}`])),
      );
      const found = cohensKappa(
        both.map(([a]) => a),
        both.map(([, b]) => b),
      );
      near(found.value, kappa);
      near(found.se, se);
      near(found.low, low);
      near(found.high, high);
      expect(found.n).toBe(both.length);
    }
  });

  it("McNemar's test, exact and mid-p", () => {
    for (const { gained, lost, exact, midP } of golden.mcnemar) {
      near(mcnemar(gained, lost).exact, exact);
      near(mcnemar(gained, lost).midP, midP);
    }
  });

  it('corrections for many comparisons', () => {
    for (const { p, holm: h, bh } of golden.corrected) {
      holm(p).forEach((value, i) => {
        near(value, h[i]);
      });
      benjaminiHochberg(p).forEach((value, i) => {
        near(value, bh[i]);
      });
    }
  });

  it('the permutation test, by every combination', () => {
    for (const { values, p } of golden.permutation) {
      const found = signFlipTest(values, random(1));
      near(found.p, p);
      expect(found.exact).toBe(true);
    }
  });

  it('bootstrap intervals of a distribution that is given', () => {
    for (const { groups, drawn, percentile, BCa } of golden.bootstrap) {
      const strata = groups.map(unitsOf);
      const all = Float64Array.from(drawn);
      const value = meanOfMeans(groups.map((g) => [g.length, total(g)]));
      const bca = bcaInterval(all, value, jackknife(strata, meanOfMeans));
      const plain = percentileInterval(all);
      [plain.low, plain.high, bca.low, bca.high].forEach((end, i) => {
        near(end, [...percentile, ...BCa][i]);
      });
    }
  });

  it('questions that a difference needs', () => {
    for (const { difference, sd, n } of golden.power) {
      expect(questionsNeeded(difference, sd ** 2)).toBe(Math.ceil(n));
      near(smallestDifference(sd / Math.sqrt(n)), difference);
    }
    // Miller's example (section 5): ω² = 1/9, 3 points.
    expect(questionsNeeded(0.03, differenceVariance({ between: 1 / 9 }))).toBe(969);
    near(differenceVariance({ between: 0.1, within: [0.2, 0.16], samples: [10, 4] }), 0.16);
  });
});

describe('the sign-flip test', () => {
  it('gives one p by counting and by trying, whatever the unit', () => {
    const eighths = fc.array(fc.integer({ min: -8, max: 8 }), { maxLength: 13 });
    fc.assert(
      fc.property(eighths, (whole) => {
        const counted = signFlipTest(
          whole.map((w) => w / 8),
          random(1),
        );
        // √2 is no multiple of a fraction, so that every combination is tried.
        const tried = signFlipTest(
          whole.map((w) => w * Math.SQRT2),
          random(1),
        );
        expect([counted.exact, tried.exact]).toEqual([true, true]);
        near(counted.p, tried.p);
        near(
          signFlipTest(
            whole.map((w) => -w / 8),
            random(1),
          ).p,
          counted.p,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is that of McNemar where answers are right or wrong', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.nat(20), (gained, lost, same) => {
        const values = [...Array(gained).fill(1), ...Array(lost).fill(-1), ...Array(same).fill(0)];
        near(signFlipTest(values, random(1)).p, mcnemar(gained, lost).exact);
      }),
      { numRuns: 40 },
    );
  });

  it('draws where it cannot count: near to what counting gives, equal for equal seeds', () => {
    const numbers = random('values');
    const values = Array.from({ length: 60 }, () => Math.round(8 * (0.08 + 0.4 * numbers.normal())) / 8);
    const right = signFlipTest(values, random(1)).p;
    const odd = values.map((v) => v * Math.SQRT2);
    const found = signFlipTest(odd, random(7), 19_999);
    expect(found.exact).toBe(false);
    expect(Math.abs(found.p - right)).toBeLessThan(4 * Math.sqrt((right * (1 - right)) / 20_000) + 1e-4);
    expect(signFlipTest(odd, random(7), 19_999)).toEqual(found);
    expect(
      signFlipTest(
        odd.map(() => 1 / Math.E),
        random(7),
        99,
      ).p,
    ).toBe(0.01);
  });

  it('has p 1 where nothing differs, and none where a number is missing', () => {
    expect(signFlipTest([], random(1))).toEqual({ p: 1, exact: true });
    expect(signFlipTest([0, 0], random(1)).p).toBe(1);
    expect(signFlipTest([1e-12, 2e-12], random(1)).p).toBe(0.5);
    expect(signFlipTest([1, Number.NaN], random(1)).p).toBeNaN();
  });
});

describe('the bootstrap', () => {
  it("agrees with Student's interval where the values are many and well-behaved", () => {
    const numbers = random('many');
    const values = Array.from({ length: 400 }, () => 3 + numbers.normal());
    const drawn = bootstrap([unitsOf(values)], meanOfMeans, random(1));
    const student = tInterval(values);
    for (const { low, high } of [
      percentileInterval(drawn),
      bcaInterval(drawn, student.value, jackknife([unitsOf(values)], meanOfMeans)),
    ]) {
      expect(Math.abs(low - student.low)).toBeLessThan(0.02);
      expect(Math.abs(high - student.high)).toBeLessThan(0.02);
    }
    expect(bootstrap([unitsOf(values)], meanOfMeans, random(1))).toEqual(drawn);
  });

  it('draws sources whole: it is as wide as the error between them', () => {
    const numbers = random('sources');
    const sources = Array.from({ length: 150 }, () => numbers.normal());
    const values = sources.flatMap((s) => [0, 1, 2, 3].map(() => s + 0.1 * numbers.normal()));
    const names = values.map((_, i) => String(Math.floor(i / 4)));
    const units = sources.map((_, i): Unit => [4, total(values.slice(4 * i, 4 * i + 4))]);
    const { low, high } = percentileInterval(bootstrap([units], meanOfMeans, random(2)));
    const { se } = clusteredInterval(values, names);
    expect((high - low) / (2 * 1.96 * se)).toBeCloseTo(1, 1);
    expect(se / standardError(values)).toBeGreaterThan(1.8);
  });

  it('has no ends where a number is none', () => {
    expect(percentileInterval(Float64Array.of(1, Number.NaN)).low).toBeNaN();
    expect(bcaInterval(new Float64Array(0), 1, []).high).toBeNaN();
    const flat = bootstrap([unitsOf([2, 2, 2])], meanOfMeans, random(1), 50);
    expect(bcaInterval(flat, 2, jackknife([unitsOf([2, 2, 2])], meanOfMeans))).toEqual({ low: 2, high: 2 });
  });
});

describe('corrections', () => {
  const many = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

  it('never make p smaller, keep the order, and leave out what is not known', () => {
    fc.assert(
      fc.property(many, (p) => {
        for (const correct of [holm, benjaminiHochberg]) {
          const out = correct(p);
          p.forEach((value, i) => {
            expect(out[i]).toBeGreaterThanOrEqual(value - 1e-15);
            expect(out[i]).toBeLessThanOrEqual(1);
            p.forEach((other, j) => {
              if (value < other) expect(out[i]).toBeLessThanOrEqual(out[j]);
            });
          });
          expect(correct([...p, Number.NaN])).toEqual([...out, Number.NaN]);
        }
      }),
    );
  });
});

describe("Cohen's κ", () => {
  it('is 1 for equal labels, symmetric, and about 0 for labels that know nothing of each other', () => {
    const labels = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(labels, labels, (one, two) => {
        const n = Math.min(one.length, two.length);
        const [a, b] = [one.slice(0, n), two.slice(0, n)];
        const [found, turned] = [cohensKappa(a, b), cohensKappa(b, a)];
        if (found.expected < 1) near(found.value, turned.value);
        if (new Set(a).size > 1) near(cohensKappa(a, a).value, 1);
        expect(found.value).not.toBeGreaterThan(1 + 1e-12);
      }),
    );
    const drawn = random('labels');
    const list = () => Array.from({ length: 5000 }, () => drawn.pick(['x', 'y', 'z']));
    expect(Math.abs(cohensKappa(list(), list()).value)).toBeLessThan(0.04);
  });

  it('is not known where there is nothing to agree on', () => {
    expect(cohensKappa([], []).value).toBeNaN();
    expect(cohensKappa(['a', 'a'], ['a', 'a']).value).toBeNaN();
    expect(() => cohensKappa(['a'], [])).toThrow('labels of 1 and of 0 things');
  });
});
