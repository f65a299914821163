/** Where rows come from: a file or a directory of files, parquet or JSON lines, of anyone who keeps the layout. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataError } from '../errors.ts';
import { openJsonl } from './jsonl.ts';
import { openParquet } from './parquet.ts';
import type { Row } from './row.ts';
import type { Split } from './tasks/scene.ts';

export type SkipReason = 'no problem' | 'no answer' | 'no image' | 'unreadable image' | 'too long';

/** How many rows there were and why some are not used. */
export interface Report {
  files: string[];
  /** Rows in the files, usable or not. */
  rows: number;
  skipped: Partial<Record<SkipReason, number>>;
}

export interface RowSource {
  /** Usable rows; those without a problem, an answer or an image are left out (and counted in `report`). */
  readonly length: number;
  readonly report: Report;
  /**
   * Reads one row with its images; 0 <= i < length.
   * @throws DataError where the file cannot be read any more
   */
  row(i: number): Promise<Row>;
  /** Tells the source that a row turned out to be of no use (its image cannot be decoded); counted once. */
  skip(i: number, reason: SkipReason): void;
  /** Whether `skip` was called for the row. */
  isSkipped(i: number): boolean;
}

/** One line for a person: `1998 of 2000 rows (no answer: 2)`. */
export function reportText({ rows, skipped }: Report): string {
  const left = Object.values(skipped).reduce((sum, n) => sum + n, 0);
  const why = Object.entries(skipped).map(([reason, n]) => `${reason}: ${n}`);
  return `${rows - left} of ${rows} rows${why.length > 0 ? ` (${why.join(', ')})` : ''}`;
}

const NAMES: Record<Split, string> = { train: 'train', validation: 'validation|valid|val|dev', test: 'test' };

/** The folders of a data directory that are searched, as the hub lays them out. */
const FOLDERS = ['.', 'data'];

/**
 * The files of a split in a directory: `train.parquet`, `train-00000-of-00004.parquet`, `data/validation-*.jsonl`, ...;
 * parquet before JSON lines. For a single file, that file. Empty where there is none.
 * @throws DataError where the path does not exist or a shard of several is missing
 */
export function splitFiles(path: string, split: Split): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw new DataError(
      `${path}: no such file or directory; give a data directory or a .parquet or .jsonl file`,
    );
  if (!stat.isDirectory()) return [path];
  for (const extension of ['parquet', 'jsonl']) {
    const name = new RegExp(`^(${NAMES[split]})([-_.].*)?\\.${extension}$`);
    for (const folder of FOLDERS) {
      const at = join(path, folder);
      if (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) continue;
      const files = readdirSync(at).filter((f) => name.test(f));
      if (files.length === 0) continue;
      checkShards(at, files);
      return files.sort().map((f) => join(at, f));
    }
  }
  return [];
}

function checkShards(at: string, files: string[]): void {
  for (const file of files) {
    const shard = /^(.*)-\d{5}-of-(\d{5})(\..*)$/.exec(file);
    if (!shard) continue;
    const [, stem, count, end] = shard;
    for (let i = 0; i < Number(count); i++) {
      const wanted = `${stem}-${String(i).padStart(5, '0')}-of-${count}${end}`;
      if (!files.includes(wanted))
        throw new DataError(`${join(at, wanted)}: this shard is missing; download it again`);
    }
    return;
  }
}

const openFile = (file: string): Promise<RowSource> =>
  /\.jsonl?$/.test(file) ? openJsonl(file) : openParquet(file);

/**
 * Opens the rows of a split. Of a single file, the split is not asked.
 * @throws DataError where there is no file of that split, or one that is damaged or lacks a column
 */
export async function openData(path: string, split: Split): Promise<RowSource> {
  const files = splitFiles(path, split);
  if (files.length === 0) {
    const there = readdirSync(path).slice(0, 8).join(', ') || 'nothing';
    throw new DataError(
      `${path}: no ${split} file here (found: ${there}); name one ${split}.parquet or ${split}.jsonl, or make one with 'papo data make'`,
    );
  }
  const sources = await Promise.all(files.map(openFile));
  const source = sources.length === 1 ? sources[0] : joinSources(sources);
  if (source.length === 0) {
    throw new DataError(
      `${files.map((f) => basename(f)).join(', ')} in ${path}: no usable row: ${reportText(source.report)}; each row needs problem, answer and images`,
    );
  }
  return source;
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
      const skipped: Report['skipped'] = {};
      for (const { report } of sources) {
        for (const [reason, n] of Object.entries(report.skipped) as [SkipReason, number][]) {
          skipped[reason] = (skipped[reason] ?? 0) + n;
        }
      }
      const rows = sources.reduce((sum, s) => sum + s.report.rows, 0);
      return { files: sources.flatMap((s) => s.report.files), rows, skipped };
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
  return indexedSource(
    [name],
    rows.length,
    rows.map((_, i) => i),
    {},
    async (i) => rows[i],
  );
}

/** A source over the usable rows `index` of a file. */
export function indexedSource(
  files: string[],
  rows: number,
  index: readonly number[],
  skipped: Report['skipped'],
  read: (rowOfFile: number) => Promise<Row>,
): RowSource {
  const told = new Set<number>();
  const report: Report = { files, rows, skipped };
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
