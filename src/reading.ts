/**
 * Files of a model that someone else wrote, read within bounds: what is no plain file is never waited for, and nothing
 * larger than such a file can be is brought into memory.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CheckpointError, quoted, systemCode, systemFailure } from './errors.ts';

export const MIB = 2 ** 20;
/** Bytes of a configuration that are read at most; real ones have a few KiB. */
export const CONFIG_BYTES = 4 * MIB;
/** How deep the objects and lists of a JSON file may lie in each other; those of models stay below 10. */
const JSON_DEPTH = 64;

/** A value for a message, as JSON, cut after 200 characters. */
export const shown = (value: unknown): string => quoted(JSON.stringify(value) ?? 'missing');

/** 1234567 as 1,234,567: the same in every locale. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A sentence for a file that is only the note that git-lfs leaves in its place; nothing for any other. */
export function lfsPointer(start: Uint8Array): string | undefined {
  const text = new TextDecoder('latin1').decode(start.subarray(0, 64));
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return undefined;
  return "is a git-lfs pointer, not the file itself; run 'git lfs pull' in the folder, or download the model again with 'hf download'";
}

export interface Opened {
  /** The descriptor; close it. */
  file: number;
  /** Bytes. */
  size: number;
}

/**
 * Opens a plain file. A pipe, a device or a folder is refused and never waited for.
 * @param missing what to do where there is none
 * @throws CheckpointError naming the path and what helps
 */
export function openPlain(path: string, missing: string): Opened {
  let file: number;
  try {
    // Without O_NONBLOCK, a pipe that nobody writes to would be waited for.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = systemCode(error);
    const why =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `not found; ${missing}`
        : code === 'ENXIO'
          ? `is a socket, not a file; ${missing}`
          : systemFailure(error, 'read', { missing });
    throw new CheckpointError(`${path}: ${why}`, { cause: error });
  }
  const found = fstatSync(file);
  if (found.isFile()) return { file, size: found.size };
  closeSync(file);
  const what = found.isDirectory() ? 'folder' : found.isFIFO() ? 'pipe' : 'device';
  throw new CheckpointError(`${path}: is a ${what}, not a file; ${missing}`);
}

/** Fills `bytes` from a position on; what it returns is less than their length where the file ends before. */
export function readAt(file: number, bytes: Uint8Array, position: number, path: string): number {
  let at = 0;
  while (at < bytes.length) {
    let got: number;
    try {
      got = readSync(file, bytes, at, Math.min(2 ** 24, bytes.length - at), position + at);
    } catch (error) {
      throw new CheckpointError(`${path}: ${systemFailure(error, 'read')}`, { cause: error });
    }
    if (got === 0) break;
    at += got;
  }
  return at;
}

/**
 * The bytes of a plain file of at most `most` bytes.
 * @param missing what to do where there is none
 * @throws CheckpointError where it is not there, cannot be read, or is larger
 */
export function readPlain(path: string, most: number, missing: string): Uint8Array {
  const { file, size } = openPlain(path, missing);
  try {
    if (size > most)
      throw new CheckpointError(
        `${path}: has ${grouped(size)} bytes, such a file has at most ${grouped(most)}; ${missing}`,
      );
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readAt(file, bytes, 0, path));
  } finally {
    closeSync(file);
  }
}

/** Whether the brackets outside strings lie deeper than allowed. */
export function isTooDeep(json: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > JSON_DEPTH) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

/**
 * A JSON file of at most `most` bytes, parsed.
 * @param missing what to do where there is none, or where it is none
 * @throws CheckpointError where it is not there, cannot be read, is larger, is not JSON or lies too deep in itself
 */
export function readJson(path: string, missing: string, most = CONFIG_BYTES): unknown {
  const bytes = readPlain(path, most, missing);
  if (isTooDeep(bytes))
    throw new CheckpointError(`${path}: is nested more than ${JSON_DEPTH} deep; ${missing}`);
  try {
    return JSON.parse(new TextDecoder('utf-8').decode(bytes));
  } catch (error) {
    const why = lfsPointer(bytes) ?? `not valid JSON (${quoted((error as Error).message)}); ${missing}`;
    throw new CheckpointError(`${path}: ${why}`);
  }
}
