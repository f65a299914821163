/** Files and folders of a person, of which nothing is known yet. */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, systemCode, systemFailure } from './errors.ts';

export interface ReadLimits {
  /** Bytes that such a file has at most. */
  most: number;
  /** What to do where the file is not there, or is a folder; `check the path` unless told. */
  missing?: string;
}

/** How long a pipe is given to get a writer. */
const PIPE_MS = 1000;

const size = (bytes: number) => (bytes < 2 ** 20 ? `${bytes / 2 ** 10} KB` : `${bytes / 2 ** 20} MB`);

/**
 * The bytes of a file, of a pipe as well; no more than `most` are ever in memory, so that a device without an end is
 * refused too. `fail` makes the error from what follows the path.
 * @throws what `fail` returns
 */
export function readBounded(
  path: string,
  { most, missing }: ReadLimits,
  fail: (why: string) => Error,
): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  try {
    // Without O_NONBLOCK, a pipe that nobody writes to would be waited for.
    const handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const pipe = fstatSync(handle).isFIFO();
      for (let waited = 0; ; ) {
        const chunk = Buffer.allocUnsafe(Math.min(1 << 20, most + 1));
        const n = readNow(handle, chunk.subarray(0, most + 1 - total));
        if (n === undefined || (n === 0 && pipe && total === 0)) {
          // A writer that is there may take its time; one that does not come is not waited for.
          if (n === 0 && waited >= PIPE_MS)
            throw fail(`is a pipe that nobody writes to; ${missing ?? 'check the path'}`);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
          waited += n === 0 ? 10 : 0;
          continue;
        }
        if (n === 0) break;
        parts.push(chunk.subarray(0, n));
        total += n;
        if (total > most) break;
      }
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw systemCode(error) === undefined ? error : fail(systemFailure(error, 'read', { missing }));
  }
  if (total > most)
    throw fail(`is larger than the ${size(most)} that are read; ${missing ?? 'check the path'}`);
  return Buffer.concat(parts, total);
}

/** Bytes that are there now; 0 at the end, and where no writer is there; undefined where a writer has nothing yet. */
function readNow(handle: number, into: Uint8Array): number | undefined {
  try {
    return readSync(handle, into, 0, into.length, null);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** @throws ConfigError unless a folder is empty or not there yet; `advice` says what to do */
export function refuseFull(dir: string, advice: string): void {
  if (dir.trim() === '') throw new ConfigError(`no folder is named; ${advice}`);
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return;
    const why = code === 'ENOTDIR' ? 'is no folder' : systemFailure(error, 'read');
    throw new ConfigError(`${dir}: ${why}; ${advice}`);
  }
  if (names.length > 0) throw new ConfigError(`${dir}: is not empty; ${advice}`);
}

/**
 * Makes a folder and those above it. Node's own `recursive` goes round in circles where a file system, as /proc does, says
 * that nothing is there of a folder that is.
 * @throws the system's error
 */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
    const above = dirname(dir);
    if (code !== 'ENOENT' || above === dir) throw error;
    makeFolder(above);
    mkdirSync(dir);
  }
}
