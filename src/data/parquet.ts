/**
 * Records from parquet, pictures as {bytes, path} (as Python's `datasets` writes them), as binary, or as paths.
 * Images stay in the file until their row is asked for: only a few row groups are in memory at a time.
 */
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../errors.ts';
import { Lru } from '../lru.ts';
import { checkFooter, checkMagic, checkPages } from './parquet-check.ts';
import { ASSUMED, type Record_, type RecordFile } from './record.ts';

/** Row groups up to this size are kept whole, so that rows near each other are read once. Bytes, uncompressed. */
const CACHED_GROUP = 16 << 20;
/** What is kept of row groups in all, bytes. */
const CACHED = 64 << 20;
/** Rows whose pictures are read at once while they are looked at. */
const STEP = 64;

const message = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0];

/**
 * Opens a parquet file.
 * @throws DataError where it is not parquet, is cut short or damaged
 */
export async function openParquet(file: string): Promise<RecordFile> {
  checkMagic(file);
  const damaged = (error: unknown) =>
    new DataError(`${file}: the parquet file is damaged (${message(error)}); download or write it again`);
  const buffer = await asyncBufferFromFile(file);
  let metadata: FileMetaData;
  let columns: string[];
  /** Columns that could hold paths and not pictures: whether those are there, only the paths tell. */
  let textual: Set<string>;
  try {
    metadata = await parquetMetadataAsync(buffer);
    checkFooter(file, metadata);
    const { children } = parquetSchema(metadata);
    columns = children.map((c) => c.element.name);
    textual = new Set(children.filter(isTextual).map((c) => c.element.name));
  } catch (error) {
    throw damaged(error);
  }
  const checked = new Set<string>();
  const read = async (
    group: Group,
    rowStart: number,
    rowEnd: number,
    wanted = columns,
  ): Promise<Record_[]> => {
    const unchecked = wanted.filter((column) => !checked.has(`${group.at} ${column}`));
    try {
      checkPages(file, metadata, group.at, unchecked);
      for (const column of unchecked) checked.add(`${group.at} ${column}`);
      // utf8: false keeps bytes that are not marked as text from being decoded as text, which would destroy images.
      const options = { file: buffer, metadata, compressors, utf8: false, useOffsetIndex: true };
      return await parquetReadObjects({ ...options, rowStart, rowEnd, columns: wanted });
    } catch (error) {
      throw damaged(error);
    }
  };

  const groups = groupsOf(metadata);

  /** A group's records a few at a time where their pictures have to be read, else all at once. */
  async function* scan(wanted: readonly string[], pictures: readonly string[]) {
    for (const group of groups) {
      // The file's own statistics tell whether a picture is missing; only then are the pictures looked at.
      const whole = pictures.every((c) => !textual.has(c) && missingImages(metadata, group.at, c) === 0);
      const assumed = Object.fromEntries(pictures.map((column) => [column, ASSUMED]));
      const asked = whole ? [...wanted] : [...wanted, ...pictures];
      const step = whole || group.bytes <= CACHED_GROUP ? group.end - group.start : STEP;
      for (let at = group.start; at < group.end; at += step)
        for (const record of await read(group, at, Math.min(at + step, group.end), asked))
          yield whole ? { ...record, ...assumed } : record;
    }
  }

  const cache = new Lru<Group, Promise<Record_[]>>(CACHED, (group) => group.bytes);
  const readRecord = async (i: number): Promise<Record_> => {
    const group = groups.find((g) => i < g.end);
    if (!group) throw new RangeError(`record ${i} of ${Number(metadata.num_rows)}`);
    if (group.bytes > CACHED_GROUP) return (await read(group, i, i + 1))[0];
    let records = cache.get(group);
    if (!records) {
      records = read(group, group.start, group.end);
      cache.set(group, records);
    }
    return (await records)[i - group.start];
  };

  return {
    file,
    columns,
    empty: new Set(columns.filter((column) => isEmpty(metadata, column))),
    scan,
    read: readRecord,
    place: (at) => at,
  };
}

interface Group {
  /** Position among the row groups. */
  at: number;
  /** Rows of the file, end exclusive. */
  start: number;
  end: number;
  bytes: number;
}

function groupsOf(metadata: FileMetaData): Group[] {
  let start = 0;
  return metadata.row_groups.map((group, at) => {
    const end = start + Number(group.num_rows);
    const bytes = Number(group.total_byte_size);
    const out = { at, start, end, bytes };
    start = end;
    return out;
  });
}

/** Nulls among the images of a row group (an empty list counts as one), or undefined where the file does not say. */
function missingImages(metadata: FileMetaData, group: number, column: string): number | undefined {
  const leaves = metadata.row_groups[group].columns.filter((c) => {
    const path = c.meta_data?.path_in_schema ?? [];
    return path[0] === column && path[path.length - 1] !== 'path';
  });
  const nulls = leaves.map((c) => c.meta_data?.statistics?.null_count);
  if (leaves.length === 0 || nulls.some((n) => n === undefined)) return undefined;
  return nulls.reduce<number>((sum, n) => sum + Number(n), 0);
}

/** Whether a column holds texts beside the path of a picture whose bytes come with it. */
function isTextual({ element, children, path }: SchemaTree): boolean {
  if (children.length > 0) return children.some(isTextual);
  const isText = element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING';
  return isText && !(path.length > 1 && element.name === 'path');
}

/** Whether the file says that every value of a column is null. */
function isEmpty(metadata: FileMetaData, column: string): boolean {
  const leaves = metadata.row_groups.flatMap((group) =>
    group.columns.filter((c) => c.meta_data?.path_in_schema[0] === column),
  );
  return (
    leaves.length > 0 &&
    leaves.every(({ meta_data: leaf }) => {
      const nulls = leaf?.statistics?.null_count;
      return leaf !== undefined && nulls !== undefined && Number(nulls) === Number(leaf.num_values);
    })
  );
}
