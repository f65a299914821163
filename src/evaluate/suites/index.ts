/** The suites that there are. A new one is its file here and a line in the list. */
import { DataError } from '../../errors.ts';
import { builtin } from './builtin.ts';
import { counting } from './counting.ts';
import { geometry3k } from './geometry3k.ts';
import { logicvista } from './logicvista.ts';
import { mathverse } from './mathverse.ts';
import { mathverseV } from './mathverse-v.ts';
import { mathvista } from './mathvista.ts';
import { mmk12 } from './mmk12.ts';
import { mmmuPro } from './mmmu-pro.ts';
import { own } from './own.ts';
import type { SuiteSpec } from './spec.ts';
import type { OpenedSuite, OpenOptions, SuiteKind } from './suite.ts';
import { weMath } from './we-math.ts';
import { specOf } from './words.ts';

export { parseSpec, type SuiteSpec, suiteSpecSchema } from './spec.ts';
export type { OpenedSuite, OpenOptions, SuiteKind } from './suite.ts';

/** In the order of the paper's table 1, after the built-in tasks. */
export const SUITES: readonly SuiteKind[] = [
  builtin,
  geometry3k,
  mathvista,
  weMath,
  mmk12,
  mathverse,
  logicvista,
  counting,
  mmmuPro,
  mathverseV,
];

/** Names that stand for a suite on the command line. */
export const suiteNames = (): string[] => SUITES.map(({ name }) => name);

/**
 * The suite that a word on the command line means: a name, with settings (`mathverse:limit=200,layout=authors`,
 * `builtin:rows=500,seed=2`), a folder or file of rows, or a YAML file of a suite of one's own.
 * @throws ConfigError naming what is wrong with it
 */
export const suiteSpecOf = (word: string): SuiteSpec => specOf(word, suiteNames());

/**
 * Opens a suite. What it gives back has a `spec` that opens the same questions again without options; nothing is fetched
 * unless `options.hub` asks for it.
 * @throws DataError where its rows are not there or cannot be read, ConfigError for what the spec may not have
 */
export async function openSuite(spec: SuiteSpec, options: OpenOptions = {}): Promise<OpenedSuite> {
  const kind = [...SUITES, own].find(({ name }) => name === spec.suite);
  if (!kind) throw new DataError(`${spec.suite}: no such suite; there are ${suiteNames().join(', ')}`);
  return kind.open(spec, options);
}
