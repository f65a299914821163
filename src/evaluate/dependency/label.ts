/**
 * Whether a question needs its picture, for the policy that was asked.
 *
 * The rule. R is what the words alone give, over what they give with the picture: the chance of a right answer under the
 * blind view, over that with the picture (less the chance of a guess where options are given). Low: R of two thirds or more.
 * High: R below one third. Medium: between. Both chances are known from k answers only, so each has its posterior
 * (Jeffreys: Beta(right + ½, wrong + ½)), and a question gets the label that has nine tenths of the joint posterior; else it is
 * unclear. Where the answers leave it unclear and right solutions were scored in three wordings or more, R is how much likelier
 * they are blind than seen: it has to lie within one level with its 90 % interval over the wordings, and the answers have to give
 * that level half of their posterior. Alone it would call most questions high: without a picture a policy is surprised by every word
 * of what was seen, also where it would answer no worse.
 */
import type { Dependency } from '../../data/row.ts';
import { tInterval } from '../../statistics.ts';

export const LABELS = ['high', 'medium', 'low', 'unclear'] as const;
export type Label = Dependency | 'unclear';

export const RULE = {
  low: 2 / 3,
  high: 1 / 3,
  sure: 0.9,
  likely: 0.5,
  wordings: 3,
  confidence: 0.9,
} as const;

/** Right answers of k. Graded scores between 0 and 1 count in part. */
export interface Asked {
  right: number;
  n: number;
}

export interface Labelled {
  label: Label;
  /** What decided it. */
  by: 'answers' | 'log-probabilities' | 'nothing';
  /** Posterior probability of each level, from the answers; what is missing to 1 is that seeing does not beat a guess. */
  odds: Record<Dependency, number>;
}

/** Points of the grid over a chance: the integrals are right to three digits. */
const POINTS = 400;

/** Weights of a Jeffreys posterior on the middles of equal cells, which add up to 1. */
function posterior({ right, n }: Asked): Float64Array {
  const logs = Float64Array.from({ length: POINTS }, (_, i) => {
    const p = (i + 0.5) / POINTS;
    return (right - 0.5) * Math.log(p) + (n - right - 0.5) * Math.log(1 - p);
  });
  const most = logs.reduce((a, b) => Math.max(a, b));
  const weights = logs.map((x) => Math.exp(x - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** The share of a posterior below `p`, linear within a cell. */
function below(cumulative: Float64Array, p: number): number {
  const x = Math.min(1, Math.max(0, p)) * POINTS;
  const cell = Math.floor(x);
  const before = cell === 0 ? 0 : cumulative[cell - 1];
  return cell >= POINTS ? 1 : before + (x - cell) * (cumulative[cell] - before);
}

const known = new Map<string, Record<Dependency, number>>();

/** @param guess the chance of a right answer by guessing */
export function oddsOf(seen: Asked, blind: Asked, guess = 0): Record<Dependency, number> {
  const name = JSON.stringify([seen, blind, guess]);
  const found = known.get(name);
  if (found) return found;
  let sum = 0;
  const cumulative = posterior(blind).map((w) => {
    sum += w;
    return sum;
  });
  const odds = { high: 0, medium: 0, low: 0 };
  posterior(seen).forEach((weight, i) => {
    const more = (i + 0.5) / POINTS - guess;
    if (more <= 0) return;
    const [high, low] = [RULE.high, RULE.low].map((bound) => below(cumulative, guess + bound * more));
    odds.high += weight * high;
    odds.medium += weight * (low - high);
    odds.low += weight * (1 - low);
  });
  known.set(name, odds);
  return odds;
}

/** Log-probabilities of the right solutions, one a wording, under both views; undefined where R is not on one side. */
export function scoredLabel(seen: readonly number[], blind: readonly number[]): Dependency | undefined {
  if (seen.length < RULE.wordings || seen.length !== blind.length) return undefined;
  const { low, high } = tInterval(
    seen.map((x, i) => blind[i] - x),
    RULE.confidence,
  );
  const [least, most] = [Math.log(RULE.high), Math.log(RULE.low)];
  if (high < least) return 'high';
  if (low >= most) return 'low';
  return low >= least && high < most ? 'medium' : undefined;
}

export function labelOf(
  answers: { seen: Asked; blind: Asked; guess?: number },
  scored?: { seen: readonly number[]; blind: readonly number[] },
): Labelled {
  const odds = oddsOf(answers.seen, answers.blind, answers.guess);
  const sure = (['high', 'medium', 'low'] as const).find((level) => odds[level] >= RULE.sure);
  if (sure) return { label: sure, by: 'answers', odds };
  const label = scored && scoredLabel(scored.seen, scored.blind);
  return label && odds[label] >= RULE.likely
    ? { label, by: 'log-probabilities', odds }
    : { label: 'unclear', by: 'nothing', odds };
}
