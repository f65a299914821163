/** How many errors of each kind there are, and how that changed, with intervals over questions. */
import { tQuantile } from '../../distributions.ts';
import { type Interval, isClear } from '../../statistics.ts';
import type { AnswerLine } from '../files.ts';
import type { Draw, Looked } from './draw.ts';
import { type ErrorKind, KINDS, type SortedKind } from './kinds.ts';
import { idOf, isWrong } from './wrong.ts';

/** What each answer was called, by its id; answers that are not there are `unsorted`. */
export type Sorting = ReadonlyMap<string, SortedKind>;

/** undefined: it is right. */
export function kindOf(line: AnswerLine, sorting: Sorting): ErrorKind | undefined {
  if (!isWrong(line)) return undefined;
  if (line.verdict === 'no box') return 'no answer';
  return sorting.get(idOf(line)) ?? 'unsorted';
}

/** A question in a sum: what it adds above and below the line. */
interface Part {
  cluster: string;
  over: number;
  under: number;
}

/** Questions that are added to what was found, so that an interval never shrinks to nothing. */
interface Added {
  over: number;
  under: number;
  weight: number;
}

/**
 * Σ over / Σ under with an interval by linearisation: Student's, of the residuals over − ratio · under, summed by cluster.
 * The ends are taken with the added questions among them (Agresti and Coull 1998 for shares, Agresti and Min 2005 for
 * pairs); the value is without.
 */
export function ratioInterval(parts: readonly Part[], added: readonly Added[]): Interval {
  const total = (of: (x: { over: number; under: number }) => number) =>
    parts.reduce((s, part) => s + of(part), 0) + added.reduce((s, a) => s + a.weight * of(a), 0);
  const plain = parts.reduce((s, { over }) => s + over, 0) / parts.reduce((s, { under }) => s + under, 0);
  const n = parts.length;
  const value = Number.isFinite(plain) ? plain : Number.NaN;
  if (n < 2 || Number.isNaN(value)) return { value, low: Number.NaN, high: Number.NaN, n };
  const under = total((x) => x.under);
  const middle = total((x) => x.over) / under;
  const residuals = new Map<string, number>();
  for (const part of parts)
    residuals.set(part.cluster, (residuals.get(part.cluster) ?? 0) + part.over - middle * part.under);
  let squares = 0;
  for (const r of residuals.values()) squares += r * r;
  for (const a of added) squares += a.weight * (a.over - middle * a.under) ** 2;
  const clusters = residuals.size;
  if (clusters < 2) return { value, low: Number.NaN, high: Number.NaN, n };
  const error = Math.sqrt((squares * clusters) / (clusters - 1)) / under;
  const half = tQuantile(0.975, clusters - 1) * error;
  return { value, low: Math.min(value, middle - half), high: Math.max(value, middle + half), n };
}

/** Two that are it and two that are not. */
const SHARE: readonly Added[] = [
  { over: 1, under: 1, weight: 2 },
  { over: 0, under: 1, weight: 2 },
];
/** Half a question of each kind: an error before and after, before only, after only, neither. */
const PAIR: readonly Added[] = [
  { over: 0, under: 1, weight: 0.5 },
  { over: -1, under: 1, weight: 0.5 },
  { over: 1, under: 0, weight: 0.5 },
  { over: 0, under: 0, weight: 0.5 },
];

/** Questions with half an error of a kind before and after, before only, after only. */
const HALVES: readonly { before: number; after: number; weight: number }[] = [
  { before: 1, after: 1, weight: 0.5 },
  { before: 1, after: 0, weight: 0.5 },
  { before: 0, after: 1, weight: 0.5 },
];

/**
 * Σ after / Σ before − 1, paired by question, with Student's interval of the logarithm of the ratio, taken with half an
 * error of each sort added: it never falls below −1, and holds up where there were few before.
 */
export function relativeInterval(
  parts: readonly { cluster: string; before: number; after: number }[],
): Interval {
  const n = parts.length;
  const sum = (of: (p: { before: number; after: number }) => number) => parts.reduce((s, p) => s + of(p), 0);
  const [b, a] = [sum((p) => p.before), sum((p) => p.after)];
  const value = b > 0 ? a / b - 1 : Number.NaN;
  const [before, after] = [b + 1, a + 1];
  const residual = (p: { before: number; after: number }) => p.after / after - p.before / before;
  const byCluster = new Map<string, number>();
  for (const part of parts) byCluster.set(part.cluster, (byCluster.get(part.cluster) ?? 0) + residual(part));
  const clusters = byCluster.size;
  if (clusters < 2 || Number.isNaN(value)) return { value, low: Number.NaN, high: Number.NaN, n };
  let squares = HALVES.reduce((s, half) => s + half.weight * residual(half) ** 2, 0);
  for (const r of byCluster.values()) squares += r * r;
  const half = tQuantile(0.975, clusters - 1) * Math.sqrt((squares * clusters) / (clusters - 1));
  const [low, high] = [-half, half].map((x) => (after / before) * Math.exp(x) - 1);
  return { value, low: Math.min(value, low), high: Math.max(value, high), n };
}

/** The fewest questions that changed that can be called more than chance: the sign test of 5 against none has p = .06. */
const FEWEST = 6;

/** Share of a question's answers that are errors of a kind, of any kind where none is named. */
function shareOf(answers_K: readonly AnswerLine[], sorting: Sorting, kind?: ErrorKind): number {
  const found = answers_K.filter((line) =>
    kind === undefined ? isWrong(line) : kindOf(line, sorting) === kind,
  );
  return found.length / answers_K.length;
}

export interface Counted {
  /** Errors: over questions, after averaging the answers of each. */
  count: number;
  /** Of all wrong answers. */
  share: Interval;
}

export interface Counts {
  questions: number;
  wrong: number;
  kinds: Record<ErrorKind, Counted>;
}

/** How many errors of each kind one evaluation makes. */
export function countsOf({ questions }: Draw, e: number, sorting: Sorting): Counts {
  const partsOf = (kind?: ErrorKind) =>
    questions.map(({ cluster, answers_EK }) => ({
      cluster,
      over: shareOf(answers_EK[e], sorting, kind),
      under: shareOf(answers_EK[e], sorting),
    }));
  const kinds = Object.fromEntries(
    KINDS.map((kind) => {
      const parts = partsOf(kind);
      const { value, low, high } = ratioInterval(parts, SHARE);
      const share = { value, low: Math.max(0, low), high: Math.min(1, high), n: questions.length };
      return [kind, { count: parts.reduce((s, { over }) => s + over, 0), share }];
    }),
  ) as Counts['kinds'];
  return { questions: questions.length, wrong: partsOf().reduce((s, { over }) => s + over, 0), kinds };
}

export interface Changed {
  before: number;
  after: number;
  /** (after − before) / all wrong answers before: −0.305 for 61 of 200. */
  ofAll: Interval;
  /** (after − before) / errors of this kind before: −0.455 for 61 of 134. */
  ofKind: Interval;
  /** Whether it is more than chance: the interval is known and does not hold 0. */
  clear: boolean;
}

export type Changes = Record<ErrorKind | 'all', Changed>;

/** How errors changed from the first evaluation to another, paired by question. */
export function changesOf({ questions }: Draw, e: number, sorting: Sorting): Changes {
  const changed = (kind?: ErrorKind): Changed => {
    const pairs = questions.map((q: Looked) => ({
      cluster: q.cluster,
      before: shareOf(q.answers_EK[0], sorting, kind),
      after: shareOf(q.answers_EK[e], sorting, kind),
      wrong: shareOf(q.answers_EK[0], sorting),
    }));
    const parts = pairs.map((p) => ({ cluster: p.cluster, over: p.after - p.before, under: p.wrong }));
    const { value, low, high, n } = ratioInterval(parts, PAIR);
    const ofAll = { value, low: Math.max(-1, low), high, n };
    const ofKind = relativeInterval(pairs);
    const moved = pairs.filter((p) => p.after !== p.before).length;
    return {
      before: pairs.reduce((s, p) => s + p.before, 0),
      after: pairs.reduce((s, p) => s + p.after, 0),
      ofAll,
      ofKind,
      clear: moved >= FEWEST && isClear(ofAll) && (Number.isNaN(ofKind.value) || isClear(ofKind)),
    };
  };
  return Object.fromEntries([...KINDS.map((kind) => [kind, changed(kind)]), ['all', changed()]]) as Changes;
}
