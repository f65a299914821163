/** Which answers are looked at: all, or as many as a judge or a person can read. */
import { random } from '../../random.ts';
import type { AnswerLine, AskedQuestion } from '../files.ts';
import { answersOf, isWrong } from './wrong.ts';

/** A question with the answers of each evaluation that are counted, [E][K]. */
export interface Looked {
  /** Questions of equal text here vary together. */
  cluster: string;
  answers_EK: AnswerLine[][];
}

export interface Draw {
  questions: Looked[];
  /** How they were taken, in a sentence for reports. */
  how: string;
  /** Whether it is one answer a question, so that counts are whole numbers. */
  single: boolean;
}

const clusterOf = ({ suite, key, cluster }: AskedQuestion) => JSON.stringify([suite, cluster ?? key]);

/** @param shared the questions, each as every evaluation asked it, [Q][E] */
export function allOf(shared: readonly (readonly AskedQuestion[])[]): Draw {
  const questions = shared.map((asked) => ({
    cluster: clusterOf(asked[0]),
    answers_EK: asked.map((q) => answersOf(q)),
  }));
  const single = questions.every(({ answers_EK }) => answers_EK.every(({ length }) => length === 1));
  return {
    questions,
    how: single
      ? 'all answers, one a question'
      : 'all answers, those of a question averaged first: a count is what one answer to each question comes to',
    single,
  };
}

/**
 * Draws questions at random, from each suite in proportion to its size, with one of the answers of each evaluation,
 * until `limit` answers of the first are wrong. Questions that it answered rightly are drawn as well, and errors that
 * only a later evaluation makes in them count: had only its wrong answers been kept, any second try would look better.
 */
export function drawnOf(shared: readonly (readonly AskedQuestion[])[], limit: number, seed: string): Draw {
  const bySuite = new Map<string, (readonly AskedQuestion[])[]>();
  for (const asked of shared) bySuite.set(asked[0].suite, [...(bySuite.get(asked[0].suite) ?? []), asked]);
  // The i-th of n questions of each suite stands at a random place of the i-th n-th: every beginning is in proportion.
  const order = [...bySuite].flatMap(([suite, all]) => {
    const rng = random(seed, 'errors', suite);
    return rng.shuffle(all).map((asked, i) => ({ asked, place: (i + rng.next()) / all.length }));
  });
  const questions: Looked[] = [];
  let wrong = 0;
  for (const { asked } of order.sort((a, b) => a.place - b.place)) {
    if (wrong >= limit) break;
    const answers_EK = asked.map((q, e) => {
      const answers = answersOf(q);
      return [answers[random(seed, 'errors answer', q.suite, q.key, e).int(answers.length)]];
    });
    questions.push({ cluster: clusterOf(asked[0]), answers_EK });
    if (isWrong(answers_EK[0][0])) wrong++;
  }
  const suites = bySuite.size > 1 ? ', from each suite in proportion to its size' : '';
  return {
    questions,
    how: `${wrong} wrong answers of the first, which are those to ${questions.length} questions drawn at random${suites}, one answer each (seed ${seed})`,
    single: true,
  };
}
