/** Whether test questions stayed unseen: the files of a person can hold a question twice, or be the same. */
import { createHash } from 'node:crypto';
import type { Row } from '../data/row.ts';
import type { Rows } from '../data/source.ts';
import { PapoError } from '../errors.ts';
import { readMetrics } from '../metrics/lines.ts';

/** Of a question and the bytes of its pictures. */
function fingerprint({ problem, images }: Row): string {
  const hash = createHash('sha1').update(problem);
  for (const image of images) hash.update(`\0${image.length}\0`).update(image);
  return hash.digest('base64');
}

export class Unseen {
  /** Ids of the test rows of a fingerprint. */
  private readonly ids: ReadonlyMap<string, string[]>;
  private readonly met: Set<string>;

  private constructor(ids: ReadonlyMap<string, string[]>, met: Iterable<string>) {
    this.ids = ids;
    this.met = new Set(met);
  }

  /** `met` are the ids of test rows that the run was trained on before. */
  static async of(test: Rows, met: Iterable<string> = []): Promise<Unseen> {
    const ids = new Map<string, string[]>();
    for (let i = 0; i < test.length; i++)
      try {
        const row = await test.row(i);
        const key = fingerprint(row);
        ids.set(key, [...(ids.get(key) ?? []), row.id]);
      } catch (error) {
        // It cannot be asked either.
        if (!(error instanceof PapoError)) throw error;
      }
    return new Unseen(ids, met);
  }

  /** Ids of test rows that are among the rows and were not before. */
  meet(rows: readonly Row[]): string[] {
    const found = rows.flatMap((row) => this.ids.get(fingerprint(row)) ?? []);
    const fresh = [...new Set(found)].filter((id) => !this.met.has(id));
    for (const id of fresh) this.met.add(id);
    return fresh;
  }

  /** Test rows that were trained on. */
  get count(): number {
    return this.met.size;
  }
}

/** Ids of the test rows that a metrics file says were trained on. */
export const trainedOnIn = (metrics: string): string[] =>
  readMetrics(metrics).flatMap(({ test_rows_trained_on: ids }) =>
    Array.isArray(ids) ? ids.map(String) : [],
  );
