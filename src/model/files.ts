/** Files that appear whole or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CheckpointError } from '../errors.ts';

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return 'the disk is full; free some space or choose a folder on another disk';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'no permission to write there; choose another folder';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the folder does not exist; create it first';
  return `the system says ${code}; check the disk or choose another folder`;
}

/** A rename is on the disk only when its folder is; some platforms cannot open a folder and need no sync. */
export function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {}
}

/**
 * Writes the chunks to `<path>.partial`, syncs, and renames. An earlier file of that name stays untouched until then.
 * @throws CheckpointError where writing fails; the partial file is removed
 */
export function writeAside(path: string, chunks: () => Iterable<Uint8Array>): void {
  const partial = `${path}.partial`;
  let handle: number | undefined;
  try {
    handle = openSync(partial, 'w');
    for (const chunk of chunks()) {
      for (let at = 0; at < chunk.length; ) at += writeSync(handle, chunk, at, chunk.length - at);
    }
    fsyncSync(handle);
    closeSync(handle);
    handle = undefined;
    renameSync(partial, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    rmSync(partial, { force: true });
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(`${path}: cannot be written: ${reason(error)}`);
  }
}
