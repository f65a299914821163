/** Append-only files with one JSON object a line: the source of truth of a run. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { DataError } from '../errors.ts';
import { writeFailure } from './failure.ts';

export type JsonLine = Record<string, unknown>;

/** Writes whole lines; each is with the operating system when `write` returns, so a killed run loses none. */
export class JsonlWriter {
  readonly path: string;
  private readonly handle: number;

  /** Opens the file for appending and makes it if need be. @throws DataError where that is not possible */
  constructor(path: string) {
    this.path = path;
    try {
      dropTornLine(path);
      this.handle = openSync(path, 'a');
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  /** Numbers that are not finite become null, as JSON has no other word for them. */
  write(line: JsonLine): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.handle, bytes, at);
    } catch (error) {
      throw writeFailure(this.path, error);
    }
  }

  /** Waits until everything is on the disk. */
  sync(): void {
    fsyncSync(this.handle);
  }

  close(): void {
    closeSync(this.handle);
  }
}

/** Lines of complete JSON with their end in the file; a last line that was cut off by a crash is left out. */
function* scan(path: string): Generator<{ line: JsonLine; end: number }> {
  const bytes = readFileSync(path);
  for (let start = 0, row = 1; start < bytes.length; row++) {
    const newline = bytes.indexOf(10, start);
    if (newline < 0) return;
    const text = bytes.toString('utf8', start, newline);
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      throw new DataError(
        `${path}: line ${row} is not JSON; the file was changed by hand, mend or remove the line`,
      );
    }
    if (typeof line !== 'object' || line === null || Array.isArray(line))
      throw new DataError(`${path}: line ${row} is not a JSON object; mend or remove the line`);
    start = newline + 1;
    yield { line: line as JsonLine, end: start };
  }
}

/**
 * All lines of a file; none where it does not exist.
 * @throws DataError for a line in the middle that is not a JSON object
 */
export function readJsonl(path: string): JsonLine[] {
  if (!existsSync(path)) return [];
  return Array.from(scan(path), ({ line }) => line);
}

/** Cuts the file off before the first line that `keep` refuses, so that a resumed run does not double its lines. */
export function truncateJsonl(path: string, keep: (line: JsonLine) => boolean): void {
  if (!existsSync(path)) return;
  let end = 0;
  for (const found of scan(path)) {
    if (!keep(found.line)) break;
    end = found.end;
  }
  cut(path, end);
}

function dropTornLine(path: string): void {
  // A pipe or a device has no end to look for.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length) cut(path, end);
}

function cut(path: string, end: number): void {
  const handle = openSync(path, 'r+');
  try {
    ftruncateSync(handle, end);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
