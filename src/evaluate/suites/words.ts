/** From what a person writes to a suite: a name with settings, a folder, a file of rows, or a YAML file. */
import { basename, dirname, extname, resolve } from 'node:path';
import { statOf } from '../../data/folders.ts';
import { ConfigError } from '../../errors.ts';
import { readBounded } from '../../files.ts';
import { nearest } from '../../settings/key-lookup.ts';
import { parseYaml, YAML_BYTES } from '../../settings/yaml.ts';
import { parseSpec, type SuiteSpec } from './spec.ts';

/** Settings that may follow a name, and what their text becomes. */
const SETTINGS: Readonly<Record<string, (text: string) => unknown>> = {
  limit: Number,
  layout: String,
  scoring: String,
  data: String,
  name: String,
  split: String,
};
const BUILTIN: typeof SETTINGS = {
  rows: Number,
  seed: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  tasks: (text) => text.split('+'),
  dependency: String,
  difficulty: String,
};

/**
 * The suite that a word means: `mathverse`, `mathverse:limit=200,layout=authors`, `builtin:rows=500,seed=2,dependency=high,
 * tasks=count+sum`, a folder or file of rows, a YAML file of a suite of one's own.
 * @param names of the suites that there are
 * @throws ConfigError naming what is wrong with it
 */
export function specOf(word: string, names: readonly string[]): SuiteSpec {
  const [, name = word, settings = ''] = /^([\w-]+):(.*)$/s.exec(word) ?? [];
  if (names.includes(name)) return parseSpec(settingsOf(name, settings), word);
  if (/\.ya?ml$/i.test(word)) return configOf(word, names);
  if (statOf(word)) return parseSpec({ name: nameOf(word), suite: 'own', data: resolve(word) }, word);
  const meant = nearest(name, names);
  throw new ConfigError(
    `${word}: no such suite, folder or file; ${meant === undefined ? `suites are ${names.join(', ')}` : `do you mean ${meant}?`}`,
  );
}

const nameOf = (path: string) => basename(resolve(path), extname(path)).slice(0, 200) || 'own';

function settingsOf(suite: string, text: string): Record<string, unknown> {
  const spec: Record<string, unknown> = { name: suite, suite };
  const builtin: Record<string, unknown> = {};
  const known = suite === 'builtin' ? { ...SETTINGS, ...BUILTIN } : SETTINGS;
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [, key, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    const read = key !== undefined && Object.hasOwn(known, key) ? known[key] : undefined;
    if (!read)
      throw new ConfigError(
        `${suite}: '${part}' is no setting of it; there are ${Object.keys(known).join(', ')}, each as name=value`,
      );
    (Object.hasOwn(BUILTIN, key) && suite === 'builtin' ? builtin : spec)[key] = read(value);
  }
  if (typeof spec.data === 'string') spec.data = resolve(spec.data);
  return Object.keys(builtin).length > 0 ? { ...spec, builtin } : spec;
}

/** A suite in a YAML file; its paths count from the folder of the file. */
function configOf(path: string, names: readonly string[]): SuiteSpec {
  const fail = (why: string) => new ConfigError(`${path}: ${why}`);
  const source = readBounded(path, { most: YAML_BYTES }, fail).toString('utf8');
  const given = parseYaml(source, (why) => fail(`not YAML that can be read: ${why}`));
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw fail('holds no settings of a suite; the least is data: FOLDER');
  const spec: Record<string, unknown> = { name: nameOf(path), suite: 'own', ...given };
  if (spec.suite !== 'own' && !names.includes(String(spec.suite)))
    throw fail(`suite: ${String(spec.suite)}: there are ${names.join(', ')}, or none for rows of your own`);
  for (const key of ['data', 'images'])
    if (typeof spec[key] === 'string') spec[key] = resolve(dirname(path), spec[key]);
  if (spec.suite === 'own' && spec.data === undefined)
    throw fail('says not where its rows are; give data: a folder or a file');
  return parseSpec(spec, path);
}
