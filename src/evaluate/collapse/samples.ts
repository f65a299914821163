/** Responses of a run before and after an onset, and the questions that they answer. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../../data/row.ts';
import { UnusableRow } from '../../data/skip.ts';
import type { Rows } from '../../data/source.ts';
import { readJsonl } from '../../metrics/jsonl.ts';
import { SAMPLES } from '../../run/log.ts';
import type { Span } from './signs.ts';

/** A line of samples.jsonl. */
export interface Sample {
  step: number;
  /** The how manieth of its step, from 0. */
  place: number;
  id: string;
  problem: string;
  answer: string;
  response: string;
  accuracy: number | null;
}

/** Every response that a run kept, drawn with the picture; none where it kept no samples. */
export function readSamples(run: string): Sample[] {
  const path = join(run, SAMPLES);
  if (!existsSync(path)) return [];
  const places = new Map<number, number>();
  return readJsonl(path).flatMap((line): Sample[] => {
    const { step, id, problem, answer, response, accuracy, view } = line;
    if (typeof step !== 'number' || typeof response !== 'string') return [];
    const place = places.get(step) ?? 0;
    places.set(step, place + 1);
    if (view !== undefined && view !== 'original') return [];
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    return [
      {
        step,
        place,
        id: text(id),
        problem: text(problem),
        answer: text(answer),
        response,
        accuracy: typeof accuracy === 'number' ? accuracy : null,
      },
    ];
  });
}

export const samplesIn = (samples: readonly Sample[], { from, to }: Span): Sample[] =>
  samples.filter(({ step }) => step >= from && step <= to);

/** At most `most` of them, evenly over the steps. */
export function thinned<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]);
}

/** The rows of these ids, as far as the data has them; reading stops where all are found. */
export async function rowsOf(rows: Rows, ids: ReadonlySet<string>): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  for (let i = 0; i < rows.length && found.size < ids.size; i++)
    try {
      const row = await rows.row(i);
      if (ids.has(row.id)) found.set(row.id, row);
    } catch (error) {
      if (!(error instanceof UnusableRow)) throw error;
    }
  return found;
}
