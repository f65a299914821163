/** A run before its onset against after it: signs, texts, single tokens, relatedness. */
import { type Interval, shareInterval, tInterval } from '../../statistics.ts';
import type { Onset } from './onset.ts';
import { BANDS, type Rating } from './relatedness.ts';
import type { Rescored } from './rescore.ts';
import { type Sample, samplesIn } from './samples.ts';
import { type Span, type StepNumbers, tokenVariance } from './signs.ts';
import { type TextMeasures, textMeasures } from './text.ts';

/** What the variance of per-token KL_prcp rose to in the paper's collapsed run. */
export const PAPER_VARIANCE = 8.4;

/** A number before and after; null where it was not measured. */
export interface Change {
  name: string;
  unit: 'share' | 'number' | 'nats' | 'words' | 'score';
  before: Interval | null;
  after: Interval | null;
}

export interface Sides<T> {
  before: T | null;
  after: T | null;
}

export interface Collapse {
  run: string;
  steps: number;
  onset: Onset;
  /** The paper's signs, means over the steps of each side. */
  signs: Change[];
  /** Variance of KL_prcp over the tokens of the steps that were trained on, from metrics.jsonl. */
  variance: Sides<number>;
  /** The same over the tokens of kept responses, scored again. */
  rescored: Sides<Rescored>;
  /** Of the texts of kept responses. */
  texts: Change[];
  responses: { before: number; after: number };
  relatedness: {
    judge: string;
    change: Change;
    bands: Record<string, [number, number]>;
    unreadable: number;
  } | null;
  notes: string[];
}

const SIGN_NAMES = {
  kl_prcp: 'KL_prcp, nats a token',
  reward: 'reward',
  clip_ratio_high: 'clip ratio high',
  entropy: 'entropy',
  entropy_masked: 'entropy, masked view',
  kl_prcp_capped: 'tokens at the limit of KL_prcp',
  format: 'answers of the asked form',
  truncated: 'answers cut off',
  response_length: 'tokens a response',
} as const;

export function signChanges(steps: readonly StepNumbers[], { before, after }: Onset): Change[] {
  return (Object.keys(SIGN_NAMES) as (keyof typeof SIGN_NAMES)[]).map((key) => {
    const side = ({ from, to }: Span) => {
      const values = steps.flatMap((s) => (s.step >= from && s.step <= to ? (s[key] ?? []) : []));
      return values.length === 0 ? null : tInterval(values);
    };
    return { name: SIGN_NAMES[key], unit: 'number', before: side(before), after: side(after) };
  });
}

const TEXTS: { name: string; unit: Change['unit']; of: (m: TextMeasures) => number }[] = [
  { name: 'words a response', unit: 'words', of: (m) => m.words },
  { name: 'responses with meaningless LaTeX', unit: 'share', of: (m) => Number(m.latexFaults > 0) },
  { name: 'words in repeated runs', unit: 'share', of: (m) => m.repeated },
  { name: 'different pairs of words (distinct-2)', unit: 'share', of: (m) => m.distinct },
  { name: 'answers without reasoning', unit: 'share', of: (m) => Number(m.unreasoned) },
];

export function textChanges(samples: readonly Sample[], { before, after }: Onset): Change[] {
  const sides = [before, after].map((span) =>
    samplesIn(samples, span).map(({ response }) => textMeasures(response)),
  );
  return TEXTS.map(({ name, unit, of }) => {
    const [a, b] = sides.map((all) => {
      if (all.length === 0) return null;
      return unit === 'share' ? shareInterval(all.map(of)) : tInterval(all.map(of));
    });
    return { name, unit, before: a, after: b };
  });
}

export const variances = (steps: readonly StepNumbers[], { before, after }: Onset): Sides<number> => ({
  before: tokenVariance(steps, before) ?? null,
  after: tokenVariance(steps, after) ?? null,
});

export function relatednessOf(
  judge: string,
  ratings: readonly Rating[],
  { before, after }: Onset,
): NonNullable<Collapse['relatedness']> {
  const scores = [before, after].map(({ from, to }) =>
    ratings.flatMap(({ step, score }) => (step >= from && step <= to ? (score ?? []) : [])),
  );
  const [a, b] = scores.map((values) => (values.length === 0 ? null : tInterval(values)));
  const bands = BANDS.map(({ from, name }, i) => {
    const next = BANDS[i + 1]?.from ?? Number.POSITIVE_INFINITY;
    const share = (values: readonly number[]) =>
      values.length === 0 ? 0 : values.filter((v) => v >= from && v < next).length / values.length;
    return [name, [share(scores[0]), share(scores[1])]] as const;
  });
  return {
    judge,
    change: { name: 'relatedness, 0 to 10', unit: 'score', before: a, after: b },
    bands: Object.fromEntries(bands) as Record<string, [number, number]>,
    unreadable: ratings.filter(({ score }) => score === null).length,
  };
}

/** After over before; null where either is missing or nothing can be divided. */
export const factorOf = ({ before, after }: Sides<number>): number | null =>
  before === null || after === null || before <= 0 ? null : after / before;
