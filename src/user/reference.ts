/** A person's own function is named `path/to/file.ts#exportName`. */
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { cut } from './protocol.ts';

export interface Reference {
  /** Absolute. */
  file: string;
  /** The export; `default` where none is named. */
  name: string;
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
  const hash = reference.lastIndexOf('#');
  const [path, name] =
    hash < 0 ? [reference, 'default'] : [reference.slice(0, hash), reference.slice(hash + 1)];
  const form = "give it as 'path/to/file.ts#exportName'";
  if (path === '' || name === '') throw new ConfigError(`${given}: ${form}`);
  if (path.includes('\0')) throw new ConfigError(`${given}: no path has a NUL in it; ${form}`);
  const file = isAbsolute(path) ? path : resolve(baseDir, path);
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new ConfigError(`${given}: no file ${cut(file)}; ${form}`);
  if (!found.isFile()) throw new ConfigError(`${given}: ${cut(file)} is not a file; ${form}`);
  return { file, name };
}
