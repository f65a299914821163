/** The numbers of a run's steps in which a collapse shows (PAPO, section 5: four early signs). */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError, systemFailure } from '../../errors.ts';
import { readJsonl } from '../../metrics/jsonl.ts';
import { METRICS } from '../../run/log.ts';

/** The signs, in the paper's order, and what else is compared; each is a key of metrics.jsonl. */
export const SIGNS = ['kl_prcp', 'reward', 'clip_ratio_high', 'entropy', 'entropy_masked'] as const;
const FURTHER = [
  'kl_prcp_square',
  'kl_prcp_capped',
  'accuracy',
  'format',
  'truncated',
  'response_length',
] as const;
const KEYS = [...SIGNS, ...FURTHER];
export type SignKey = (typeof KEYS)[number];

/** One step; a number that was not measured there is left out. */
export type StepNumbers = { step: number } & Partial<Record<SignKey, number>>;

/** Steps from `from` to `to`, both included. */
export interface Span {
  from: number;
  to: number;
}

/**
 * The steps of a run, in order.
 * @param run a run's folder, or its metrics alone: a .jsonl or .jsonl.gz file
 * @throws DataError where there is none, or a line is none
 */
export function readSteps(run: string): StepNumbers[] {
  const isFolder = statSync(run, { throwIfNoEntry: false })?.isDirectory() === true;
  const path = isFolder ? join(run, METRICS) : run;
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new DataError(
      `${path}: there is no such file; give the folder of a run, such as runs/NAME, or a metrics.jsonl`,
    );
  const lines = path.endsWith('.gz') ? readGzip(path) : readJsonl(path);
  const steps = lines
    .filter(({ kind, step }) => kind === 'step' && typeof step === 'number')
    .map((line) => {
      const numbers: StepNumbers = { step: Number(line.step) };
      for (const key of KEYS) {
        const value = line[key];
        if (typeof value === 'number') numbers[key] = value;
      }
      return numbers;
    });
  if (steps.length === 0) throw new DataError(`${path}: holds no step of training yet; let the run go on`);
  return steps.sort((a, b) => a.step - b.step);
}

function readGzip(path: string): Record<string, unknown>[] {
  let text: string;
  try {
    text = gunzipSync(readFileSync(path)).toString('utf8');
  } catch (error) {
    throw new DataError(`${path}: ${systemFailure(error, 'read')}`, { cause: error });
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as Record<string, unknown>;
      } catch {
        throw new DataError(`${path}: line ${i + 1} is not JSON; mend or remove the line`);
      }
    });
}

/** What a number was in the steps of a span. */
export const valuesOf = (steps: readonly StepNumbers[], key: SignKey, { from, to }: Span): number[] =>
  steps.flatMap((numbers) => (numbers.step >= from && numbers.step <= to ? (numbers[key] ?? []) : []));

/** undefined where it was not measured. */
export function meanOf(steps: readonly StepNumbers[], key: SignKey, span: Span): number | undefined {
  const values = valuesOf(steps, key, span);
  return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : undefined;
}

/** Variance of KL_prcp over the tokens of a span's steps, from the means that every step keeps; steps count alike. */
export function tokenVariance(steps: readonly StepNumbers[], span: Span): number | undefined {
  const square = meanOf(steps, 'kl_prcp_square', span);
  const mean = meanOf(steps, 'kl_prcp', span);
  return square === undefined || mean === undefined ? undefined : square - mean ** 2;
}
