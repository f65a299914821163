/** The suites that there are. A new one is its file here and a line in the list. */
import { DataError } from '../../errors.ts';
import { builtin } from './builtin.ts';
import type { SuiteSpec } from './spec.ts';
import type { OpenedSuite, OpenOptions, SuiteKind } from './suite.ts';

export { parseSpec, type SuiteSpec, suiteSpecSchema } from './spec.ts';
export type { OpenedSuite, OpenOptions, SuiteKind } from './suite.ts';

export const SUITES: readonly SuiteKind[] = [builtin];

/** Names that stand for a suite on the command line. */
export const suiteNames = (): string[] => SUITES.map(({ name }) => name);

/**
 * Opens a suite. What it gives back has a `spec` that opens the same questions again without options; nothing is fetched
 * unless `options.hub` asks for it.
 * @throws DataError where its rows are not there or cannot be read, ConfigError for what the spec may not have
 */
export async function openSuite(spec: SuiteSpec, options: OpenOptions = {}): Promise<OpenedSuite> {
  const kind = SUITES.find(({ name }) => name === spec.suite);
  if (!kind) throw new DataError(`${spec.suite}: no such suite; there are ${suiteNames().join(', ')}`);
  return kind.open(spec, options);
}
