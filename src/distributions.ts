/** Distributions that tests and intervals are read off, to about 15 digits. */

/** Lanczos's approximation (g = 7, 9 terms), to about 15 digits for x above 0.5. */
export function logGamma(x: number): number {
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

/** The value below which the share `p` of the normal distribution lies; NaN unless 0 < p < 1. */
export const normalQuantile = (p: number): number =>
  p > 0 && p < 1 ? inverse(normalShareBelow, p) : Number.NaN;

/** The chance of exactly `k` heads in `n` throws of a fair coin. */
export const coinChance = (k: number, n: number): number =>
  k < 0 || k > n ? 0 : Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
