/** What every suite is, whatever it is read from. */
import type { Suite } from '../types.ts';
import type { SuiteSpec } from './spec.ts';

export interface OpenOptions {
  /** Folder with the files of the published suites. */
  dataDir?: string;
  /** Whether what is not there may be fetched from the hub. */
  hub?: boolean;
  /** The first questions only. */
  limit?: number;
  /** In place of the scoring that a suite is meant for. */
  scoring?: string;
  /** Which form of a published suite is taken where there are several and its spec names none. */
  prefer?: string;
  /** Hears of what takes long, a line at a time. */
  progress?: (line: string) => void;
  /** Holds the built-in rows; `runs/.data` unless told. */
  cacheRoot?: string;
  signal?: AbortSignal;
}

/** A suite with what opens the same questions again, without any option. */
export interface OpenedSuite extends Suite {
  readonly spec: SuiteSpec;
}

/** One suite that has a name: a file of this folder, and a line in index.ts. */
export interface SuiteKind {
  readonly name: string;
  /** What a person calls it. */
  readonly title: string;
  /** One line for help and docs. */
  readonly description: string;
  /** @throws DataError where its rows are not there or cannot be read */
  open(spec: SuiteSpec, options: OpenOptions): Promise<OpenedSuite>;
}

/** How many of a suite's questions are asked, and what the report says of those that are not. */
export function limited(
  length: number,
  limit: number | undefined,
): { length: number; notes: readonly string[] } {
  if (limit === undefined || limit >= length) return { length, notes: [] };
  return { length: limit, notes: [`the first ${limit} of ${length} questions`] };
}

/** @throws RangeError (not for users) */
export function checkIndex(i: number, length: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= length) throw new RangeError(`question ${i} of ${length}`);
}
