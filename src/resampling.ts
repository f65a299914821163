/**
 * Intervals and tests that take the numbers as they are, and no distribution: the bootstrap and the sign-flip test. What is
 * drawn, or turned, is a unit: a question, or all questions of one source.
 */
import { normalQuantile, normalShareBelow } from './distributions.ts';
import type { Random } from './random.ts';
import { CONFIDENCE } from './statistics.ts';

/** Sums over the questions of a unit, of as many numbers as are needed: `[questions, Σ difference]`. */
export type Unit = readonly number[];

/** Groups that are drawn from apart, such as suites: each with its units. */
export type Strata = readonly (readonly Unit[])[];

/** A number of the sums of each group. */
export type Statistic = (sums_S: readonly (readonly number[])[]) => number;

/** Σ of the second number / Σ of the first of each group, and the mean over groups: a mean over questions, or over suites. */
export const meanOfMeans: Statistic = (sums_S) =>
  sums_S.reduce((total, [n, sum]) => total + sum / n, 0) / sums_S.length;

const totals = (units: readonly Unit[]) =>
  (units[0] ?? []).map((_, i) => units.reduce((total, unit) => total + unit[i], 0));

/** How often units are drawn anew, unless told. */
export const RESAMPLES = 2000;

/** The statistic of `resamples` groups of as many units, drawn with replacement. */
export function bootstrap(
  strata: Strata,
  statistic: Statistic,
  { int }: Random,
  resamples = RESAMPLES,
): Float64Array {
  const out = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++)
    out[b] = statistic(
      strata.map((units) => {
        const sums = new Array<number>(units[0]?.length ?? 0).fill(0);
        for (let u = 0; u < units.length; u++) {
          const unit = units[int(units.length)];
          for (let i = 0; i < sums.length; i++) sums[i] += unit[i];
        }
        return sums;
      }),
    );
  return out;
}

/** The statistic without each unit in turn, [group][unit]. */
export function jackknife(strata: Strata, statistic: Statistic): number[][] {
  const sums = strata.map(totals);
  return strata.map((units, s) =>
    units.map((unit) =>
      statistic(sums.map((all, other) => (other === s ? all.map((x, i) => x - unit[i]) : all))),
    ),
  );
}

/** Linear between the two nearest, as numpy has it. */
function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

interface Ends {
  low: number;
  high: number;
}

const NOTHING: Ends = { low: Number.NaN, high: Number.NaN };

/** The middle `confidence` of a bootstrap distribution. NaN where it holds a number that is none. */
export function percentileInterval(drawn: Float64Array, confidence = CONFIDENCE): Ends {
  if (drawn.length === 0 || drawn.some(Number.isNaN)) return NOTHING;
  const sorted = drawn.toSorted();
  return { low: quantile(sorted, (1 - confidence) / 2), high: quantile(sorted, (1 + confidence) / 2) };
}

/**
 * The bias-corrected and accelerated interval (Efron 1987; Efron and Tibshirani 1993, eq. 14.9 to 14.15), for several groups
 * as scipy's bootstrap has it. The percentile interval where the value lies outside of all that was drawn.
 * @param value the statistic itself
 * @param without it without each unit, of `jackknife`
 */
export function bcaInterval(
  drawn: Float64Array,
  value: number,
  without: readonly (readonly number[])[],
  confidence = CONFIDENCE,
): Ends {
  if (drawn.length === 0 || drawn.some(Number.isNaN)) return NOTHING;
  const below = drawn.reduce((count, x) => count + (x < value ? 1 : x === value ? 0.5 : 0), 0);
  const bias = normalQuantile(below / drawn.length);
  const [cubes, squares] = [3, 2].map((power) =>
    without.reduce((total, one) => {
      const n = one.length;
      const mean = one.reduce((a, b) => a + b, 0) / n;
      return total + one.reduce((a, x) => a + ((n - 1) * (mean - x)) ** power, 0) / n ** power;
    }, 0),
  );
  const acceleration = cubes / (6 * squares ** 1.5);
  if (Number.isNaN(bias) || !Number.isFinite(acceleration)) return percentileInterval(drawn, confidence);
  const sorted = drawn.toSorted();
  const end = (p: number) => {
    const z = bias + normalQuantile(p);
    return quantile(sorted, normalShareBelow(bias + z / (1 - acceleration * z)));
  };
  return { low: end((1 - confidence) / 2), high: end((1 + confidence) / 2) };
}

/** Operations that an exact count may take: tenths of a second. */
const WORK = 4e7;
/** Numbers whose signs are tried in every combination. */
const TRIED = 18;
/** The finest fraction that differences are multiples of and that is looked for. */
const FINEST = 256;

export interface Tested {
  p: number;
  /** Every combination of signs was counted; none was drawn. */
  exact: boolean;
}

/**
 * How often Σ values would be as far from 0 as it is, or farther, if each value might as well have had the other sign
 * (the paired permutation test, two-sided). Exact where the values are few, or multiples of one fraction as shares of k answers
 * are; else of `resamples` combinations that are drawn, as (b + 1) / (resamples + 1) (Phipson and Smyth 2010).
 */
export function signFlipTest(values: readonly number[], random: Random, resamples = 9999): Tested {
  const sizes = values.filter((v) => v !== 0).map(Math.abs);
  const seen = Math.abs(values.reduce((a, b) => a + b, 0));
  if (values.some((v) => !Number.isFinite(v))) return { p: Number.NaN, exact: false };
  const counted = countedP(sizes, seen);
  if (counted !== undefined) return { p: counted, exact: true };
  // Sums that differ by rounding alone are equal.
  const far = seen - 1e-9 * sizes.reduce((a, b) => a + b, 0);
  if (sizes.length <= TRIED) return { p: triedP(sizes, far), exact: true };
  return { p: drawnP(sizes, far, random, resamples), exact: false };
}

/** By counting subsets of each sum, where all are whole multiples of one fraction. */
function countedP(sizes: readonly number[], seen: number): number | undefined {
  const parts = Array.from({ length: FINEST }, (_, i) => i + 1).find((q) =>
    sizes.every((size) => size * q > 0.5 && Math.abs(size * q - Math.round(size * q)) < 1e-9),
  );
  if (parts === undefined) return undefined;
  const whole = sizes.map((size) => Math.round(size * parts));
  const total = whole.reduce((a, b) => a + b, 0);
  const observed = Math.round(seen * parts);
  if (observed === 0) return 1;
  // |Σ ± w| >= observed where the part with the lesser sum has at most this much of the total.
  const most = Math.floor((total - observed) / 2);
  if (most * whole.length > WORK) return undefined;
  const chance = new Float64Array(most + 1);
  chance[0] = 1;
  for (const w of whole) {
    for (let t = most; t >= w; t--) chance[t] = 0.5 * (chance[t] + chance[t - w]);
    for (let t = Math.min(w - 1, most); t >= 0; t--) chance[t] *= 0.5;
  }
  return Math.min(1, 2 * chance.reduce((a, b) => a + b, 0));
}

/** Every combination, one sign changed at a time; the first value keeps its own, as the opposite of each is as far. */
function triedP(sizes: readonly number[], far: number): number {
  const n = Math.max(0, sizes.length - 1);
  const signs = sizes.map(() => 1);
  let sum = sizes.reduce((a, b) => a + b, 0);
  let count = sum >= far ? 1 : 0;
  for (let i = 1; i < 2 ** n; i++) {
    const turned = 1 + Math.log2(i & -i);
    signs[turned] = -signs[turned];
    sum += 2 * signs[turned] * sizes[turned];
    if (Math.abs(sum) >= far) count++;
  }
  return count / 2 ** n;
}

/** 32 signs are one number of the stream. */
function drawnP(sizes: readonly number[], far: number, { next }: Random, resamples: number): number {
  let count = 0;
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < sizes.length; i++) {
      if (i % 32 === 0) bits = next() * 2 ** 32;
      sum += bits & 1 ? sizes[i] : -sizes[i];
      bits >>>= 1;
    }
    if (Math.abs(sum) >= far) count++;
  }
  return (count + 1) / (resamples + 1);
}
