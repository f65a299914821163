/** Files that appear whole or not at all, and are on the disk when they do. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CheckpointError, PapoError, systemFailure } from './errors.ts';

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

/** Waits until a folder and all that it holds is on the disk. */
export function syncTree(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else {
      // Windows syncs only a file that is open for writing.
      const handle = openSync(path, 'r+');
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    }
  }
  syncFolder(dir);
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
    if (error instanceof PapoError) throw error;
    throw new CheckpointError(`${path}: ${systemFailure(error, 'write')}`, { cause: error });
  }
}
