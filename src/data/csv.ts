/** Records from CSV with a header line, as `metadata.csv` of an image folder has it. */
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { DataError } from '../errors.ts';
import type { Record_, RecordFile } from './record.ts';

/** The file is held in memory whole, bytes. */
const MAX_CSV = 256 * 2 ** 20;

/**
 * Opens a CSV file.
 * @throws DataError where it is too large or its quotes or columns do not fit
 */
export async function openCsv(file: string): Promise<RecordFile> {
  if (statSync(file).size > MAX_CSV)
    throw new DataError(
      `${file}: over ${MAX_CSV / 2 ** 20} MB of CSV; write the rows as JSON lines or parquet`,
    );
  let records: Record_[];
  try {
    records = parse(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true });
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new DataError(
      `${file}: not readable as CSV (${why}); write a header line and quote as RFC 4180 says`,
    );
  }
  const columns = [...new Set(records.slice(0, 1).flatMap((record) => Object.keys(record)))];
  return {
    file,
    columns,
    empty: new Set(columns.filter((column) => records.every((record) => record[column] === ''))),
    async *scan() {
      yield* records;
    },
    read: async (at) => records[at],
    place: (at) => at + 1,
  };
}
