/** Records from JSON: one object a line, or one array of objects. */
import { closeSync, openSync, readSync } from 'node:fs';
import { DataError } from '../errors.ts';
import { isObject, type Record_, type RecordFile, type Scanned } from './record.ts';
import { UnusableRow } from './skip.ts';
import { items, lines, type Span } from './spans.ts';

/** Rows that are looked at for the names of columns before the first pass. */
const SAMPLE = 64;

/** Without a byte order mark. */
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function parse(text: string): Record_ | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a file's first character that is no space opens an array. */
function isArray(file: string): boolean {
  const head = Buffer.alloc(4096);
  const handle = openSync(file, 'r');
  try {
    return /^\s*\[/.test(decode(head.subarray(0, readSync(handle, head, 0, head.length, 0))));
  } finally {
    closeSync(handle);
  }
}

const holdsNothing = (value: unknown) =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);

/**
 * Opens JSON lines or a JSON array. Records stay in the file until they are asked for; what is no JSON object is left out.
 * @throws DataError where the first record already is none, or an array is cut short
 */
export async function openJson(file: string): Promise<RecordFile> {
  const array = isArray(file);
  const [what, hint] = array
    ? ['item', 'write an array of rows, [{"problem", "answer", "images"}, …]']
    : ['line', 'write one row a line, {"problem", "answer", "images"}'];
  const seen = new Map<string, boolean>();
  const learn = (record: Record_) => {
    for (const [column, value] of Object.entries(record))
      if (!seen.get(column)) seen.set(column, !holdsNothing(value));
  };
  async function* spans(): AsyncGenerator<Span> {
    if (!array) {
      for await (const span of lines(file)) if (span.bytes?.some((b) => b > 0x20) ?? true) yield span;
      return;
    }
    if (!(yield* items(file)))
      throw new DataError(`${file}: the JSON array is cut short; download or write it again`);
  }
  const recordOf = ({ bytes }: Span): Scanned =>
    bytes === undefined ? 'too large' : (parse(decode(bytes)) ?? 'not JSON');

  let looked = 0;
  for await (const span of spans()) {
    const record = recordOf(span);
    if (typeof record === 'object') learn(record);
    else if (looked === 0 && record === 'not JSON')
      throw new DataError(`${file}:${span.place}: this ${what} is not a JSON object; ${hint}`);
    if (++looked === SAMPLE) break;
  }

  const offsets: number[] = [];
  const lengths: number[] = [];
  const places: number[] = [];
  return {
    file,
    get columns() {
      return [...seen.keys()];
    },
    get empty() {
      return new Set([...seen].flatMap(([column, full]) => (full ? [] : [column])));
    },
    async *scan() {
      offsets.length = lengths.length = places.length = 0;
      for await (const span of spans()) {
        offsets.push(span.offset);
        lengths.push(span.length);
        places.push(span.place);
        const record = recordOf(span);
        if (typeof record === 'object') learn(record);
        yield record;
      }
    },
    async read(at) {
      const bytes = Buffer.alloc(lengths[at]);
      const handle = openFile(file);
      try {
        readSync(handle, bytes, 0, bytes.length, offsets[at]);
      } finally {
        closeSync(handle);
      }
      const record = parse(decode(bytes));
      if (record) return record;
      throw new UnusableRow(
        'unreadable',
        `${file}:${places[at]}: no longer the row that it was; leave the file alone while a run reads it`,
      );
    },
    place: (at) => places[at] ?? at + 1,
  };
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new DataError(
      `${file}: cannot be read any more (${(error as NodeJS.ErrnoException).code}); put the file back`,
    );
  }
}
