/** Append-only files with one JSON object a line: the source of truth of a run. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { writeAside } from '../durable.ts';
import { DataError, RunError } from '../errors.ts';
import { writeFailure } from './failure.ts';

export type JsonLine = Record<string, unknown>;

/** Writes whole lines; each is with the operating system when `write` returns, so a killed run loses none. */
export class JsonlWriter {
  readonly path: string;
  private readonly handle: number;
  private readonly isFile: boolean;

  /** Opens the file for appending and makes it if need be. @throws DataError where that is not possible */
  constructor(path: string) {
    this.path = path;
    try {
      dropTornLine(path);
      this.handle = openSync(path, 'a');
      this.isFile = fstatSync(this.handle).isFile();
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  /**
   * Numbers that are not finite become null, as JSON has no other word for them.
   * @throws DataError where it cannot be written, RunError where the file was removed or moved meanwhile
   */
  write(line: JsonLine): void {
    this.check();
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.handle, bytes, at);
    } catch (error) {
      throw writeFailure(this.path, error);
    }
  }

  /** What is written to a file without a name is lost. @throws RunError where that is so */
  check(): void {
    if (!this.isFile || (fstatSync(this.handle).nlink > 0 && existsSync(this.path))) return;
    throw new RunError(
      `${this.path}: was removed or moved while the run was writing it; what follows would be lost, so the run ends here`,
    );
  }

  /** Waits until everything is on the disk. */
  sync(): void {
    try {
      fsyncSync(this.handle);
    } catch (error) {
      if (this.isFile) throw writeFailure(this.path, error);
    }
  }

  close(): void {
    closeSync(this.handle);
  }
}

const CHUNK = 1 << 20;
const NEWLINE = 10;

/** Lines that end in a newline, with their end in the file; read in pieces, as a file can be large. */
function* scan(path: string): Generator<{ text: string; end: number }> {
  const handle = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let rest = Buffer.alloc(0);
    let end = 0;
    for (;;) {
      const got = readSync(handle, chunk, 0, CHUNK, null);
      if (got === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, got)]);
      let start = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
        const text = bytes.toString('utf8', start, at);
        end += at + 1 - start;
        start = at + 1;
        yield { text, end };
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(handle);
  }
}

/** @throws DataError naming the line where it is not a JSON object */
function parse(text: string, path: string, row: number): JsonLine {
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
  return line as JsonLine;
}

/**
 * All lines of a file; none where it does not exist. A last line that was cut off by a crash is left out.
 * @throws DataError for a line in the middle that is not a JSON object
 */
export function readJsonl(path: string): JsonLine[] {
  if (!existsSync(path)) return [];
  return Array.from(scan(path), ({ text }, i) => parse(text, path, i + 1));
}

/**
 * Removes the lines that `keep` refuses, so that a resumed run does not double any. `complete` tells from the last line
 * that was kept whether all that is wanted is there: what then is no JSON was left by a failing machine, and goes too.
 * @throws DataError for another line that is not a JSON object, or where the file cannot be written
 */
export function keepLines(
  path: string,
  keep: (line: JsonLine) => boolean,
  complete: (last: JsonLine | undefined) => boolean = () => false,
): void {
  if (!existsSync(path)) return;
  const kept: string[] = [];
  let last: JsonLine | undefined;
  let row = 0;
  let end = 0;
  let prefix = true;
  for (const found of scan(path)) {
    row++;
    let line: JsonLine;
    try {
      line = parse(found.text, path, row);
    } catch (error) {
      if (complete(last)) break;
      throw error;
    }
    if (!keep(line)) continue;
    // Only where lines are kept on both sides of one that is not.
    if (kept.length + 1 < row) prefix = false;
    kept.push(found.text);
    last = line;
    end = found.end;
  }
  if (prefix) cut(path, end);
  else writeAside(path, () => [Buffer.from(kept.map((text) => `${text}\n`).join(''))]);
}

function dropTornLine(path: string): void {
  // A pipe or a device has no end to look for.
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === 0) return;
  const handle = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(CHUNK);
  try {
    for (let from = found.size; from > 0; ) {
      const length = Math.min(CHUNK, from);
      from -= length;
      readSync(handle, chunk, 0, length, from);
      const at = chunk.subarray(0, length).lastIndexOf(NEWLINE);
      if (at < 0 && from > 0) continue;
      const end = from + at + 1;
      if (end < found.size) cut(path, end);
      return;
    }
  } finally {
    closeSync(handle);
  }
}

/** Cuts a file off at a byte. @throws DataError where that cannot be done */
export function cut(path: string, end: number): void {
  if (statSync(path).size === end) return;
  try {
    const handle = openSync(path, 'r+');
    try {
      ftruncateSync(handle, end);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}
