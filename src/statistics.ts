/**
 * Means with intervals, over questions: the samples of a question are averaged first, so that its value is one
 * observation however often it was asked (Miller, arXiv 2411.00640). Every interval is two-sided.
 */
import { normalQuantile, tQuantile } from './distributions.ts';

/** A value and where it can be found with the confidence that was asked for. */
export interface Interval {
  value: number;
  low: number;
  high: number;
  /** Questions that it rests on. */
  n: number;
}

/** How sure an interval is, unless told. */
export const CONFIDENCE = 0.95;

/** From how many questions on their own spread says how a mean of shares varies. */
export const FEW = 30;

/** The fewest changes that a sign test can call more than chance. */
const FEWEST = 6;

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const meanOf = (values: readonly number[]) =>
  values.length === 0 ? Number.NaN : sum(values) / values.length;

/** sd / √n; NaN for fewer than two values. */
export function standardError(values: readonly number[]): number {
  const n = values.length;
  const mean = meanOf(values);
  return n < 2 ? Number.NaN : Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / (n - 1) / n);
}

/** Student's interval of a mean: mean ± t(n − 1) · sd/√n. NaN on both sides for fewer than two values. */
export function tInterval(values: readonly number[], confidence = CONFIDENCE): Interval {
  const n = values.length;
  const value = meanOf(values);
  const half = n < 2 ? Number.NaN : tQuantile((1 + confidence) / 2, n - 1) * standardError(values);
  return { value, low: value - half, high: value + half, n };
}

/**
 * Student's interval of a mean of values that come from sources, values of one source being alike: the standard error is
 * √(C/(C−1) · Σ_c (Σ_i∈c (x_i − x̄))²) / n over C sources (Miller, arXiv 2411.00640, eq. 4, with the small-sample factor of
 * CR1), with C − 1 degrees of freedom. NaN for fewer than two sources.
 */
export function clusteredInterval(
  values: readonly number[],
  clusters: readonly string[],
  confidence = CONFIDENCE,
): Interval & { se: number } {
  const n = values.length;
  const value = meanOf(values);
  const sums = new Map<string, number>();
  values.forEach((v, i) => {
    sums.set(clusters[i], (sums.get(clusters[i]) ?? 0) + v - value);
  });
  const C = sums.size;
  const se = C < 2 ? Number.NaN : Math.sqrt((C / (C - 1)) * sum([...sums.values()].map((s) => s * s))) / n;
  const half = tQuantile((1 + confidence) / 2, C - 1) * se;
  return { value, low: value - half, high: value + half, n, se };
}

/** Wilson's score interval of a share that was found in n questions (Wilson 1927; Newcombe 1998, method 3). */
export function wilsonInterval(share: number, n: number, confidence = CONFIDENCE): Interval {
  if (n === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN, n };
  const z = normalQuantile((1 + confidence) / 2);
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half), n };
}

/**
 * The interval of a mean of values from 0 to 1, one a question: Wilson's, which stays within 0 and 1 and is never of width
 * 0. Averaged samples vary less than answers that are right or wrong: where there are 30 questions or more, it is that of
 * as many plain questions as would vary as much, by Student's quantile (after Korn and Graubard 1998). Student's own interval
 * fails where few values differ from 0: it held the truth 88 times in 100.
 */
export function shareInterval(values: readonly number[], confidence = CONFIDENCE): Interval {
  const n = values.length;
  const share = meanOf(values);
  const error = standardError(values);
  const plain = values.every((v) => v === 0 || v === 1) || values.every((v) => v === values[0]);
  if (plain || n < FEW) return wilsonInterval(share, n, confidence);
  const p = (1 + confidence) / 2;
  const known = normalQuantile(p) / tQuantile(p, n - 1);
  const alike = (share * (1 - share) * known ** 2) / error ** 2;
  return { ...wilsonInterval(share, alike, confidence), n };
}

/** Both values of a question. */
export type Pair = readonly [before: number, after: number];

const differences = (pairs: readonly Pair[]) => pairs.map(([before, after]) => after - before);

/** Student's interval of the mean difference, paired by question. */
export const pairedInterval = (pairs: readonly Pair[], confidence = CONFIDENCE): Interval =>
  tInterval(differences(pairs), confidence);

/**
 * The interval of the mean difference of shares, paired by question. Where 30 questions or more were answered otherwise
 * than before: Student's. Where fewer were, that of Agresti and Min (2005) with Student's quantile, who add half a pair
 * of each kind (right twice, wrong twice, gained, lost) to what was found: it stays as wide as it has to be for a few
 * questions and for few that changed, where Student's shrinks to nothing. Where fewer than 6 changed it holds 0 in any
 * case: the exact sign test of 5 against none has p = .06.
 */
export function pairedShareInterval(pairs: readonly Pair[], confidence = CONFIDENCE): Interval {
  const d = differences(pairs);
  const changed = d.filter((x) => x !== 0).length;
  if (changed >= FEW) return tInterval(d, confidence);
  const n = d.length;
  const value = meanOf(d);
  if (n === 0) return { value, low: Number.NaN, high: Number.NaN, n };
  const more = n + 2;
  const middle = sum(d) / more;
  const variance = (sum(d.map((x) => x * x)) + 1) / more - middle ** 2;
  const half = tQuantile((1 + confidence) / 2, n + 1) * Math.sqrt(variance / more);
  const unclear = changed < FEWEST ? 0 : middle;
  return {
    value,
    low: Math.max(-1, Math.min(middle - half, unclear)),
    high: Math.min(1, Math.max(middle + half, unclear)),
    n,
  };
}

/** Whether a difference is more than chance: its interval is known and does not hold 0. */
export const isClear = ({ low, high }: Pick<Interval, 'low' | 'high'>): boolean => low > 0 || high < 0;

/** How far two labellers agree beyond chance; `agreement` is the share of equal labels, `expected` that of chance. */
export interface Kappa extends Interval {
  se: number;
  agreement: number;
  expected: number;
}

/**
 * Cohen's κ of two lists of labels of the same things, with the interval from its standard error (Fleiss, Cohen and Everitt
 * 1969, eq. 13) and the normal distribution, as statsmodels' cohens_kappa has it. NaN where there is nothing to agree on:
 * no label, or one and the same throughout. At κ = 1 the interval has no width, however few labels there are: say how many.
 * @throws RangeError where the lists are of different lengths
 */
export function cohensKappa(a: readonly string[], b: readonly string[], confidence = CONFIDENCE): Kappa {
  if (a.length !== b.length) throw new RangeError(`labels of ${a.length} and of ${b.length} things`);
  const n = a.length;
  const labels = [...new Set([...a, ...b])];
  const share = (of: readonly string[]) =>
    new Map(labels.map((label) => [label, of.filter((other) => other === label).length / n]));
  const [rows, columns] = [share(a), share(b)];
  const [row, column] = [rows, columns].map((of) => (label: string) => of.get(label) ?? 0);
  const agreement = a.filter((label, i) => label === b[i]).length / n;
  const expected = sum(labels.map((label) => row(label) * column(label)));
  const value = (agreement - expected) / (1 - expected);
  // Σ over pairs of labels is Σ over things / n.
  const terms = a.map((label, i) =>
    label === b[i]
      ? (1 - (row(label) + column(label)) * (1 - value)) ** 2
      : ((column(label) + row(b[i])) * (1 - value)) ** 2,
  );
  const variance = meanOf(terms) - (value - expected * (1 - value)) ** 2;
  const se = Math.sqrt(Math.max(0, variance) / n) / (1 - expected);
  const half = normalQuantile((1 + confidence) / 2) * se;
  return { value, low: value - half, high: value + half, n, se, agreement, expected };
}
