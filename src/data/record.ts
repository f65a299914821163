/** What files of every format have in common: records of named columns, read one at a time. */
import type { SkipReason } from './skip.ts';

export type Record_ = Record<string, unknown>;

/**
 * Stands for the pictures of a record whose file says that none is missing, so that they need not be read to know it.
 */
export const ASSUMED = Symbol('pictures that are there');

/** A record, or why it is none. */
export type Scanned = Record_ | SkipReason;

/** One file of records, in whatever format. */
export interface RecordFile {
  readonly file: string;
  /** Top-level columns that are known so far: formats without a schema learn of more while they are scanned. */
  readonly columns: readonly string[];
  /** Top-level columns that hold nothing at all, as far as it is known. */
  readonly empty: ReadonlySet<string>;
  /**
   * All records in order, each with the named columns at least. The values of `pictures` may be `ASSUMED`.
   * @throws DataError where the file is damaged
   */
  scan(columns: readonly string[], pictures: readonly string[]): AsyncIterable<Scanned>;
  /** One record whole; 0 <= at < the number that `scan` gives. @throws DataError */
  read(at: number): Promise<Record_>;
  /** What messages and ids call the record: `line 7`, `row 7`. */
  place(at: number): number;
}

/** Bytes that stay in their file until they are wanted. */
export class LazyBytes {
  readonly length: number;
  readonly read: () => Uint8Array;

  constructor(length: number, read: () => Uint8Array) {
    this.length = length;
    this.read = read;
  }
}

export const isObject = (value: unknown): value is Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** Characters of JSON inside a text at most: brackets alone, as many as may be, are parsed within a second. */
const MAX_INNER = 2 * 2 ** 20;

/** A value as it is, or what its text says where the text is JSON of an object or a list. */
export function parsed(value: unknown): unknown {
  if ((typeof value === 'string' || value instanceof Uint8Array) && value.length > MAX_INNER) return value;
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return value;
  try {
    return JSON.parse(text);
  } catch {
    return value;
  }
}

/** The value under a dotted path; a column whose own name has the dots comes first. */
export function valueAt(record: Record_, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let here: unknown = record;
  for (const key of path.split('.')) {
    const inside = parsed(here);
    if (Array.isArray(inside) ? !/^\d+$/.test(key) : !isObject(inside)) return undefined;
    if (!Object.hasOwn(inside as object, key)) return undefined;
    here = (inside as Record_)[key];
  }
  return here;
}

/** The top-level column that a path starts from. */
export const columnOf = (path: string, columns: readonly string[]): string =>
  columns.includes(path) ? path : path.split('.')[0];
