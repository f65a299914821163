/**
 * Rows from parquet, in the layout of the hub's PAPO_ViRL39K_train: `problem` with `<image>` marks, `answer`, and
 * `images` as a list of {bytes, path} (as Python's `datasets` writes them) or of binary, or one `image`.
 * Images stay in the file until their row is asked for: only a few row groups are in memory at a time.
 */
import { basename } from 'node:path';
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../errors.ts';
import { marksIn, metaOf, textOf, withMarks } from './fields.ts';
import { checkFooter, checkMagic, checkPages } from './parquet-check.ts';
import type { Row } from './row.ts';
import { indexedSource, type Report, type RowSource, type SkipReason } from './source.ts';

type Record_ = Record<string, unknown>;

/** Row groups up to this size are kept whole, so that rows near each other are read once. Bytes, uncompressed. */
const CACHED_GROUP = 16 << 20;
/** What is kept of row groups in all, bytes. */
const CACHED = 64 << 20;

const message = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0];

/** The encoded images of a column's value; undefined in the place of one that is missing. */
function imagesOf(value: unknown): (Uint8Array | undefined)[] {
  if (value === null || value === undefined) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    const bytes = item instanceof Uint8Array ? item : (item as { bytes?: unknown } | null)?.bytes;
    return bytes instanceof Uint8Array && bytes.length > 0 ? bytes : undefined;
  });
}

/**
 * Opens a parquet file: reads the texts of all rows once, and which of them have their images.
 * @throws DataError where the file is not parquet, is cut short or damaged, or lacks a column
 */
export async function openParquet(file: string): Promise<RowSource> {
  checkMagic(file);
  const damaged = (error: unknown) =>
    new DataError(`${file}: the parquet file is damaged (${message(error)}); download or write it again`);
  const buffer = await asyncBufferFromFile(file);
  let metadata: FileMetaData;
  let columns: string[];
  try {
    metadata = await parquetMetadataAsync(buffer);
    checkFooter(file, metadata);
    columns = parquetSchema(metadata).children.map((c) => c.element.name);
  } catch (error) {
    throw damaged(error);
  }
  const imageColumn = columns.includes('images') ? 'images' : 'image';
  for (const wanted of ['problem', 'answer', imageColumn]) {
    if (columns.includes(wanted)) continue;
    const name = wanted === 'image' ? 'images' : wanted;
    throw new DataError(
      `${file}: no column '${name}' (found: ${columns.join(', ')}); rename the column that holds it to '${name}'`,
    );
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
  const index: number[] = [];
  const skipped: Report['skipped'] = {};
  for (const group of groups) {
    const texts = await read(group, group.start, group.end, ['problem', 'answer']);
    const problems = texts.map((r) => textOf(r.problem));
    // The file's own statistics tell whether an image is missing; only then, or where a problem needs several, are the
    // images looked at.
    const whole =
      missingImages(metadata, group.at, imageColumn) === 0 && problems.every((p) => marksIn(p) <= 1);
    const images = whole ? undefined : await imagesPresent(group);
    for (const [i, problem] of problems.entries()) {
      const reason: SkipReason | undefined =
        problem.trim() === ''
          ? 'no problem'
          : textOf(texts[i].answer).trim() === ''
            ? 'no answer'
            : images && images[i] < Math.max(1, marksIn(problem))
              ? 'no image'
              : undefined;
      if (reason) skipped[reason] = (skipped[reason] ?? 0) + 1;
      else index.push(group.start + i);
    }
  }

  /** Images of each row of a group; 0 where one of them is missing. Read a few rows at a time. */
  async function imagesPresent(group: Group): Promise<number[]> {
    const step = group.bytes <= CACHED_GROUP ? group.end - group.start : 64;
    const out: number[] = [];
    for (let at = group.start; at < group.end; at += step) {
      for (const r of await read(group, at, Math.min(at + step, group.end), [imageColumn])) {
        const images = imagesOf(r[imageColumn]);
        out.push(images.includes(undefined) ? 0 : images.length);
      }
    }
    return out;
  }

  const cache = new Map<Group, Promise<Record_[]>>();
  let cached = 0;
  const readRecord = async (i: number): Promise<Record_> => {
    const group = groups.find((g) => i < g.end)!;
    if (group.bytes > CACHED_GROUP) return (await read(group, i, i + 1))[0];
    let records = cache.get(group);
    if (!records) {
      records = read(group, group.start, group.end);
      cached += group.bytes;
    }
    // Deleted and set again: the order of a map is that of use.
    cache.delete(group);
    cache.set(group, records);
    for (const oldest of cache.keys()) {
      if (cached <= CACHED) break;
      cache.delete(oldest);
      cached -= oldest.bytes;
    }
    return (await records)[i - group.start];
  };

  const name = basename(file).replace(/\.parquet$/, '');
  return indexedSource([file], Number(metadata.num_rows), index, skipped, async (i): Promise<Row> => {
    const { problem, answer, id, [imageColumn]: value, meta: metaValue, ...extra } = await readRecord(i);
    const images = imagesOf(value).filter((b) => b !== undefined);
    const meta = metaOf(metaValue);
    if (!meta && metaValue !== undefined) extra.meta = metaValue;
    return {
      id: textOf(id) || `${name}:${i}`,
      problem: withMarks(textOf(problem), images.length),
      images,
      answer: textOf(answer),
      ...(meta && { meta }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  });
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
