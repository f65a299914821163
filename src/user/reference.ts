/** A person's own function is named `path/to/file.ts#exportName`. */
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { cut } from './protocol.ts';

/** The export where none is named. */
export const DEFAULT = 'default';

export interface Reference {
  /** Absolute. */
  file: string;
  /** The export; `default` where none is named. */
  name: string;
}

/** The two parts as they are written. Folders may have a # in their names: no export has a slash in its own. */
export function splitReference(reference: string): { path: string; name: string } {
  const hash = reference.lastIndexOf('#');
  if (hash < 0 || /[\\/]/.test(reference.slice(hash))) return { path: reference, name: DEFAULT };
  return { path: reference.slice(0, hash), name: reference.slice(hash + 1) };
}

/**
 * @param setting leads the messages, such as `reward.function`
 * @param baseDir what a relative path is taken from
 * @throws ConfigError where the name has not the form, or there is no such file
 */
export async function resolveReference(
  setting: string,
  reference: string,
  baseDir: string,
): Promise<Reference> {
  const given = `${setting} ${cut(reference)}`;
  const { path, name } = splitReference(reference);
  const form = "give it as 'path/to/file.ts#exportName'";
  if (path === '' || name === '') throw new ConfigError(`${given}: ${form}`);
  if (path.includes('\0')) throw new ConfigError(`${given}: no path has a NUL in it; ${form}`);
  const file = isAbsolute(path) ? path : resolve(baseDir, path);
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new ConfigError(`${given}: no file ${cut(file)}; ${form}`);
  if (!found.isFile()) throw new ConfigError(`${given}: ${cut(file)} is not a file; ${form}`);
  return { file, name };
}
