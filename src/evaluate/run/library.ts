/** Evaluation for programs: what `papo eval` does, with values in place of words. */
import { picturesIn, writeReport } from '../report.ts';
import { type Summary, summaryOf } from '../summary.ts';
import { evaluatePolicy } from './evaluate.ts';
import { openPlan } from './plan.ts';

/** What is not given is as in `papo eval` (docs/evaluation.md). */
export interface EvaluationOptions {
  /** Names of suites, folders or files of rows; the built-in tasks unless told. */
  suites?: readonly string[];
  /** Answers drawn to each question; 8 unless told. */
  samples?: number;
  /** Whether the likeliest answer is asked for as well; true unless told. */
  greedy?: boolean;
  /** Questions of each suite, the first of it. */
  limit?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  maxTokens?: number;
  seed?: number | string;
  /** Folder of the evaluation, in `evals/` by the policy's name unless told; one that holds a part of it is gone on with. */
  out?: string;
  threads?: number;
  signal?: AbortSignal;
}

/**
 * Asks a policy the questions of suites, and leaves answers, summary and report in a folder.
 *
 * @param policy a checkpoint, a run, one that comes with papo, or the address of a server
 * @throws ConfigError for an option, DataError for a suite or a folder that holds something else, CheckpointError where there
 *   is no policy, RunError where another process works in the folder, the reason of `signal`; what was answered is kept
 *
 * @example
 * import { evaluate } from 'papo';
 *
 * const { dir, summary } = await evaluate('builtin:prior', { limit: 6, samples: 2, out: 'my-evaluation' });
 * summary.pooled.questions; // 6
 * summary.pooled.accuracy.n; // 6
 * dir; // 'my-evaluation'
 */
export async function evaluate(
  policy: string,
  options: EvaluationOptions = {},
): Promise<{ dir: string; summary: Summary }> {
  const { suites = [], greedy, out, signal = new AbortController().signal, ...numbers } = options;
  const words = Object.entries(numbers).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const plan = await openPlan(policy, suites, { ...Object.fromEntries(words), greedy, out }, () => {});
  const { evaluation } = await evaluatePolicy({ ...plan, signal });
  await writeReport(evaluation, picturesIn(plan.suites.map(({ suite }) => suite)));
  return { dir: evaluation.dir, summary: summaryOf(evaluation) };
}
