/**
 * The folder of an evaluation: `eval.json` (what was asked, and how: everything that decides an answer), `answers.jsonl`
 * (one line a response, appended as they come), `summary.json` and `report.html`, which are computed from these two.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DEPENDENCIES } from '../data/row.ts';
import { DataError, systemFailure } from '../errors.ts';
import { readJsonl } from '../metrics/jsonl.ts';
import { VERDICTS } from './types.ts';

export const EVAL_FILE = 'eval.json';
export const ANSWERS_FILE = 'answers.jsonl';
export const SUMMARY_FILE = 'summary.json';
export const REPORT_FILE = 'report.html';

const lineSchema = z.object({
  suite: z.string(),
  /** Of the question within its suite. */
  key: z.string(),
  /** Its place in the suite, from 0: lines come in the order in which they were answered. */
  at: z.number().int().min(0),
  /** What a person calls the question. */
  id: z.string(),
  /** How the answer was taken, and the how manieth of its kind, from 0. */
  way: z.enum(['sampled', 'greedy']),
  sample: z.number().int().min(0),
  task: z.string().optional(),
  dependency: z.enum(DEPENDENCIES).optional(),
  /** Questions of equal text here come from one source. */
  cluster: z.string().optional(),
  question: z.string(),
  /** The reference. */
  answer: z.string(),
  response: z.string(),
  /** What was graded out of the response. */
  given: z.string().nullable(),
  verdict: z.enum(VERDICTS),
  /** 0 to 1; null where there is none. */
  score: z.number().min(0).max(1).nullable(),
  why: z.string(),
  /** Whether the response has the form <think>…</think> \boxed{…}. */
  format: z.boolean(),
  /** Whether it was cut off at the longest length. */
  truncated: z.boolean(),
  /** null where a server does not say. */
  tokens: z.number().nullable(),
  characters: z.number(),
  /** Built-in tasks: what went wrong first, by program. */
  cause: z.string().optional(),
});

/** One line of answers.jsonl. */
export type AnswerLine = z.infer<typeof lineSchema>;

const suiteSchema = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string(),
  scoring: z.string(),
  group: z.enum(['general', 'vision']).optional(),
  /** Questions that are asked, and rows that could not be used. */
  length: z.number(),
  skipped: z.record(z.string(), z.number()),
  notes: z.array(z.string()),
  /** How the suite is opened again, to show its pictures. */
  spec: z.record(z.string(), z.unknown()),
});

export const evalSchema = z.object({
  version: z.literal(1),
  /** The program that made it. */
  papo: z.string(),
  /** As it was named, and in one line. */
  policy: z.string(),
  description: z.string(),
  /** Of the answerer: prompt, pixels, engine or server. */
  settings: z.record(z.string(), z.unknown()),
  samples: z.number().int().min(0),
  greedy: z.boolean(),
  sampling: z.object({
    temperature: z.number(),
    topP: z.number(),
    topK: z.number(),
    maxTokens: z.number(),
  }),
  seed: z.string(),
  /** Where the values are not those that the policy was trained with, in words. */
  differs: z.array(z.string()),
  suites: z.array(suiteSchema),
});

/** What eval.json holds. */
export type EvalSettings = z.infer<typeof evalSchema>;
export type SuiteRecord = z.infer<typeof suiteSchema>;

/** One question with everything that was answered to it. */
export interface AskedQuestion {
  suite: string;
  key: string;
  at: number;
  id: string;
  task?: string;
  dependency?: AnswerLine['dependency'];
  cluster?: string;
  question: string;
  answer: string;
  /** In order. */
  sampled_K: AnswerLine[];
  greedy?: AnswerLine;
}

/** An evaluation as its files have it. */
export interface Evaluation {
  dir: string;
  settings: EvalSettings;
  /** Suite by suite in the order of eval.json, each in its own order. */
  questions: AskedQuestion[];
}

/** Whether a folder holds an evaluation. */
export const isEvaluation = (dir: string): boolean =>
  statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true && existsSync(join(dir, EVAL_FILE));

/** @throws DataError naming the file and what is wrong with it */
export function readEvalSettings(dir: string): EvalSettings {
  const path = join(dir, EVAL_FILE);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new DataError(`${path}: not JSON; it was changed by hand, evaluate again into another folder`);
    const missing = "give the folder of an evaluation, which 'papo eval' makes";
    throw new DataError(`${path}: ${systemFailure(error, 'read', { missing })}`, { cause: error });
  }
  const parsed = evalSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path: at, message }] = parsed.error.issues;
  throw new DataError(`${path}: ${at.join('.')}: ${message}; it is of another version or was changed`);
}

/**
 * The lines of an evaluation; a last one that was cut off is left out.
 * @throws DataError naming a line that is none
 */
export function readAnswers(dir: string): AnswerLine[] {
  const path = join(dir, ANSWERS_FILE);
  return readJsonl(path).map((json, i) => {
    const parsed = lineSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    const [{ path: at, message }] = parsed.error.issues;
    throw new DataError(`${path}: line ${i + 1}: ${at.join('.')}: ${message}; mend or remove the line`);
  });
}

/** The lines by question, by their place in the suite; of two lines of one response the first counts. */
export function byQuestion(lines: readonly AnswerLine[]): AskedQuestion[] {
  const questions = new Map<string, AskedQuestion>();
  for (const line of lines) {
    const name = JSON.stringify([line.suite, line.key]);
    let question = questions.get(name);
    if (!question) {
      const { suite, key, at, id, task, dependency, cluster, question: words, answer } = line;
      question = { suite, key, at, id, task, dependency, cluster, question: words, answer, sampled_K: [] };
      questions.set(name, question);
    }
    if (line.way === 'greedy') question.greedy ??= line;
    else if (!question.sampled_K.some(({ sample }) => sample === line.sample)) question.sampled_K.push(line);
  }
  for (const { sampled_K } of questions.values()) sampled_K.sort((a, b) => a.sample - b.sample);
  return [...questions.values()].sort((a, b) => a.at - b.at);
}

/**
 * The questions of an evaluation with everything that was answered to them.
 * @throws DataError where the folder holds no evaluation, or one that was changed
 *
 * @example
 * import { evaluate, readEvaluation } from 'papo';
 *
 * const { dir } = await evaluate('builtin:prior', { limit: 3, samples: 2, out: 'evals/three' });
 * const { questions } = readEvaluation(dir);
 * questions.length; // 3
 * questions[0].sampled_K.length; // 2
 * questions[0].greedy?.way; // 'greedy'
 */
export function readEvaluation(dir: string): Evaluation {
  const settings = readEvalSettings(dir);
  const order = new Map(settings.suites.map(({ name }, i) => [name, i]));
  const placeOf = ({ suite }: AskedQuestion) => order.get(suite) ?? order.size;
  const questions = byQuestion(readAnswers(dir)).sort((a, b) => placeOf(a) - placeOf(b));
  return { dir, settings, questions };
}
