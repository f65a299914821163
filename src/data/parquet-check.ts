/**
 * Whether a parquet file's own account of itself holds together. The reader trusts page headers: one that was zeroed (as
 * broken downloads leave it) would keep it busy for ever, so each is looked at before it is read.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type FileMetaData, parquetSchema, type SchemaTree } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { DataError } from '../errors.ts';

/**
 * A parquet file begins and ends with `PAR1`.
 * @throws DataError where it does not
 */
export function checkMagic(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new DataError(`${file}: no such file; check the path`);
  const ends = Buffer.alloc(8);
  const handle = openSync(file, 'r');
  try {
    if (size >= 12) {
      readSync(handle, ends, 0, 4, 0);
      readSync(handle, ends, 4, 4, size - 4);
    }
  } finally {
    closeSync(handle);
  }
  const [head, tail] = [ends.toString('latin1', 0, 4), ends.toString('latin1', 4)];
  if (head !== 'PAR1')
    throw new DataError(`${file}: not a parquet file; give a .parquet or .jsonl file of rows`);
  if (tail !== 'PAR1')
    throw new DataError(`${file}: the parquet file is cut short; download or write it again`);
}

/**
 * Holds the footer against itself and the file.
 * @throws Error (not for users) where row groups do not have the columns of the schema, or lie outside of the file
 */
export function checkFooter(file: string, metadata: FileMetaData): void {
  const { size } = statSync(file);
  const leaves = (tree: SchemaTree): string[] =>
    tree.children.length === 0 ? [tree.path.join('.')] : tree.children.flatMap(leaves);
  const expected = leaves(parquetSchema(metadata)).join();
  let rows = 0;
  for (const group of metadata.row_groups) {
    rows += Number(group.num_rows);
    const found = group.columns.map((c) => c.meta_data?.path_in_schema.join('.')).join();
    if (found !== expected) throw new Error('its columns are not those of its schema');
    for (const { meta_data: chunk } of group.columns) {
      if (!chunk) continue;
      const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const end = start + Number(chunk.total_compressed_size);
      if (!(start >= 4 && end >= start && end <= size)) throw new Error('a column lies outside of the file');
    }
  }
  if (rows !== Number(metadata.num_rows)) throw new Error('its row groups do not add up');
}

/** More than a page header takes, statistics included; a longer one is read again with more. */
const HEADER = 4096;

/**
 * Walks the page headers of the named columns in a row group.
 * @throws Error (not for users) where they do not lead from the start of each column chunk to its end
 */
export function checkPages(
  file: string,
  metadata: FileMetaData,
  group: number,
  columns: readonly string[],
): void {
  const handle = openSync(file, 'r');
  try {
    for (const { meta_data: chunk } of metadata.row_groups[group].columns) {
      if (!chunk || !columns.includes(chunk.path_in_schema[0])) continue;
      let at = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const end = at + Number(chunk.total_compressed_size);
      while (at < end) at = nextPage(handle, at, end, HEADER);
      if (at !== end) throw new Error(`pages of column ${chunk.path_in_schema.join('.')} do not fit`);
    }
  } finally {
    closeSync(handle);
  }
}

function nextPage(handle: number, at: number, end: number, length: number): number {
  const bytes = Buffer.alloc(Math.min(length, end - at));
  const read = readSync(handle, bytes, 0, bytes.length, at);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, read), offset: 0 };
  let header: { [key: `field_${number}`]: unknown };
  try {
    header = deserializeTCompactProtocol(reader);
  } catch (error) {
    if (length >= end - at || length > 1 << 24) throw error;
    return nextPage(handle, at, end, length * 16);
  }
  // PageHeader of parquet.thrift: 1 type, 2 uncompressed size, 3 compressed size.
  const { field_1: type, field_2: uncompressed, field_3: compressed } = header;
  const isSize = (n: unknown): n is number => typeof n === 'number' && n >= 0;
  if (!isSize(type) || type > 3 || !isSize(uncompressed) || !isSize(compressed)) {
    throw new Error(`no page header at byte ${at}`);
  }
  return at + reader.offset + compressed;
}
