/** The pictures of a row in the forms in which files give them, held within bounds before they are read. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject, LazyBytes } from './record.ts';
import { type SkipReason, UnusableRow } from './skip.ts';

/** Pictures of a row at most. */
export const MAX_IMAGES = 64;
/** Encoded bytes of a row's pictures at most, all together. */
export const MAX_IMAGE_BYTES = 128 * 2 ** 20;

/** Where a picture is: in the row, or in a file. */
export type Picture =
  | { bytes: Uint8Array | LazyBytes }
  | { base64: string }
  | { path: string }
  | { url: string };

/** Pictures that do not lie in files of their own, by the paths that rows give. */
export interface PictureStore {
  has(path: string): boolean;
  /** @param admit is told the size in bytes before anything is read, and throws where that is too much */
  read(path: string, admit: (bytes: number) => void): Promise<Uint8Array>;
}

/** The first characters of PNG, JPEG, GIF and WebP in base64. */
const BASE64 = /^(iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)[A-Za-z0-9+/\s]{200}/;

function pictureOfText(text: string): Picture | undefined {
  if (text === '') return undefined;
  const data = /^data:[^,]{0,200};base64,/.exec(text);
  if (data) return { base64: text.slice(data[0].length) };
  if (/^https?:\/\//i.test(text)) return { url: text };
  if (/^file:\/\//i.test(text)) {
    try {
      return { path: fileURLToPath(text) };
    } catch {
      return { path: text };
    }
  }
  return BASE64.test(text) ? { base64: text } : { path: text };
}

/** A picture in any of its forms (docs/data.md lists them); undefined where the value holds none. */
export function pictureOf(value: unknown): Picture | undefined {
  if (value instanceof Uint8Array || value instanceof LazyBytes)
    return value.length > 0 ? { bytes: value } : undefined;
  if (typeof value === 'string') return pictureOfText(value);
  if (!isObject(value)) return undefined;
  const { bytes } = value;
  if (typeof bytes === 'string' && bytes !== '') return { base64: bytes };
  if (bytes !== null && bytes !== undefined) return pictureOf(isObject(bytes) ? bufferOf(bytes) : bytes);
  return pictureOf(value.path ?? value.url ?? value.image_url ?? value.image ?? value.file_name ?? null);
}

/** `{type: 'Buffer', data: […]}`, as Node writes bytes as JSON. */
function bufferOf(value: Record<string, unknown>): unknown {
  if (value instanceof LazyBytes) return value;
  const { data } = value;
  return value.type === 'Buffer' && Array.isArray(data) ? Uint8Array.from(data as number[]) : undefined;
}

/**
 * The folders that relative paths count from, in order: the one that is named, else that of the file, and the one
 * above where the file lies in a folder called `data`, as on the hub.
 */
export function basesOf(file: string, imageDir: string | undefined): string[] {
  if (imageDir !== undefined) return [imageDir];
  const folder = dirname(resolve(file));
  return basename(folder) === 'data' ? [folder, dirname(folder)] : [folder];
}

/** The file that a path means, where there is a regular one with something in it. */
function fileOf(path: string, bases: readonly string[]): string | undefined {
  for (const base of bases) {
    const full = resolve(base, path);
    try {
      const stat = statSync(full, { throwIfNoEntry: false });
      if (stat?.isFile() && stat.size > 0) return full;
    } catch {
      // A NUL, a name that is too long, a loop of links, a folder that may not be entered: there is no such file.
    }
  }
  return undefined;
}

/** Why a picture cannot be read, as far as that is seen without reading it. */
export function faultOf(
  picture: Picture,
  bases: readonly string[],
  store?: PictureStore,
): SkipReason | undefined {
  if ('url' in picture) return 'image by URL';
  if ('path' in picture)
    return fileOf(picture.path, bases) === undefined && !store?.has(picture.path) ? 'no image' : undefined;
  const length = 'base64' in picture ? picture.base64.length : picture.bytes.length;
  return length === 0 ? 'no image' : undefined;
}

const shown = (path: string) => JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path);

/**
 * Encoded bytes of a row's pictures.
 * @throws UnusableRow where one cannot be read or they are over the bounds
 */
export async function readPictures(
  pictures: readonly Picture[],
  bases: readonly string[],
  row: string,
  store?: PictureStore,
): Promise<Uint8Array[]> {
  checkCount(pictures.length, row);
  let left = MAX_IMAGE_BYTES;
  const admit = (bytes: number) => {
    left -= bytes;
    if (left < 0)
      throw new UnusableRow(
        'too large',
        `row ${row}: its pictures take over ${MAX_IMAGE_BYTES / 2 ** 20} MB; make them smaller`,
      );
  };
  const read = async (picture: Picture): Promise<Uint8Array> => {
    if ('url' in picture)
      throw new UnusableRow(
        'image by URL',
        `row ${row}: nothing is fetched from ${shown(picture.url)}; download the pictures and name their files`,
      );
    if ('path' in picture) {
      const elsewhere = store && fileOf(picture.path, bases) === undefined && store.has(picture.path);
      if (elsewhere) return store.read(picture.path, admit);
      return readFile(picture.path, bases, row, admit);
    }
    if ('base64' in picture) {
      admit(Math.floor((picture.base64.length * 3) / 4));
      return new Uint8Array(Buffer.from(picture.base64, 'base64'));
    }
    admit(picture.bytes.length);
    return picture.bytes instanceof LazyBytes ? picture.bytes.read() : new Uint8Array(picture.bytes);
  };
  const out: Uint8Array[] = [];
  for (const picture of pictures) out.push(await read(picture));
  return out;
}

/** @throws UnusableRow where a row has more pictures than are read */
export function checkCount(images: number, row: string): void {
  if (images > MAX_IMAGES)
    throw new UnusableRow(
      'too many images',
      `row ${row}: ${images} pictures, over the bound of ${MAX_IMAGES}`,
    );
}

function readFile(
  path: string,
  bases: readonly string[],
  row: string,
  admit: (bytes: number) => void,
): Uint8Array {
  const fault = (why: string) =>
    new UnusableRow(
      'no image',
      `row ${row}: the picture ${shown(path)} ${why}; put it back or leave the row out`,
    );
  const file = fileOf(path, bases);
  if (file === undefined) throw fault('is not there');
  let handle: number | undefined;
  try {
    // Not blocking: what was a file a moment ago may be a pipe by now.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw fault('is no regular file');
    admit(stat.size);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(handle, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    if (error instanceof UnusableRow) throw error;
    throw fault(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
