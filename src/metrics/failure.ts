import { DataError } from '../errors.ts';

/** One line for a file that cannot be written. */
export function writeFailure(path: string, error: unknown): DataError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const fix =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full; free some space, then continue with --resume'
      : `the system says ${code}; check the folder's permissions or choose another with --out`;
  return new DataError(`${path}: cannot be written: ${fix}`, { cause: error });
}
