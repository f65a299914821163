/** Checksums of the files of a folder, so that a bit that flipped on the disk is noticed before it is trained on. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** By path within the folder, with `/`. `sha256` is what `sha256sum` prints. */
export type FileSums = Record<string, { bytes: number; sha256: string }>;

const CHUNK = 1 << 22;

/** Read in pieces: files can be larger than memory. */
async function sumOf(path: string): Promise<FileSums[string]> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, bytes);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Of every file below a folder. */
export async function sumsOf(dir: string): Promise<FileSums> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(dir, join(entry.parentPath, entry.name))).sort();
  const sums: FileSums = {};
  for (const path of paths) sums[path.replaceAll(sep, '/')] = await sumOf(join(dir, path));
  return sums;
}

/**
 * What is wrong with a folder whose files had these sums, or nothing. Further files do no harm.
 * @throws the system's error where a file is there and cannot be read
 */
export async function faultIn(dir: string, sums: FileSums): Promise<string | undefined> {
  for (const [name, expected] of Object.entries(sums)) {
    const path = join(dir, name);
    try {
      const { size } = await stat(path);
      if (size !== expected.bytes) return `${name} has ${size} bytes and not ${expected.bytes}`;
      if ((await sumOf(path)).sha256 !== expected.sha256)
        return `${name} is not what was saved (its checksum differs)`;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      return `${name} is missing`;
    }
  }
  return undefined;
}
