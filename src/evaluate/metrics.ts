/**
 * What the answers to questions come to. The answers to one question are averaged first, so that a question is one
 * observation however often it was asked; questions that share a source vary together.
 */
import {
  clusteredInterval,
  type Interval,
  shareInterval,
  standardError,
  tInterval,
  wilsonInterval,
} from '../statistics.ts';
import type { AnswerLine, AskedQuestion } from './files.ts';
import { VERDICTS, type Verdict } from './types.ts';

/** A mean over questions with its standard error and 95 % interval; `n` 0 and null where no question has it. */
export interface Estimate {
  value: number | null;
  se: number | null;
  low: number | null;
  high: number | null;
  n: number;
  /** Sources that the questions are of, where some share one: the error is that between these. */
  clusters?: number;
}

/** What the answers to some questions come to; means are over questions. */
export interface Metrics {
  questions: number;
  /** Answers drawn to each, at most. */
  samples: number;
  /** Mean over questions of the mean score of their answers (avg@k). */
  accuracy: Estimate;
  /** Of the likeliest answer. */
  greedy: Estimate;
  /** Whether one of k answers is right, for k = 1, 2, 4, … : unbiased (Chen et al. 2021). */
  pass: Record<string, Estimate>;
  /** Whether the commonest answer is right, the first drawn of equals. */
  majority: Estimate;
  /** Shares of all drawn answers: of the asked form; cut off at the longest length. */
  format: Estimate;
  truncated: Estimate;
  /** Length of the drawn answers; null where a server does not say how many tokens they have. */
  tokens: Estimate;
  characters: Estimate;
  /** Answers by what became of them, drawn and likeliest. */
  verdicts: Record<Verdict, number>;
  greedyVerdicts: Record<Verdict, number>;
  /** Built-in tasks: shares of the drawn answers by what went wrong first. */
  causes?: Record<string, number>;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const scoresOf = (lines: readonly AnswerLine[]) => lines.flatMap(({ score }) => score ?? []);

/** From 1/2 on an answer counts as right where one has to say. */
const isRight = ({ score }: AnswerLine) => (score ?? 0) >= 0.5;

/** 1 − C(n−c, k) / C(n, k): the chance that one of k answers is right, from n of which c are (Chen et al. 2021, eq. 1). */
export function passAtK(n: number, right: number, k: number): number {
  if (n - right < k) return 1;
  let none = 1;
  for (let i = n - right + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/** Whether the answer that was given most often is right; of equals the first drawn. undefined where there is none. */
export function majorityOf(lines: readonly AnswerLine[]): number | undefined {
  const votes = new Map<string, { count: number; score: number }>();
  for (const { given, score } of lines) {
    if (given === null || score === null) continue;
    const vote = votes.get(given.trim());
    if (vote) vote.count++;
    else votes.set(given.trim(), { count: 1, score });
  }
  let most: { count: number; score: number } | undefined;
  for (const vote of votes.values()) if (!most || vote.count > most.count) most = vote;
  if (most) return most.score;
  return lines.some(({ score }) => score !== null) ? 0 : undefined;
}

type Value = (question: AskedQuestion) => number | undefined;

/** The number of each question that has it, with where it comes from. */
function estimate(questions: readonly AskedQuestion[], of: Value, isShare: boolean): Estimate {
  const values: number[] = [];
  const clusters: string[] = [];
  for (const question of questions) {
    const value = of(question);
    if (value === undefined) continue;
    values.push(value);
    clusters.push(clusterOf(question));
  }
  if (values.length === 0) return { value: null, se: null, low: null, high: null, n: 0 };
  const sources = new Set(clusters).size;
  const clustered = sources < values.length;
  const between = clustered ? clusteredInterval(values, clusters) : undefined;
  // Sources that are all alike, as a few can be by chance, leave no spread to go by: each counts as one question.
  const found: Interval & { se?: number } = between
    ? isShare && !(between.se > 0)
      ? { ...wilsonInterval(between.value, sources), se: between.se }
      : between
    : isShare
      ? shareInterval(values)
      : tInterval(values);
  const se = clustered ? found.se : standardError(values);
  return {
    value: found.value,
    se: finite(se),
    low: finite(found.low),
    high: finite(found.high),
    n: values.length,
    ...(clustered && { clusters: sources }),
  };
}

const finite = (x: number | undefined) => (x !== undefined && Number.isFinite(x) ? x : null);

/** A question without a source of others is its own. */
const clusterOf = ({ suite, key, cluster }: AskedQuestion) =>
  JSON.stringify(cluster === undefined ? [suite, 'question', key] : [suite, 'source', cluster]);

const meanOf = (values: readonly number[]) => (values.length === 0 ? undefined : mean(values));

const answered = (lines: readonly AnswerLine[]) => lines.filter(({ verdict }) => verdict !== 'failed');

/** 1, 2, 4, … and k itself. */
const powersUpTo = (k: number) =>
  [...new Set([...Array.from({ length: 12 }, (_, i) => 2 ** i).filter((n) => n < k), k])].filter(
    (n) => n > 0,
  );

const tally = (lines: readonly AnswerLine[]) =>
  Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, lines.filter((line) => line.verdict === verdict).length]),
  ) as Record<Verdict, number>;

export function metricsOf(questions: readonly AskedQuestion[]): Metrics {
  const drawn = questions.flatMap(({ sampled_K }) => sampled_K);
  const best = questions.flatMap(({ greedy }) => greedy ?? []);
  const samples = Math.max(0, ...questions.map(({ sampled_K }) => sampled_K.length));
  const share = (of: Value) => estimate(questions, of, true);
  const ofAnswers = (of: (line: AnswerLine) => number | undefined) => (q: AskedQuestion) =>
    meanOf(
      answered(q.sampled_K.length > 0 ? q.sampled_K : [q.greedy].flatMap((line) => line ?? [])).flatMap(
        (line) => of(line) ?? [],
      ),
    );
  const pass = powersUpTo(samples).map((k): [string, Estimate] => [
    String(k),
    share(({ sampled_K }) => {
      const scored = sampled_K.filter(({ score }) => score !== null);
      return scored.length < k ? undefined : passAtK(scored.length, scored.filter(isRight).length, k);
    }),
  ]);
  const traced = drawn.flatMap(({ cause }) => cause ?? []);
  const causes = [...new Set(traced)]
    .sort()
    .map((cause) => [cause, traced.filter((c) => c === cause).length / traced.length]);
  return {
    questions: questions.length,
    samples,
    accuracy: share((q) => meanOf(scoresOf(q.sampled_K))),
    greedy: share(({ greedy }) => greedy?.score ?? undefined),
    pass: Object.fromEntries(pass),
    majority: share((q) => (q.sampled_K.length === 0 ? undefined : majorityOf(q.sampled_K))),
    format: share(ofAnswers(({ format }) => Number(format))),
    truncated: share(ofAnswers(({ truncated }) => Number(truncated))),
    tokens: estimate(
      questions,
      ofAnswers(({ tokens }) => tokens ?? undefined),
      false,
    ),
    characters: estimate(
      questions,
      ofAnswers(({ characters }) => characters),
      false,
    ),
    verdicts: tally(drawn),
    greedyVerdicts: tally(best),
    ...(traced.length > 0 && { causes: Object.fromEntries(causes) }),
  };
}

/** The metrics of each group of questions, in the order of their names. */
export function metricsBy(
  questions: readonly AskedQuestion[],
  of: (question: AskedQuestion) => string | undefined,
): Record<string, Metrics> {
  const groups = new Map<string, AskedQuestion[]>();
  for (const question of questions) {
    const group = of(question);
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), question]);
  }
  const names = [...groups.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, metricsOf(groups.get(name) ?? [])]));
}
