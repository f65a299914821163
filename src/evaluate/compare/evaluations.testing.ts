/** Evaluations for tests: the files as `papo eval` writes them, with scores that are given. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../random.ts';
import { ANSWERS_FILE, type AnswerLine, EVAL_FILE, type EvalSettings, type SuiteRecord } from '../files.ts';

export interface MadeQuestion {
  key: string;
  /** One of each drawn answer, 0 or 1; null: it failed. */
  scores: readonly (number | null)[];
  greedy?: number;
  answer?: string;
  question?: string;
  task?: string;
  dependency?: AnswerLine['dependency'];
  cluster?: string;
  tokens?: number | null;
  more?: Partial<AnswerLine>;
}

export interface MadeSuite extends Partial<SuiteRecord> {
  name: string;
  questions: readonly MadeQuestion[];
}

const right = (score: number | null) => (score === null ? 'failed' : score >= 0.5 ? 'right' : 'wrong');

function lineOf(
  suite: string,
  at: number,
  made: MadeQuestion,
  way: AnswerLine['way'],
  sample: number,
): AnswerLine {
  const score = way === 'greedy' ? (made.greedy ?? 0) : made.scores[sample];
  const {
    key,
    task,
    dependency,
    cluster,
    answer = String(at % 7),
    question = `<image>What is shown at ${at}?`,
    tokens = 40,
    more,
  } = made;
  const given = score === null ? null : score >= 0.5 ? answer : `not ${answer}`;
  const response = `<think> I look at it. </think> \\boxed{${given}}`;
  return {
    ...{ suite, key, at, id: `${suite}-${key}`, way, sample, question, answer },
    ...(task !== undefined && { task }),
    ...(dependency !== undefined && { dependency }),
    ...(cluster !== undefined && { cluster }),
    ...{ response: score === null ? '' : response, given, verdict: right(score), score, why: '' },
    ...{ format: true, truncated: false, tokens, characters: response.length },
    ...more,
  };
}

/** Writes the folder; `settings` go over those of a small evaluation. @returns the folder */
export function writeEvaluation(
  dir: string,
  suites: readonly MadeSuite[],
  settings: Partial<EvalSettings> = {},
): string {
  mkdirSync(dir, { recursive: true });
  const all: EvalSettings = {
    version: 1,
    papo: '0.0.0',
    policy: dir,
    description: 'made for a test',
    settings: { formatPrompt: 'think', systemPrompt: '', minPixels: 3136, maxPixels: 12544 },
    samples: Math.max(0, ...suites.flatMap(({ questions }) => questions.map(({ scores }) => scores.length))),
    greedy: suites.some(({ questions }) => questions.some(({ greedy }) => greedy !== undefined)),
    sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 96 },
    seed: '1',
    differs: [],
    suites: suites.map(({ questions, name, ...more }) => ({
      ...{ name, title: name, source: 'made for a test', scoring: 'authors', length: questions.length },
      ...{ skipped: {}, notes: [], spec: {} },
      ...more,
    })),
    ...settings,
  };
  const lines = suites.flatMap(({ name, questions }) =>
    questions.flatMap((made, at) => [
      ...made.scores.map((_, sample) => lineOf(name, at, made, 'sampled', sample)),
      ...(made.greedy === undefined ? [] : [lineOf(name, at, made, 'greedy', 0)]),
    ]),
  );
  writeFileSync(join(dir, EVAL_FILE), JSON.stringify(all, null, 2));
  writeFileSync(join(dir, ANSWERS_FILE), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return dir;
}

/**
 * Questions of a policy: each has a chance to be answered rightly that is its own, the same for every policy, and `lift`
 * more. `of` names the questions' stream, `policy` that of the answers.
 */
export function drawnQuestions(
  n: number,
  {
    of,
    policy,
    lift = 0,
    k = 8,
    more = () => ({}),
  }: { of: string; policy: string; lift?: number; k?: number; more?: (i: number) => Partial<MadeQuestion> },
): MadeQuestion[] {
  return Array.from({ length: n }, (_, i) => {
    const chance = Math.min(1, Math.max(0, random(of, i).next() + lift));
    const { next } = random(policy, of, i);
    const one = () => Number(next() < chance);
    return { key: `q${i}`, scores: Array.from({ length: k }, one), greedy: one(), ...more(i) };
  });
}
