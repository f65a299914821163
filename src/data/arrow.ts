/**
 * Records from Arrow IPC, the stream that `save_to_disk` and the cache of Python's `datasets` hold, or the file format.
 * A record batch can hold hundreds of pictures: only the parts of it that texts and offsets are in are read, and of the
 * pictures those that are asked for, by their place in the file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  type DictionaryBatch,
  decodeDictionaryBatch,
} from '@uwdata/flechette/src/decode/dictionary-batch.js';
import { decodeRecordBatch, type RecordBatch } from '@uwdata/flechette/src/decode/record-batch.js';
import { type ArrowSchema, type ArrowType, decodeSchema } from '@uwdata/flechette/src/decode/schema.js';
import { type ArrowTable, createTable } from '@uwdata/flechette/src/decode/table-from-ipc.js';
import { readInt16, readInt64, readObject, readOffset, readUint8 } from '@uwdata/flechette/src/util/read.js';
import { DataError } from '../errors.ts';
import { Lru } from '../lru.ts';
import { LazyBytes, type Record_, type RecordFile } from './record.ts';

/** Message types and column types of the Arrow format (Message.fbs, Schema.fbs). */
const MESSAGE = { schema: 1, dictionary: 2, batch: 3 };
const TYPE = {
  dictionary: -1,
  null: 1,
  binary: 4,
  utf8: 5,
  list: 12,
  struct: 13,
  fixedSizeList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
};
/** Validity and values alone: whole numbers, floats, booleans, decimals, dates, times, intervals, durations. */
const FLAT = [2, 3, 6, 7, 8, 9, 10, 11, 15, 18];

/** A message's description of itself is small; a longer one is a broken length. Bytes. */
const MAX_HEAD = 64 * 2 ** 20;
/** Texts and offsets of a batch at most, bytes. */
const MAX_LOADED = 512 * 2 ** 20;
/** Batches whose texts are kept. */
const KEPT = 4;

const MAGIC = 'ARROW1';

/** Whether a file begins as an Arrow file or stream does. */
export function isArrow(file: string): boolean {
  const head = Buffer.alloc(8);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, 8, 0);
  } finally {
    closeSync(handle);
  }
  return head.toString('latin1', 0, 6) === MAGIC || head.readInt32LE(0) === -1;
}

interface Batch {
  content: RecordBatch;
  bodyAt: number;
  bodyLength: number;
  /** Records before it. */
  start: number;
}

interface Message {
  type: number;
  version: number;
  head: Uint8Array;
  header: number;
  bodyAt: number;
  bodyLength: number;
}

function readAt(handle: number, at: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  fill(handle, at, bytes);
  return bytes;
}

function fill(handle: number, at: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(handle, bytes, done, bytes.length - done, at + done);
    if (read === 0) throw new Error('it is cut short');
    done += read;
  }
}

/** The messages of a file, each checked to lie inside of it. */
function* messages(handle: number): Generator<Message> {
  const { size } = fstatSync(handle);
  let at = readAt(handle, 0, 6).toString('latin1') === MAGIC ? 8 : 0;
  while (at + 8 <= size) {
    const prefix = readAt(handle, at, 8);
    // Before version 0.15 of the format the length came without -1 ahead of it.
    const marked = prefix.readInt32LE(0) === -1;
    const length = prefix.readInt32LE(marked ? 4 : 0);
    const headAt = at + (marked ? 8 : 4);
    if (length === 0) return;
    if (length < 0 || length > MAX_HEAD || headAt + length > size) throw new Error('it is cut short');
    const head = readAt(handle, headAt, length);
    const get = readObject(head, 0);
    const bodyAt = headAt + length;
    const bodyLength = get(10, readInt64, 0);
    if (!(bodyLength >= 0 && bodyAt + bodyLength <= size)) throw new Error('it is cut short');
    const [version, type, header] = [get(4, readInt16, 0), get(6, readUint8, 0), get(8, readOffset, 0)];
    yield { version, type, head, header, bodyAt, bodyLength };
    at = bodyAt + bodyLength;
  }
}

/** Which buffers of a batch belong to a column, and which of them hold bytes that can wait. */
interface Buffers {
  from: number;
  to: number;
  lazy: number[];
}

/** @throws Error for a type whose buffers are laid out in another way */
function buffersOf({ typeId, children = [] }: ArrowType, from: number): Buffers {
  const inside = (own: number): Buffers => {
    let to = from + own;
    const lazy: number[] = [];
    for (const { type } of children) {
      const child = buffersOf(type, to);
      lazy.push(...child.lazy);
      to = child.to;
    }
    return { from, to, lazy };
  };
  switch (typeId) {
    case TYPE.null:
      return { from, to: from, lazy: [] };
    case TYPE.binary:
    case TYPE.largeBinary:
      return { from, to: from + 3, lazy: [from + 2] };
    case TYPE.utf8:
    case TYPE.largeUtf8:
      return { from, to: from + 3, lazy: [] };
    case TYPE.list:
    case TYPE.largeList:
    case TYPE.map:
      return inside(2);
    case TYPE.struct:
    case TYPE.fixedSizeList:
      return inside(1);
    case TYPE.dictionary:
      return { from, to: from + 2, lazy: [] };
    default:
      if (FLAT.includes(typeId)) return { from, to: from + 2, lazy: [] };
      throw new Error(`it has columns of Arrow type ${typeId}, which are not read; save it as parquet`);
  }
}

/** Field nodes that a type takes in a batch. */
const nodesOf = ({ children = [] }: ArrowType): number =>
  1 + children.reduce((n, { type }) => n + nodesOf(type), 0);

/**
 * Opens an Arrow file: reads what its batches say of themselves.
 * @throws DataError where it is no Arrow file, is cut short, compressed or damaged
 */
export async function openArrow(file: string): Promise<RecordFile> {
  const damaged = (error: unknown) =>
    error instanceof DataError
      ? error
      : new DataError(
          `${file}: the Arrow file cannot be read (${error instanceof Error ? error.message.split('\n')[0] : error}); copy or save it again`,
        );
  const withFile = <T>(work: (handle: number) => T): T => {
    let handle: number | undefined;
    try {
      handle = openSync(file, 'r');
      return work(handle);
    } catch (error) {
      throw damaged(error);
    } finally {
      if (handle !== undefined) closeSync(handle);
    }
  };
  const { schema, dictionaries, batches } = withFile((handle) => index(handle, file));
  const fields = schema.fields.map(({ name }) => name);
  const buffers = withFile(() => {
    let from = 0;
    return schema.fields.map(({ type }) => {
      const own = buffersOf(type, from);
      from = own.to;
      return own;
    });
  });
  const rows = batches.reduce((n, { content }) => n + content.length, 0);

  /** A batch with the buffers of some columns; those that are not read are zeros that take no memory. */
  const load = (batch: Batch, wanted: readonly string[]): Loaded =>
    withFile((handle) => {
      const { content, bodyAt, bodyLength } = batch;
      const body = new Uint8Array(bodyLength);
      const lazy: { offset: number; length: number }[] = [];
      let loaded = 0;
      buffers.forEach((own, f) => {
        if (!wanted.includes(fields[f])) return;
        for (let b = own.from; b < own.to; b++) {
          const region = content.regions[b];
          if (!region || region.offset < 0 || region.offset + region.length > bodyLength)
            throw new Error('a buffer lies outside of its batch');
          if (own.lazy.includes(b)) lazy.push(region);
          else {
            loaded += region.length;
            if (loaded > MAX_LOADED) throw new Error('a batch has too much text');
            fill(handle, bodyAt + region.offset, body.subarray(region.offset, region.offset + region.length));
          }
        }
      });
      const records = [{ ...content, body }];
      const table = createTable({ schema, dictionaries, records, metadata: null }, { useBigInt: true });
      return { table, body, bodyAt, lazy };
    });

  const kept = new Lru<Batch, Loaded>(KEPT);
  const whole = (batch: Batch): Loaded => {
    const have = kept.get(batch);
    if (have) return have;
    const loaded = load(batch, fields);
    kept.set(batch, loaded);
    return loaded;
  };
  const recordOf = (loaded: Loaded, at: number, wanted: readonly string[]): Record_ => {
    try {
      return Object.fromEntries(
        fields.flatMap((name, f) =>
          wanted.includes(name) ? [[name, plain(loaded.table.children[f].at(at), loaded, readLazily)]] : [],
        ),
      );
    } catch (error) {
      throw damaged(error);
    }
  };
  const readLazily = (at: number, length: number) =>
    new LazyBytes(length, () => withFile((handle) => new Uint8Array(readAt(handle, at, length))));

  return {
    file,
    columns: [...new Set(fields)],
    empty: emptyColumns(schema, batches),
    async *scan(wanted, pictures) {
      const names = [...wanted, ...pictures];
      for (const batch of batches) {
        const loaded = load(batch, names);
        for (let i = 0; i < batch.content.length; i++) yield recordOf(loaded, i, names);
      }
    },
    async read(at) {
      const batch = at < rows ? batches.findLast(({ start }) => start <= at) : undefined;
      if (!batch) throw new RangeError(`record ${at} of ${rows}`);
      return recordOf(whole(batch), at - batch.start, fields);
    },
    place: (at) => at,
  };
}

interface Loaded {
  table: ArrowTable;
  body: Uint8Array;
  bodyAt: number;
  /** Buffers that were left in the file. */
  lazy: { offset: number; length: number }[];
}

/** The schema at the end of a file of the file format: some writers put it nowhere else. */
function footerSchema(handle: number): ArrowSchema | undefined {
  const { size } = fstatSync(handle);
  if (size < 18 || readAt(handle, 0, 6).toString('latin1') !== MAGIC) return undefined;
  const end = readAt(handle, size - 10, 10);
  const length = end.readInt32LE(0);
  if (end.toString('latin1', 4) !== MAGIC || length <= 0 || length > Math.min(MAX_HEAD, size - 18))
    throw new Error('it is cut short');
  const footer = readAt(handle, size - 10 - length, length);
  const get = readObject(footer, 0);
  const version = get(4, readInt16, 0);
  return decodeSchema(footer, get(6, readOffset, 0), version);
}

/** Reads schema, dictionaries and what each batch says of itself. */
function index(handle: number, file: string) {
  let schema: ArrowSchema | undefined;
  const dictionaries: DictionaryBatch[] = [];
  const batches: Batch[] = [];
  let start = 0;
  schema = footerSchema(handle);
  for (const { type, version, head, header, bodyAt, bodyLength } of messages(handle)) {
    if (type === MESSAGE.schema) schema ??= decodeSchema(head, header, version);
    else if (type === MESSAGE.batch) {
      const content = decodeRecordBatch(head, header, version);
      if (content.compression)
        throw new DataError(
          `${file}: compressed Arrow is not read; save it without compression, or as parquet`,
        );
      if (content.length === 0) continue;
      if (content.length > bodyLength * 8) throw new Error('a batch has fewer rows than it says');
      batches.push({ content, bodyAt, bodyLength, start });
      start += content.length;
    } else if (type === MESSAGE.dictionary) {
      if (bodyLength > MAX_HEAD) throw new Error('a dictionary is too large');
      const dictionary = decodeDictionaryBatch(head, header, version);
      dictionaries.push({ ...dictionary, body: new Uint8Array(readAt(handle, bodyAt, bodyLength)) });
    }
  }
  if (!schema) throw new Error('it has no schema');
  return { schema, dictionaries, batches };
}

/** Columns of which every value is null. */
function emptyColumns(schema: ArrowSchema, batches: readonly Batch[]): Set<string> {
  const out = new Set<string>();
  let node = 0;
  for (const { name, type } of schema.fields) {
    const all = batches.every(({ content }) => {
      const own = content.nodes[node];
      return own !== undefined && (type.typeId === TYPE.null || own.nullCount === own.length);
    });
    if (all && batches.length > 0) out.add(name);
    node += nodesOf(type);
  }
  return out;
}

/** A value of the library as plain objects and lists; bytes that were not read as what reads them. */
function plain(value: unknown, loaded: Loaded, lazily: (at: number, length: number) => LazyBytes): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) {
    const offset = value.byteOffset - loaded.body.byteOffset;
    const waits =
      value.buffer === loaded.body.buffer &&
      value.length > 0 &&
      loaded.lazy.some((r) => offset >= r.offset && offset < r.offset + r.length);
    return waits ? lazily(loaded.bodyAt + offset, value.length) : value.slice();
  }
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  if (Array.isArray(value)) return value.map((item) => plain(item, loaded, lazily));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, loaded, lazily)]));
}
