/** Questions with what was answered to them under each view. */
import type { Dependency } from '../../data/row.ts';
import { PapoError } from '../../errors.ts';
import type { AskedQuestion, Evaluation } from '../files.ts';
import type { Suite } from '../types.ts';
import { type Asked, type Label, type Labelled, labelOf } from './label.ts';
import type { Score } from './scores.ts';
import { BLIND, VIEWS, type View } from './views.ts';

export interface ViewAnswers {
  /** Of the drawn answers; of the likeliest where none were drawn. */
  asked: Asked;
  greedy: number | null;
  /** What was answered likeliest, else first. */
  response: string;
  given: string | null;
}

export interface Question {
  suite: string;
  key: string;
  /** Place in its suite. */
  at: number;
  id: string;
  task?: string;
  /** As the data set has it: the built-in rows do. */
  own?: Dependency;
  cluster?: string;
  question: string;
  answer: string;
  /** Chance of a right answer by guessing among its options. */
  guess: number;
  views: Partial<Record<View, ViewAnswers>>;
  /** The language model alone, where one was named. */
  textOnly?: ViewAnswers;
  /** Log-probabilities of right responses, one a wording. */
  logprobs: Partial<Record<View, { whole: number[]; boxed: number[] }>>;
  labelled: Labelled;
}

export const meanOf = ({ right, n }: Asked): number | null => (n > 0 ? right / n : null);

function viewAnswers({ sampled_K, greedy }: AskedQuestion): ViewAnswers {
  const scoresOf = (lines: typeof sampled_K) => lines.flatMap(({ score }) => score ?? []);
  const drawn = scoresOf(sampled_K);
  const scores = drawn.length > 0 ? drawn : scoresOf(greedy ? [greedy] : []);
  const shown = greedy ?? sampled_K[0];
  return {
    asked: { right: scores.reduce((a, b) => a + b, 0), n: scores.length },
    greedy: greedy?.score ?? null,
    response: shown?.response ?? '',
    given: shown?.given ?? null,
  };
}

const nameOf = ({ suite, key }: { suite: string; key: string }) => JSON.stringify([suite, key]);

/** Options of each question, by its name: what a guess is worth. */
export async function guessesOf(suites: readonly Suite[]): Promise<Map<string, number>> {
  const guesses = new Map<string, number>();
  for (const suite of suites)
    for (let at = 0; at < suite.length; at++)
      try {
        const { key, choices } = await suite.item(at);
        if (choices && choices.length > 1)
          guesses.set(nameOf({ suite: suite.name, key }), 1 / choices.length);
      } catch (error) {
        if (!(error instanceof PapoError)) throw error;
      }
  return guesses;
}

/**
 * Questions that were answered under every view, with their labels.
 * @param blind of each suite, the view that stands for the words alone
 */
export function questionsOf(
  evaluations: Partial<Record<View, Evaluation>>,
  more: { textOnly?: Evaluation; scores: readonly Score[]; guesses: ReadonlyMap<string, number> },
): { questions: Question[]; blind: Record<string, View> } {
  const asked = VIEWS.flatMap((view) => {
    const found = evaluations[view];
    return found ? [[view, new Map(found.questions.map((q) => [nameOf(q), q]))] as const] : [];
  });
  const alone = new Map(more.textOnly?.questions.map((q) => [nameOf(q), q]));
  const logprobs = new Map<string, Question['logprobs']>();
  for (const { suite, key, view, wording, logprob, boxed } of more.scores) {
    const own = logprobs.get(nameOf({ suite, key })) ?? {};
    logprobs.set(nameOf({ suite, key }), own);
    const values = own[view] ?? { whole: [], boxed: [] };
    own[view] = values;
    values.whole[wording] = logprob;
    values.boxed[wording] = boxed;
  }
  const found = (evaluations.original?.questions ?? []).flatMap((q): Omit<Question, 'labelled'>[] => {
    const views: Question['views'] = {};
    for (const [view, questions] of asked) {
      const own = questions.get(nameOf(q));
      if (!own) return [];
      views[view] = viewAnswers(own);
    }
    // Without a picture there is nothing to need.
    if (!q.question.includes('<image>')) return [];
    const { suite, key, at, id, task, dependency, cluster, question, answer } = q;
    const text = alone.get(nameOf(q));
    return [
      {
        suite,
        key,
        at,
        id,
        ...(task !== undefined && { task }),
        ...(dependency !== undefined && { own: dependency }),
        ...(cluster !== undefined && { cluster }),
        question,
        answer,
        guess: more.guesses.get(nameOf(q)) ?? 0,
        views,
        ...(text && { textOnly: viewAnswers(text) }),
        logprobs: logprobs.get(nameOf(q)) ?? {},
      },
    ];
  });
  const blind = Object.fromEntries(
    [...new Set(found.map(({ suite }) => suite))].map((suite) => [
      suite,
      blindView(found.filter((q) => q.suite === suite)),
    ]),
  );
  const questions = found.map((question) => ({
    ...question,
    labelled: labelled(question, blind[question.suite]),
  }));
  return { questions, blind };
}

/** Of the views that say nothing of the picture, the one with most right answers: what the words can give at most. */
function blindView(questions: readonly Omit<Question, 'labelled'>[]): View {
  const mean = (view: View) => {
    const values = questions.flatMap(({ views }) => meanOf(views[view]?.asked ?? { right: 0, n: 0 }) ?? []);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const asked = BLIND.filter((view) => questions.some(({ views }) => views[view]));
  return asked.reduce((best, view) => (mean(view) > mean(best) ? view : best), asked[0] ?? 'none');
}

function labelled({ views, guess, logprobs }: Omit<Question, 'labelled'>, blind: View): Labelled {
  const none: Asked = { right: 0, n: 0 };
  const [seen, other] = [logprobs.original?.whole, logprobs[blind]?.whole];
  return labelOf(
    { seen: views.original?.asked ?? none, blind: views[blind]?.asked ?? none, guess },
    seen && other ? { seen, blind: other } : undefined,
  );
}

export const labelsOf = (questions: readonly Question[]): Record<Label, number> => {
  const counts = { high: 0, medium: 0, low: 0, unclear: 0 };
  for (const { labelled: own } of questions) counts[own.label]++;
  return counts;
};
