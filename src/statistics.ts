/**
 * Means with intervals, over questions: the samples of a question are averaged first, so that its value is one
 * observation however often it was asked (Miller, arXiv 2411.00640). Every interval is two-sided.
 */

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

/** Lanczos's approximation (g = 7, 9 terms), to about 15 digits for x above 0.5. */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const t = x + 6.5;
  const series = terms.reduce((a, term, i) => a + term / (x + i), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

/** The continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}

/** The regularised incomplete beta function I_x(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The share of Student's t distribution with `df` degrees of freedom that lies below `t`. */
export function tShareBelow(t: number, df: number): number {
  const above = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t < 0 ? above : 1 - above;
}

/** Where a share that grows from 1/2 at 0 reaches `p`, by bisection: to the last bits. */
function inverse(shareBelow: (x: number) => number, p: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -inverse(shareBelow, 1 - p);
  let low = 0;
  let high = 1;
  while (shareBelow(high) < p && high < 1e15) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (shareBelow(middle) < p) low = middle;
    else high = middle;
  }
}

/** The value below which the share `p` of Student's t distribution lies; NaN unless 0 < p < 1 and df > 0. */
export const tQuantile = (p: number, df: number): number =>
  p > 0 && p < 1 && df > 0 ? inverse((t) => tShareBelow(t, df), p) : Number.NaN;

/** The share of the normal distribution below `z`: Marsaglia's series (2004). */
export function normalShareBelow(z: number): number {
  if (Math.abs(z) > 8) return z < 0 ? 0 : 1;
  let term = z;
  let total = z;
  for (let i = 3; total + term !== total; i += 2) {
    term *= (z * z) / i;
    total += term;
  }
  return 0.5 + (total * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

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
  const z = inverse(normalShareBelow, (1 + confidence) / 2);
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
  const known = inverse(normalShareBelow, p) / tQuantile(p, n - 1);
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
