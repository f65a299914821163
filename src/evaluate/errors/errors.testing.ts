/** Evaluations with known errors, in memory and as folders. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plant } from '../../data/builtin/plant.testing.ts';
import { solution } from '../../data/builtin/solution.ts';
import { random } from '../../random.ts';
import {
  ANSWERS_FILE,
  type AnswerLine,
  byQuestion,
  EVAL_FILE,
  type EvalSettings,
  type Evaluation,
} from '../files.ts';
import { openSuite, parseSpec } from '../suites/index.ts';
import type { SortedKind } from './kinds.ts';

export function lineOf(more: Partial<AnswerLine> & { at: number }): AnswerLine {
  const response = more.response ?? `<think> ${more.cause ?? 'right'} ${more.at} </think> \\boxed{1}`;
  return {
    suite: 'builtin',
    key: `k${more.at}`,
    id: `k${more.at}`,
    way: 'sampled',
    sample: 0,
    question: `What is ${more.at}?`,
    answer: '2',
    response,
    given: '1',
    verdict: more.cause === undefined ? 'right' : 'wrong',
    score: more.cause === undefined ? 1 : 0,
    why: '',
    format: true,
    truncated: false,
    tokens: null,
    characters: response.length,
    ...more,
  };
}

export const settingsOf = (policy: string, spec: Record<string, unknown> = {}): EvalSettings => ({
  version: 1,
  papo: '0',
  policy,
  description: policy,
  settings: {},
  samples: 1,
  greedy: false,
  sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 64 },
  seed: '1',
  differs: [],
  suites: [
    {
      name: 'builtin',
      title: 'Built-in tasks',
      source: '',
      scoring: 'authors',
      length: 0,
      skipped: {},
      notes: [],
      spec: { name: 'builtin', suite: 'builtin', ...spec },
    },
  ],
});

export const evaluationOf = (dir: string, lines: readonly AnswerLine[], spec = {}): Evaluation => ({
  dir,
  settings: settingsOf(dir, spec),
  questions: byQuestion(lines),
});

/** Causes in turn, so many of each, one answer a question; the rest is right. */
export function withCauses(
  dir: string,
  questions: number,
  causes: Partial<Record<SortedKind, number>>,
): Evaluation {
  const all = Object.entries(causes).flatMap(([cause, n]) => Array<string>(n).fill(cause));
  return evaluationOf(
    dir,
    Array.from({ length: questions }, (_, at) => lineOf({ at, ...(at < all.length && { cause: all[at] }) })),
  );
}

export function writeEvaluation({ dir, settings, questions }: Evaluation): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, EVAL_FILE), JSON.stringify(settings));
  const lines = questions.flatMap(({ sampled_K }) => sampled_K);
  writeFileSync(join(dir, ANSWERS_FILE), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/**
 * Built-in questions answered with planted errors of the kind that `kindOf` names (undefined, or where that kind has no
 * place: rightly), without causes in the lines.
 */
export async function plantedEvaluation(
  dir: string,
  rows: number,
  cacheRoot: string,
  kindOf: (at: number) => SortedKind | undefined,
): Promise<{ evaluation: Evaluation; kinds: Map<string, SortedKind> }> {
  const spec = { name: 'builtin', suite: 'builtin', builtin: { seed: 3, rows } };
  const suite = await openSuite(parseSpec(spec, 'test'), { cacheRoot });
  const kinds = new Map<string, SortedKind>();
  const lines: AnswerLine[] = [];
  for (let at = 0; at < rows; at++) {
    const { key, row, task, dependency } = await suite.item(at);
    const { meta } = row;
    if (!meta) throw new Error('not built-in');
    const rng = random('planted evaluation', at);
    const kind = kindOf(at);
    const bad = kind && plant(kind, { ...row, meta }, rng);
    const response = bad ?? solution({ meta }, rng);
    if (kind && bad) kinds.set(key, kind);
    const boxed = response.includes('\\boxed');
    lines.push(
      lineOf({
        at,
        key,
        id: row.id,
        task,
        dependency,
        question: row.problem,
        answer: row.answer,
        response,
        given: boxed ? (/\\boxed\{(.*)\}/.exec(response)?.[1] ?? null) : null,
        verdict: !bad ? 'right' : boxed ? 'wrong' : 'no box',
        score: bad ? 0 : 1,
      }),
    );
  }
  return { evaluation: evaluationOf(dir, lines, suite.spec), kinds };
}
