/** The wrong answers of an evaluation. */
import { createHash } from 'node:crypto';
import type { AnswerLine, AskedQuestion, Evaluation } from '../files.ts';

/** Names a question in every evaluation that asked it. */
export const questionName = ({ suite, key }: Pick<AnswerLine, 'suite' | 'key'>): string =>
  JSON.stringify([suite, key]);

/**
 * Names a response to a question wherever it is found: equal responses to one question, of one policy or of two, are
 * sorted once. It begins with a letter, or a spreadsheet would take `12e4…` for a number.
 */
export const idOf = ({ suite, key, response }: Pick<AnswerLine, 'suite' | 'key' | 'response'>): string =>
  `q${createHash('sha256')
    .update(JSON.stringify([suite, key, response]))
    .digest('hex')
    .slice(0, 11)}`;

/** Whether an answer is an error of the policy: a failed request or a reference that cannot be read is none. */
export const isWrong = ({ verdict }: Pick<AnswerLine, 'verdict'>): boolean =>
  verdict === 'wrong' || verdict === 'no box';

/** Whether it says anything of the policy, right or wrong. */
export const isJudged = ({ verdict }: Pick<AnswerLine, 'verdict'>): boolean =>
  verdict !== 'failed' && verdict !== 'bad reference';

/** The answers of a question that are counted: those that were sampled, or the greedy one where none was. */
export const answersOf = ({ sampled_K, greedy }: AskedQuestion): AnswerLine[] =>
  (sampled_K.length > 0 ? sampled_K : greedy ? [greedy] : []).filter(isJudged);

/** The questions that every one of the evaluations asked and that have an answer in each, in the order of the first. */
export function sharedQuestions(evaluations: readonly Evaluation[]): AskedQuestion[][] {
  const [first, ...others] = evaluations.map(
    ({ questions }) => new Map(questions.map((q) => [questionName(q), q])),
  );
  return [...first].flatMap(([name, question]) => {
    const all = [question, ...others.flatMap((of) => of.get(name) ?? [])];
    return all.length === evaluations.length && all.every((q) => answersOf(q).length > 0) ? [all] : [];
  });
}
