/** Accuracy on questions that are not trained on: avg@k at the given temperature and, where asked for, greedy. */

import type { Row } from '../data/row.ts';
import type { Rows } from '../data/source.ts';
import type { SampleOptions } from '../engine/types.ts';
import { DataError, PapoError } from '../errors.ts';
import type { MadePrompt } from './prompts.ts';
import { groupAccuracy, mean, type RolloutContext, rollOut } from './rollout.ts';

/** Shares of right answers, 0 to 1. */
export interface Accuracy {
  /** Mean over the samples of a question, then over questions. */
  sampled: number;
  /** Of the most likely response; null where it was not asked for. */
  greedy: number | null;
}

/** What questions that are not trained on were answered with. */
export interface Evaluation {
  all: Accuracy;
  /** By kind of question. */
  kinds: Record<string, Accuracy>;
  rows: number;
  samples: number;
  /** Rows that could not be used. */
  skipped: number;
}

export interface EvaluateOptions {
  samples: number;
  greedy: boolean;
  /** Responses that one engine call draws at most. */
  batch: number;
  sampling: Pick<SampleOptions, 'maxTokens' | 'temperature' | 'topP'>;
  seed: string;
  /** Called between engine calls; throws to stop. */
  check?: () => void;
}

/** The kind of a question: the built-in task, or the file's `category` column. */
export const kindOf = (row: Row): string | undefined =>
  row.meta?.task ?? (typeof row.extra?.category === 'string' ? row.extra.category : undefined);

/** @throws DataError where no row can be used */
export async function evaluate(
  context: RolloutContext,
  rows: Rows,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { samples, greedy, batch, sampling, seed, check } = options;
  const chunk = Math.max(1, Math.floor(batch / samples));
  const graded: { kind: string | undefined; sampled: number; greedy: number | null }[] = [];
  let problem = '';
  for (let start = 0; start < rows.length; start += chunk) {
    const prompts: MadePrompt[] = [];
    for (let i = start; i < Math.min(start + chunk, rows.length); i++)
      try {
        prompts.push(await context.maker.make(await rows.row(i), {}, []));
      } catch (error) {
        if (!(error instanceof PapoError)) throw error;
        problem = error.message;
      }
    if (prompts.length === 0) continue;
    const ask = async (count: number, how: typeof sampling) => {
      check?.();
      const asked = { ...how, seed: `${seed}/${start}` };
      const groups = await rollOut(context, prompts, asked, [{ view: 'original', samples: count }]);
      return groups.map(groupAccuracy);
    };
    const sampled = await ask(samples, sampling);
    const best = greedy ? await ask(1, { ...sampling, temperature: 0, topP: 1 }) : undefined;
    prompts.forEach(({ row }, p) => {
      graded.push({ kind: kindOf(row), sampled: sampled[p], greedy: best?.[p] ?? null });
    });
  }
  if (graded.length === 0)
    throw new DataError(`none of ${rows.length} evaluation rows can be used; the last: ${problem}`);
  const accuracy = (of: typeof graded): Accuracy => ({
    sampled: mean(of.map((g) => g.sampled)),
    greedy: greedy ? mean(of.flatMap((g) => g.greedy ?? [])) : null,
  });
  const kinds = [...new Set(graded.flatMap((g) => g.kind ?? []))].sort();
  return {
    all: accuracy(graded),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, accuracy(graded.filter((g) => g.kind === kind))])),
    rows: graded.length,
    samples,
    skipped: rows.length - graded.length,
  };
}
