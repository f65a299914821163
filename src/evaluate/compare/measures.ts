/** What is compared of a question: one number each time it was evaluated. */
import type { AnswerLine, AskedQuestion } from '../files.ts';

export interface Measure {
  name: string;
  /** What a table is headed with; `k` is how many answers were drawn to each question, `?` where not equally many. */
  title(k: string): string;
  unit: 'share' | 'tokens' | 'characters';
  /** What a difference is called that is more than chance. */
  up: string;
  down: string;
  /** How well the policy answers: shown by task and dependency too, and over suites relative to what it was. */
  isAccuracy: boolean;
  /** undefined where the question has none: nothing was answered, or the reference cannot be read. */
  of(question: AskedQuestion): number | undefined;
}

const meanOf = (values: readonly number[]) =>
  values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;

/** The mean over the answers that were drawn, or the likeliest where none was; those that failed are left out. */
const ofAnswers =
  (of: (line: AnswerLine) => number | null) =>
  ({ sampled_K, greedy }: AskedQuestion): number | undefined => {
    const lines = sampled_K.length > 0 || greedy === undefined ? sampled_K : [greedy];
    return meanOf(lines.filter(({ verdict }) => verdict !== 'failed').flatMap((line) => of(line) ?? []));
  };

const accuracy: Measure = {
  name: 'accuracy',
  title: (k) => `accuracy, avg@${k}`,
  unit: 'share',
  up: 'gain',
  down: 'loss',
  isAccuracy: true,
  of: ({ sampled_K }) => meanOf(sampled_K.flatMap(({ score }) => score ?? [])),
};

const greedy: Measure = {
  name: 'greedy',
  title: () => 'accuracy, greedy',
  unit: 'share',
  up: 'gain',
  down: 'loss',
  isAccuracy: true,
  of: (question) => question.greedy?.score ?? undefined,
};

const format: Measure = {
  name: 'format',
  title: () => 'answers in the asked form',
  unit: 'share',
  up: 'more',
  down: 'fewer',
  isAccuracy: false,
  of: ofAnswers((line) => Number(line.format)),
};

const truncated: Measure = {
  name: 'truncated',
  title: () => 'answers cut off',
  unit: 'share',
  up: 'more',
  down: 'fewer',
  isAccuracy: false,
  of: ofAnswers((line) => Number(line.truncated)),
};

const tokens: Measure = {
  name: 'tokens',
  title: () => 'length, tokens',
  unit: 'tokens',
  up: 'longer',
  down: 'shorter',
  isAccuracy: false,
  of: ofAnswers((line) => line.tokens),
};

/** For servers that do not say how many tokens an answer has. */
const characters: Measure = {
  name: 'characters',
  title: () => 'length, characters',
  unit: 'characters',
  up: 'longer',
  down: 'shorter',
  isAccuracy: false,
  of: ofAnswers((line) => line.characters),
};

export const MEASURES: readonly Measure[] = [accuracy, greedy, format, truncated, tokens, characters];
