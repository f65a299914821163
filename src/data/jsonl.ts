/** Rows from JSON lines: {id?, problem, answer, images: [path beside the file | data: URL | {bytes: base64}]}. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { marksIn, metaOf, textOf, withMarks } from './fields.ts';
import type { Row } from './row.ts';
import { indexedSource, type Report, type RowSource, type SkipReason } from './source.ts';

type Json = Record<string, unknown>;

function parseLine(file: string, line: number, text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Told below, with the place.
  }
  throw new DataError(
    `${file}:${line}: not a JSON object; write one row a line, {"problem", "answer", "images"}`,
  );
}

const imagesField = (json: Json): unknown[] => {
  const value = json.images ?? json.image;
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
};

/** Base64 text of an embedded image; undefined for a path. */
function embedded(image: unknown): string | undefined {
  if (typeof image === 'object' && image !== null) {
    const bytes = (image as Json).bytes;
    return typeof bytes === 'string' ? bytes : undefined;
  }
  return typeof image === 'string' ? /^data:[^,]*;base64,(.*)$/s.exec(image)?.[1] : undefined;
}

function pathOf(folder: string, image: unknown): string | undefined {
  const path = typeof image === 'string' ? image : (image as Json | null)?.path;
  return typeof path === 'string' && path !== '' && !path.startsWith('data:')
    ? resolve(folder, path)
    : undefined;
}

function isPresent(folder: string, image: unknown): boolean {
  const base64 = embedded(image);
  if (base64 !== undefined) return base64.length > 0;
  const path = pathOf(folder, image);
  return path !== undefined && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

function reasonToSkip(folder: string, json: Json): SkipReason | undefined {
  const problem = textOf(json.problem);
  if (problem.trim() === '') return 'no problem';
  if (textOf(json.answer).trim() === '') return 'no answer';
  const images = imagesField(json);
  const enough = images.length >= Math.max(1, marksIn(problem));
  return enough && images.every((image) => isPresent(folder, image)) ? undefined : 'no image';
}

/** Without a byte order mark. */
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Lines by their bytes: text readers also break lines at characters that JSON allows inside a string. */
async function* linesOf(file: string) {
  let [line, offset] = [0, 0];
  let parts: Buffer[] = [];
  const take = () => {
    const bytes = Buffer.concat(parts);
    parts = [];
    line++;
    const found = { line, offset, bytes };
    offset += bytes.length + 1;
    return found;
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
  }
  yield take();
}

/**
 * Opens a file of JSON lines. Lines stay in the file until their row is asked for.
 * @throws DataError for a line that is not a JSON object, with its number
 */
export async function openJsonl(file: string): Promise<RowSource> {
  if (!statSync(file, { throwIfNoEntry: false }))
    throw new DataError(`${file}: no such file; check the path`);
  const folder = dirname(file);
  const index: number[] = [];
  const skipped: Report['skipped'] = {};
  /** Where in the file each row stands: offset and length in bytes, and its line. */
  const places: { offset: number; length: number; line: number }[] = [];
  for await (const { line, offset, bytes } of linesOf(file)) {
    const text = decode(bytes);
    if (text.trim() === '') continue;
    const reason = reasonToSkip(folder, parseLine(file, line, text));
    if (reason) skipped[reason] = (skipped[reason] ?? 0) + 1;
    else index.push(places.length);
    places.push({ offset, length: bytes.length, line });
  }

  const name = basename(file).replace(/\.jsonl?$/, '');
  return indexedSource([file], places.length, index, skipped, async (i): Promise<Row> => {
    const { offset: from, length, line: at } = places[i];
    const bytes = Buffer.alloc(length);
    const handle = openSync(file, 'r');
    try {
      readSync(handle, bytes, 0, length, from);
    } finally {
      closeSync(handle);
    }
    const json = parseLine(file, at, decode(bytes));
    const { id, problem, answer, images: _, image: __, meta: metaValue, ...extra } = json;
    const images = imagesField(json).map((image) => {
      const base64 = embedded(image);
      return new Uint8Array(
        base64 !== undefined ? Buffer.from(base64, 'base64') : readFileSync(pathOf(folder, image)!),
      );
    });
    const meta = metaOf(metaValue);
    if (!meta && metaValue !== undefined) extra.meta = metaValue;
    return {
      id: textOf(id) || `${name}:${at}`,
      problem: withMarks(textOf(problem), images.length),
      images,
      answer: textOf(answer),
      ...(meta && { meta }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  });
}
