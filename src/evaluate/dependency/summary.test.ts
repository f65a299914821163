import { describe, expect, it } from 'vitest';
import type { AnswerLine, Evaluation } from '../files.ts';
import { builtinItems, suiteOf } from '../suite.testing.ts';
import { builtinWords } from './builtin-words.ts';
import { guessesOf, questionsOf } from './questions.ts';
import type { Score } from './scores.ts';
import { agreementOf, groupOf, groupsBy } from './summary.ts';
import { dependencyMarkdown, dependencyText } from './terminal.ts';
import type { View } from './views.ts';

const line = (key: string, sample: number, score: number): AnswerLine => ({
  suite: 's',
  key,
  at: Number(key),
  id: key,
  way: 'sampled',
  sample,
  task: Number(key) % 2 ? 'odd' : 'even',
  dependency: Number(key) < 4 ? 'high' : 'low',
  question: key === '9' ? 'no picture' : '<image>what?',
  answer: '1',
  response: String(score),
  given: String(score),
  verdict: score ? 'right' : 'wrong',
  score,
  why: '',
  format: true,
  truncated: false,
  tokens: 1,
  characters: 1,
});

/** Eight answers to each of ten questions, of which `right(question)` are right. */
const evaluation = (right: (q: number) => number): Evaluation =>
  ({
    dir: '',
    settings: {},
    questions: Array.from({ length: 10 }, (_, q) => {
      const sampled_K = Array.from({ length: 8 }, (_, k) => line(String(q), k, Number(k < right(q))));
      const { suite, key, at, id, task, dependency, question, answer } = sampled_K[0];
      return { suite, key, at, id, task, dependency, question, answer, sampled_K };
    }),
  }) as unknown as Evaluation;

const seen = evaluation(() => 8);
/** The first four need their picture. */
const blind = evaluation((q) => (q < 4 ? 0 : 8));
const scores: Score[] = [0, 1].flatMap((wording) =>
  (['original', 'none'] as View[]).map((view) => ({
    suite: 's',
    key: '0',
    view,
    wording,
    logprob: view === 'none' ? -20 : -10,
    boxed: -1,
    tokens: 3,
  })),
);

describe('what views come to', () => {
  const { questions, blind: view } = questionsOf(
    { original: seen, none: blind },
    { scores, guesses: new Map() },
  );

  it('is of questions with a picture that were asked under each view', () => {
    expect(questions.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    const missing = { ...blind, questions: blind.questions.slice(0, 5) };
    expect(
      questionsOf({ original: seen, none: missing }, { scores: [], guesses: new Map() }).questions,
    ).toHaveLength(5);
    expect(view).toEqual({ s: 'none' });
  });

  it('has accuracy, gain and log-probabilities', () => {
    const all = groupOf(questions);
    expect(all.accuracy.original?.value).toBe(1);
    expect(all.accuracy.none?.value).toBeCloseTo(5 / 9, 12);
    expect(all.gain?.value).toBeCloseTo(4 / 9, 12);
    expect(all.logprob.none).toMatchObject({ value: -20, n: 1 });
    expect(all.leak).toBeNull();
    expect(all.labels).toEqual({ high: 4, medium: 0, low: 5, unclear: 0 });
    const tasks = groupsBy(questions, ({ task }) => task);
    expect(Object.entries(tasks).map(([name, { questions: n }]) => [name, n])).toEqual([
      ['even', 5],
      ['odd', 4],
    ]);
    expect(Object.keys(groupsBy(questions, ({ own }) => own))).toEqual(['high', 'low']);
  });

  it('has a leak where a language model alone was asked, never below 0', () => {
    const leakOf = (right: (q: number) => number) => {
      const more = { textOnly: evaluation(right), scores: [], guesses: new Map<string, number>() };
      return groupOf(questionsOf({ original: seen, none: blind }, more).questions).leak;
    };
    expect(leakOf(() => 0)).toMatchObject({ raw: 5 / 9, value: 5 / 9 });
    expect(leakOf(() => 8)?.value).toBe(0);
    expect(leakOf(() => 8)?.raw).toBeCloseTo(-4 / 9, 12);
  });

  it("is held against the data set's own labels", () => {
    const agreement = agreementOf(questions);
    expect(agreement).toMatchObject({ sorted: 9, agreed: 9, kappa: 1 });
    expect(agreement?.table.high).toEqual({ high: 4, medium: 0, low: 0, unclear: 0 });
    expect(agreementOf(questions.map(({ own: _, ...rest }) => rest))).toBeNull();
  });

  it('is told within 80 columns and as Markdown', () => {
    const group = groupOf(questions);
    const found = {
      version: 1 as const,
      policy: 'p',
      description: 'd',
      textOnly: null,
      samples: 8,
      seed: '1',
      mask: 'random 0.6',
      blind: view,
      all: group,
      suites: { s: group },
      tasks: groupsBy(questions, ({ task }) => task),
      own: groupsBy(questions, ({ own }) => own),
      agreement: agreementOf(questions),
      words: null,
      notes: ['a note'],
    };
    const text = dependencyText(found);
    expect(text.split('\n').filter((one) => one.length > 80)).toEqual([]);
    expect(text).toMatch(/leak: not known without a language model alone/);
    expect(text).toMatch(/agrees with the data set on 9 \(100.0\s+%, κ 1.00\)/);
    expect(dependencyMarkdown(found)).toContain('| none |');
  });
});

it('a guess among options is known from the suite', async () => {
  const [item] = builtinItems(1);
  const suite = suiteOf([
    { ...item, choices: ['a', 'b', 'c', 'd'] },
    { ...item, key: 'free' },
  ]);
  expect([...(await guessesOf([suite])).values()]).toEqual([0.25]);
});

it('words of built-in questions are learnt from other scenes', async () => {
  const result = await builtinWords([suiteOf(builtinItems(60, { tasks: ['count', 'walk'] }))], '1');
  expect(result?.groups.all.questions).toBe(60);
  expect(Object.keys(result?.groups ?? {})).toEqual(['all', 'high', 'medium', 'low', 'count', 'walk']);
  expect(result?.learnt).toBeGreaterThan(3900);
  for (const { words, commonest } of Object.values(result?.groups ?? {}))
    for (const { value } of [words, commonest]) expect(value).toBeLessThan(0.8);
  const own = { key: 'o', row: { id: 'o', problem: '?', images: [], answer: '1' } };
  expect(await builtinWords([suiteOf([own])], '1')).toBeNull();
});
