/** Rows that are read one at a time, and how many of a source there are. */
import type { Row } from './row.ts';
import type { Skipped, SkipReason } from './skip.ts';

/** How many rows there were and why some are not used. */
export interface Report {
  files: string[];
  /** Rows in the files, usable or not. */
  rows: number;
  skipped: Skipped;
  /** Usable rows without a picture. */
  textOnly: number;
  /** Which columns became what, in words; empty for rows that come from no file. */
  layout: string;
}

/** Rows that are read one at a time. */
export interface Rows {
  readonly length: number;
  /**
   * Reads one row with its images; 0 <= i < length.
   * @throws UnusableRow where this row cannot be used, any other DataError where the file cannot be read any more
   */
  row(i: number): Promise<Row>;
}

/** The rows of one split, with what was found out about them. */
export interface RowSource extends Rows {
  /** Usable rows; those that cannot be used are left out (and counted in `report`). */
  readonly length: number;
  readonly report: Report;
  /** Tells the source that a row turned out to be of no use (its image cannot be decoded); counted once. */
  skip(i: number, reason: SkipReason): void;
  /** Whether `skip` was called for the row. */
  isSkipped(i: number): boolean;
}

/** One line for a person: `1998 of 2000 rows (no answer: 2)`. */
export function reportText({ rows, skipped, textOnly }: Report): string {
  const left = Object.values(skipped).reduce((sum, n) => sum + n, 0);
  const why = Object.entries(skipped).map(([reason, n]) => `${reason}: ${n}`);
  const text = textOnly > 0 ? `, ${textOnly} of them without a picture` : '';
  return `${rows - left} of ${rows} rows${why.length > 0 ? ` (${why.join(', ')})` : ''}${text}`;
}

/** Several sources as one, in order. */
export function joinSources(sources: RowSource[]): RowSource {
  const find = (i: number): [RowSource, number] => {
    let at = i;
    for (const source of sources) {
      if (at < source.length) return [source, at];
      at -= source.length;
    }
    throw new RangeError(`row ${i} of ${length}`);
  };
  const length = sources.reduce((sum, s) => sum + s.length, 0);
  return {
    length,
    get report() {
      const skipped: Skipped = {};
      for (const { report } of sources) {
        for (const [reason, n] of Object.entries(report.skipped) as [SkipReason, number][]) {
          skipped[reason] = (skipped[reason] ?? 0) + n;
        }
      }
      const sum = (of: (report: Report) => number) => sources.reduce((n, s) => n + of(s.report), 0);
      return {
        files: sources.flatMap((s) => s.report.files),
        rows: sum((r) => r.rows),
        skipped,
        textOnly: sum((r) => r.textOnly),
        layout: [...new Set(sources.map((s) => s.report.layout))].join('; '),
      };
    },
    row: async (i) => {
      const [source, at] = find(i);
      return source.row(at);
    },
    skip: (i, reason) => {
      const [source, at] = find(i);
      source.skip(at, reason);
    },
    isSkipped: (i) => {
      const [source, at] = find(i);
      return source.isSkipped(at);
    },
  };
}

/** Rows that are in memory already, as a source. */
export function rowsSource(rows: readonly Row[], name = 'rows'): RowSource {
  const textOnly = rows.filter((row) => row.images.length === 0).length;
  return indexedSource(
    { files: [name], rows: rows.length, skipped: {}, textOnly, layout: '' },
    rows.map((_, i) => i),
    async (i) => rows[i],
  );
}

/** A source over the usable rows `index` of a file. */
export function indexedSource(
  report: Report,
  index: readonly number[],
  read: (rowOfFile: number) => Promise<Row>,
): RowSource {
  const told = new Set<number>();
  return {
    length: index.length,
    report,
    row: async (i) => {
      if (!Number.isInteger(i) || i < 0 || i >= index.length)
        throw new RangeError(`row ${i} of ${index.length}`);
      return read(index[i]);
    },
    skip: (i, reason) => {
      if (told.has(i)) return;
      told.add(i);
      report.skipped[reason] = (report.skipped[reason] ?? 0) + 1;
    },
    isSkipped: (i) => told.has(i),
  };
}
