/** The questions that changed most, with an answer of each policy that shows how. */
import type { AnswerLine, AskedQuestion } from '../files.ts';
import { MEASURES } from './measures.ts';
import type { QuestionPair } from './pairing.ts';

/** Questions of each kind that are shown. */
const SHOWN = 6;

/** An answer as it is shown. */
export interface Shown {
  response: string;
  given: string | null;
  verdict: AnswerLine['verdict'];
}

export interface Changed {
  suite: string;
  key: string;
  id: string;
  question: string;
  answer: string;
  /** Score of the drawn answers, or of the likeliest where none was drawn. */
  before: number;
  after: number;
  /** An answer of each: a right one of the policy that did better, a wrong one of the other. */
  answers: { before: Shown | null; after: Shown | null };
}

const [accuracy, greedy] = MEASURES;

const scoreOf = (question: AskedQuestion) => accuracy.of(question) ?? greedy.of(question);

/** The first that is right, or wrong, the likeliest answer last; any where there is none such. */
function shown({ sampled_K, greedy: likeliest }: AskedQuestion, right: boolean): Shown | null {
  const lines = [...sampled_K, ...(likeliest ? [likeliest] : [])];
  const line = lines.find(({ score }) => score !== null && score >= 0.5 === right) ?? lines[0];
  return line ? { response: line.response, given: line.given, verdict: line.verdict } : null;
}

export function changedMost(pairs: readonly QuestionPair[]): { gained: Changed[]; lost: Changed[] } {
  const all = pairs.flatMap((pair): (Changed & { pair: QuestionPair })[] => {
    const [before, after] = [scoreOf(pair.before), scoreOf(pair.after)];
    if (before === undefined || after === undefined || before === after) return [];
    const { suite, key, id, question, answer } = pair.before;
    const gain = after > before;
    const answers = { before: shown(pair.before, !gain), after: shown(pair.after, gain) };
    return [{ suite, key, id, question, answer, before, after, answers, pair }];
  });
  // Among equal changes of what is drawn, those that turned the likeliest answer too; then in the order of the suite.
  const likeliest = ({ pair }: (typeof all)[number]) =>
    (greedy.of(pair.after) ?? 0) - (greedy.of(pair.before) ?? 0);
  const most = (sign: 1 | -1) =>
    all
      .filter(({ before, after }) => sign * (after - before) > 0)
      .sort(
        (a, b) => sign * (b.after - b.before - (a.after - a.before)) || sign * (likeliest(b) - likeliest(a)),
      )
      .slice(0, SHOWN)
      .map(({ pair: _, ...changed }) => changed);
  return { gained: most(1), lost: most(-1) };
}
