/** Whether differences are more than chance, what many of them mean together, and how many questions would show them. */
import { coinChance, normalQuantile } from './distributions.ts';

/**
 * McNemar's test of what was right one time and wrong the other: exact (twice the smaller tail of the binomial distribution,
 * at most 1) and mid-p, which is the exact one less the chance of what was seen, half of it where both counts are equal
 * (Fagerland, Lydersen and Laake 2013).
 */
export function mcnemar(gained: number, lost: number): { exact: number; midP: number } {
  const n = gained + lost;
  const few = Math.min(gained, lost);
  if (n === 0) return { exact: 1, midP: 1 };
  let tail = 0;
  for (let k = 0; k <= few; k++) tail += coinChance(k, n);
  const exact = Math.min(1, 2 * tail);
  const seen = coinChance(few, n);
  return { exact, midP: gained === lost ? 1 - seen / 2 : exact - seen };
}

/** The known p with their places, the smallest first. */
const ranked = (p: readonly number[]) =>
  p
    .map((value, place) => ({ value, place }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);

/**
 * p corrected for being some of many, so that the chance of one false alarm among all is bounded (Holm 1979). NaN stays NaN
 * and is none of the many.
 */
export function holm(p: readonly number[]): number[] {
  const out = p.map(() => Number.NaN);
  const order = ranked(p);
  let least = 0;
  order.forEach(({ value, place }, i) => {
    least = Math.max(least, Math.min(1, value * (order.length - i)));
    out[place] = least;
  });
  return out;
}

/** p corrected so that the expected share of false alarms among alarms is bounded (Benjamini and Hochberg 1995). */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const out = p.map(() => Number.NaN);
  const order = ranked(p);
  let most = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    most = Math.min(most, (order[i].value * order.length) / (i + 1));
    out[order[i].place] = most;
  }
  return out;
}

/** How often a true difference is found, unless told. */
export const POWER = 0.8;

/** z_{α/2} + z_β. */
const standardErrorsApart = (power: number, confidence: number) =>
  normalQuantile((1 + confidence) / 2) + normalQuantile(power);

/**
 * The smallest true difference that a comparison with this standard error finds with the chance `power`: (z_{α/2} + z_β) · SE
 * (Miller, arXiv 2411.00640, section 5). 2.8 standard errors at 5 % and 80 %.
 */
export const smallestDifference = (se: number, power = POWER, confidence = 0.95): number =>
  standardErrorsApart(power, confidence) * se;

/** What decides how much paired differences vary. */
export interface Spread {
  /** ω²: variance over questions of the difference between both policies' own chances to be right. */
  between: number;
  /** σ²: mean over questions of the variance of one answer, of each policy. */
  within?: readonly [a: number, b: number];
  /** K: answers to each question, of each policy. */
  samples?: readonly [a: number, b: number];
}

/** ω² + σ²_A/K_A + σ²_B/K_B (Miller, eq. 9). */
export const differenceVariance = ({ between, within = [0, 0], samples = [1, 1] }: Spread): number =>
  between + within[0] / samples[0] + within[1] / samples[1];

/** Questions that show a true difference with the chance `power`: (z_{α/2} + z_β)² · variance / difference², rounded up. */
export const questionsNeeded = (
  difference: number,
  variance: number,
  power = POWER,
  confidence = 0.95,
): number => Math.ceil((standardErrorsApart(power, confidence) ** 2 * variance) / difference ** 2);
