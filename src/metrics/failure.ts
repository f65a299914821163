import { DataError, systemFailure } from '../errors.ts';

/** One line for a file of a run that cannot be written. */
export function writeFailure(path: string, error: unknown): DataError {
  const why = systemFailure(error, 'write', { instead: 'choose another folder with --out' });
  return new DataError(`${path}: ${why}`, { cause: error });
}
