/** Pictures inside zip archives, read without unpacking them, and in folders that lie elsewhere than rows say. */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Entry, ZipFile } from 'yauzl';
import { DataError, systemCode, systemFailure } from '../errors.ts';
import type { PictureStore } from './pictures.ts';
import { UnusableRow } from './skip.ts';

/** Members of an archive at most. */
const MOST = 1_000_000;

interface Member {
  file: string;
  zip: ZipFile;
  entry: Entry;
}

/**
 * A path and what is left of it without its first folders, down to one folder and the file:
 * `./data/images/geo/1.png` also means `data/images/geo/1.png`, `images/geo/1.png` and `geo/1.png`.
 */
export function tailsOf(path: string): string[] {
  const parts = path.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return [];
  return parts.slice(0, Math.max(1, parts.length - 1)).map((_, i) => parts.slice(i).join('/'));
}

/**
 * Pictures by their paths, or the longest end of it that is there (see `tailsOf`): in the folders first, then in the archives.
 * @throws DataError where an archive cannot be read
 */
export async function openPictures(
  folders: readonly string[],
  archives: readonly string[],
): Promise<PictureStore> {
  const members = new Map<string, Member>();
  for (const file of archives)
    for (const member of await membersOf(file)) {
      const { fileName } = member.entry;
      if (!fileName.endsWith('/') && !members.has(fileName)) members.set(fileName, member);
    }
  const fileAt = (path: string): string | undefined => {
    for (const tail of tailsOf(path))
      for (const folder of folders) {
        const full = join(folder, tail);
        const found = statSync(full, { throwIfNoEntry: false });
        if (found?.isFile() && found.size > 0) return full;
      }
    return undefined;
  };
  const memberAt = (path: string) => tailsOf(path).flatMap((tail) => members.get(tail) ?? [])[0];
  return {
    has: (path) => memberAt(path) !== undefined || fileAt(path) !== undefined,
    async read(path, admit) {
      const file = fileAt(path);
      if (file !== undefined) {
        admit((await stat(file)).size);
        return new Uint8Array(await readFile(file));
      }
      const member = memberAt(path);
      if (!member) throw new UnusableRow('no image', `${path}: is in none of the folders and archives`);
      admit(member.entry.uncompressedSize);
      return bytesOf(member);
    },
  };
}

async function membersOf(file: string): Promise<Member[]> {
  const { default: yauzl } = await import('yauzl');
  /** The file is open only while it is read: a suite has no end at which it could be closed. */
  class Reader extends yauzl.RandomAccessReader {
    override _readStreamForRange(start: number, end: number): Readable {
      return createReadStream(file, { start, end: end - 1 });
    }

    /** The directory is read in many small pieces. */
    override read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      done: (error: Error | null) => void,
    ): void {
      let fault: Error | null = null;
      try {
        const handle = openSync(file, 'r');
        try {
          for (let at = 0; at < length; ) {
            const read = readSync(handle, buffer, offset + at, length - at, position + at);
            if (read === 0) throw new Error('it ends too early');
            at += read;
          }
        } finally {
          closeSync(handle);
        }
      } catch (error) {
        fault = error as Error;
      }
      // Not at once: thousands of entries would be read inside each other.
      setImmediate(done, fault);
    }
  }
  const damaged = (error: unknown) => {
    const why =
      systemCode(error) === undefined
        ? `is no whole zip archive (${(error as Error).message.split('\n')[0]}); download it again`
        : systemFailure(error, 'read');
    return new DataError(`${file}: ${why}`, { cause: error });
  };
  try {
    const { size } = await stat(file);
    const zip = await new Promise<ZipFile>((resolve, reject) => {
      const options = { lazyEntries: true, autoClose: false };
      yauzl.fromRandomAccessReader(new Reader(), size, options, (error, opened) =>
        error ? reject(error) : resolve(opened),
      );
    });
    if (zip.entryCount > MOST) throw new Error(`${zip.entryCount} members`);
    return await new Promise<Member[]>((resolve, reject) => {
      const found: Member[] = [];
      zip.on('error', reject);
      zip.on('end', () => resolve(found));
      zip.on('entry', (entry: Entry) => {
        found.push({ file, zip, entry });
        zip.readEntry();
      });
      zip.readEntry();
    });
  } catch (error) {
    throw damaged(error);
  }
}

async function bytesOf({ file, zip, entry }: Member): Promise<Uint8Array> {
  try {
    const stream = await new Promise<Readable>((resolve, reject) => {
      zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return new Uint8Array(Buffer.concat(parts));
  } catch (error) {
    throw new UnusableRow(
      'no image',
      `${file}: ${entry.fileName} cannot be read (${(error as Error).message.split('\n')[0]}); download the archive again`,
    );
  }
}
