/** Where rows come from: a file or a directory of files of anyone who keeps one of the layouts of docs/data.md. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { DataError } from '../errors.ts';
import { isArrow, openArrow } from './arrow.ts';
import { openRecords, type ReadOptions } from './assemble.ts';
import { openCsv } from './csv.ts';
import { splitFiles, statOf } from './folders.ts';
import { openJson } from './jsonl.ts';
import { openParquet } from './parquet.ts';
import type { RecordFile } from './record.ts';
import { joinSources, type RowSource, reportText } from './rows.ts';
import type { Split } from './split.ts';

export { splitFiles } from './folders.ts';
export { type Report, type RowSource, type Rows, reportText, rowsSource } from './rows.ts';
export type { SkipReason } from './skip.ts';

/**
 * Which format a file is in: by its name, else by its first bytes.
 * @throws DataError where it is not there or damaged
 */
export async function openFile(file: string): Promise<RecordFile> {
  const stat = statOf(file);
  if (!stat?.isFile())
    throw new DataError(
      `${file}: ${stat ? 'not a regular file' : 'no such file'}; give a data directory or a file of rows (.parquet, .jsonl, .json, .arrow or .csv)`,
    );
  if (/\.(jsonl?|ndjson)$/i.test(file)) return openJson(file);
  if (/\.csv$/i.test(file)) return openCsv(file);
  return isArrow(file) ? openArrow(file) : openParquet(file);
}

/**
 * Opens the rows of a split. Of a single file, the split is not asked.
 * @throws DataError where there is no file of that split, or one that is damaged or whose columns are not clear
 */
export async function openData(path: string, split: Split, options: ReadOptions = {}): Promise<RowSource> {
  const files = splitFiles(path, split);
  if (files.length === 0) {
    const there = readdirSync(path).slice(0, 8).join(', ') || 'nothing';
    throw new DataError(
      `${path}: no ${split} file here (found: ${there}); name one ${split}.parquet or ${split}.jsonl, give one file, or make one with 'papo data make'`,
    );
  }
  const sources: RowSource[] = [];
  for (const file of files) sources.push(await openRecords(await openFile(file), options));
  const source = sources.length === 1 ? sources[0] : joinSources(sources);
  if (source.length === 0) {
    throw new DataError(
      `${files.map((f) => basename(f)).join(', ')} in ${path}: no usable row: ${reportText(source.report)}; each row needs a question and an answer, and the pictures that its <image> marks stand for`,
    );
  }
  return source;
}
