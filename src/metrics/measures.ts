/** The numbers of an evaluation: each a mean over questions, with its interval, and paired with what was found before. */
import {
  type Interval,
  type Pair,
  pairedInterval,
  pairedShareInterval,
  shareInterval,
  tInterval,
} from '../statistics.ts';
import { type Answers, paired, type QuestionAnswers } from './answers.ts';

/** One number of a question; undefined where the question has none, and is left out of the mean. */
export interface Measure {
  /** Its key in a test line of metrics.jsonl; `part.key` for what stands in a part. */
  name: string;
  /** A share is from 0 to 1. */
  unit: 'share' | 'nats';
  of(question: QuestionAnswers): number | undefined;
}

/** How the answer was taken: drawn at temperature 1 (or whatever the evaluation was asked for), or the most likely one. */
export type Way = 'sampled' | 'greedy';
export const WAYS: readonly Way[] = ['sampled', 'greedy'];

/** The one place where names of measures are made. */
export const accuracyKey = (way: Way, view = 'original'): string =>
  `${way === 'sampled' ? 'accuracy' : 'greedy'}${view === 'original' ? '' : `_${view}`}`;
const partKey = (part: string, way: Way, key: string) =>
  `${part}${way === 'sampled' ? '' : '_greedy'}.${key}`;
export const kindKey = (way: Way, kind: string): string => partKey('kinds', way, kind);
export const dependencyKey = (way: Way, level: string): string => partKey('dependency', way, level);
export const causeKey = (way: Way, cause: string): string => partKey('causes', way, cause);
export const KL_PRCP = 'kl_prcp';

const share = (name: string, of: Measure['of']): Measure => ({ name, unit: 'share', of });

const distinct = (values: readonly (string | undefined)[]) =>
  [...new Set(values.filter((v) => v !== undefined))].sort();

/** What the questions of an evaluation are told apart by, in order. */
export function groupsOf({ questions }: Answers) {
  return {
    views: [...new Set(questions.flatMap(({ sampled }) => Object.keys(sampled)))],
    kinds: distinct(questions.map(({ kind }) => kind)),
    levels: distinct(questions.map(({ dependency }) => dependency)),
    causes: [...new Set(questions.flatMap(({ causes }) => Object.keys(causes ?? {})))],
  };
}

/** Every measure that the answers have. */
export function measuresOf(answers: Answers): Measure[] {
  const { views, kinds, levels, causes } = groupsOf(answers);
  const all = WAYS.flatMap((way) => [
    ...views.map((view) => share(accuracyKey(way, view), (q) => q[way][view])),
    ...kinds.map((kind) => share(kindKey(way, kind), (q) => (q.kind === kind ? q[way].original : undefined))),
    ...levels.map((level) =>
      share(dependencyKey(way, level), (q) => (q.dependency === level ? q[way].original : undefined)),
    ),
  ]);
  const why = causes.flatMap((cause) => [
    share(causeKey('sampled', cause), (q) => q.causes?.[cause]),
    share(causeKey('greedy', cause), ({ greedyCause }) =>
      greedyCause === undefined ? undefined : Number(greedyCause === cause),
    ),
  ]);
  const klPrcp: Measure = { name: KL_PRCP, unit: 'nats', of: (q) => q.klPrcp };
  return [...all, ...why, klPrcp].filter(({ of }) => answers.questions.some((q) => of(q) !== undefined));
}

/** The mean over questions with its interval of 95 %; n 0 where no question has the measure. */
export function estimate({ unit, of }: Measure, questions: readonly QuestionAnswers[]): Interval {
  const values = questions.flatMap((q) => of(q) ?? []);
  return unit === 'share' ? shareInterval(values) : tInterval(values);
}

/** The mean difference over the questions that have the measure in both, paired, with its interval of 95 %. */
export function change(
  { unit, of }: Measure,
  pairs: readonly (readonly [QuestionAnswers, QuestionAnswers])[],
): Interval {
  const values = pairs.flatMap(([before, after]): Pair[] => {
    const [a, b] = [of(before), of(after)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  return unit === 'share' ? pairedShareInterval(values) : pairedInterval(values);
}

/** An estimate for each measure, by name. */
export const estimates = (answers: Answers): Map<string, Interval> =>
  new Map(measuresOf(answers).map((m) => [m.name, estimate(m, answers.questions)]));

/** A paired difference for each measure that both have, by name. */
export function changes(before: Answers, after: Answers): Map<string, Interval> {
  const pairs = paired(before, after);
  const found = measuresOf(after).map((m): [string, Interval] => [m.name, change(m, pairs)]);
  return new Map(found.filter(([, { n }]) => n > 0));
}
