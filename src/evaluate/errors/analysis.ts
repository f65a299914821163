/** Everything that an analysis of errors found, from the evaluations and the ways in which their answers were sorted. */
import type { AnswerLine, Evaluation } from '../files.ts';
import { type Agreement, agreementOf } from './agreement.ts';
import { type Changes, type Counts, changesOf, countsOf, kindOf, type Sorting } from './change.ts';
import type { Draw } from './draw.ts';
import type { JudgeSettings } from './judge.ts';
import type { JudgeResult } from './judging.ts';
import { type ErrorKind, isSortedKind, type SortedKind } from './kinds.ts';
import { idOf, isWrong } from './wrong.ts';

/** One way in which the answers were sorted. */
export interface Sorter {
  /** `program`, `judge`, or the file of a person's labels. */
  name: string;
  /** How, in a sentence for reports. */
  how: string;
  sorting: Sorting;
  /** The answers that its counts are taken over: all, or those that were drawn for it. */
  draw: Draw;
}

export interface SorterResult {
  name: string;
  how: string;
  answers: string;
  single: boolean;
  /** Of each evaluation. */
  counts: Counts[];
  /** From the first evaluation to each of the others. */
  changes: Changes[];
}

export interface Comparison extends Agreement {
  a: string;
  b: string;
}

export interface JudgeRecord extends Omit<JudgeResult, 'sorting' | 'said'> {
  settings: JudgeSettings;
}

/** What --json writes. */
export interface ErrorAnalysis {
  version: 1;
  evaluations: {
    name: string;
    dir: string;
    policy: string;
    description: string;
    /** Questions that it asked, and those that all evaluations asked. */
    questions: number;
    shared: number;
    /** Share of right answers to these, the answers of a question averaged first. */
    accuracy: number;
  }[];
  sorters: SorterResult[];
  /** Each pair of sorters on the answers that both sorted. */
  comparisons: Comparison[];
  judge?: JudgeRecord;
  notes: string[];
}

/** Names of the evaluations that tell them apart: the policy where that does, else the folder. */
export function namesOf(evaluations: readonly Evaluation[]): string[] {
  const policies = evaluations.map(({ settings }) => settings.policy);
  if (new Set(policies).size === policies.length) return policies;
  return evaluations.map(({ dir }) => dir);
}

/** Every wrong answer that a sorter's counts rest on. */
export const wrongIn = ({ questions }: Draw): AnswerLine[] =>
  questions.flatMap(({ answers_EK }) => answers_EK.flat().filter(isWrong));

export function sorterResult({ name, how, sorting, draw }: Sorter, evaluations: number): SorterResult {
  const each = Array.from({ length: evaluations }, (_, e) => e);
  return {
    name,
    how,
    answers: draw.how,
    single: draw.single,
    counts: each.map((e) => countsOf(draw, e, sorting)),
    changes: each.slice(1).map((e) => changesOf(draw, e, sorting)),
  };
}

/** How far each two of them agree; answers without a box are not among them, as their verdict sorts them. */
export function comparisonsOf(sorters: readonly Pick<Sorter, 'name' | 'sorting'>[]): Comparison[] {
  return sorters.flatMap((a, i) =>
    sorters.slice(i + 1).map((b) => {
      const pairs = [...a.sorting].flatMap(([id, kind]): [SortedKind, SortedKind][] => {
        const other = b.sorting.get(id);
        return other === undefined ? [] : [[kind, other]];
      });
      return { a: a.name, b: b.name, ...agreementOf(pairs) };
    }),
  );
}

/** A wrong answer of one kind, to be shown. */
export interface Example {
  kind: ErrorKind;
  line: AnswerLine;
  evaluation: number;
}

/** The first answers of each kind, of different questions. */
export function examplesOf({ sorting, draw }: Sorter, each: number): Example[] {
  const found = new Map<ErrorKind, Example[]>();
  for (const { answers_EK } of draw.questions)
    for (const [evaluation, answers_K] of answers_EK.entries()) {
      const line = answers_K.find(isWrong);
      const kind = line && kindOf(line, sorting);
      if (!kind || !(isSortedKind(kind) || kind === 'no answer')) continue;
      const own = found.get(kind) ?? [];
      if (own.length < each && !own.some((one) => idOf(one.line) === idOf(line)))
        found.set(kind, [...own, { kind, line, evaluation }]);
      break;
    }
  return [...found.values()].flat();
}
