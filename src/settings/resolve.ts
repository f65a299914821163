/** A run's settings from their layers: preset, then a YAML file, then the command line. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, quoted } from '../errors.ts';
import { readBounded } from '../files.ts';
import { configSchema, type RunConfig } from './config.ts';
import { parseLayered, UNSPACED } from './explain.ts';
import { isObject, type Layer, merge, nested, rootNode, type Values } from './key-lookup.ts';
import { fromFolder } from './paths.ts';
import { isComplete, presetLayer, underPreset } from './preset-layer.ts';
import { graderOf, withKinds } from './reward-layer.ts';
import { isReserved, parseYaml, YAML_BYTES } from './yaml.ts';

export { type Layer, merge, nested } from './key-lookup.ts';
export { presetLayer } from './preset-layer.ts';

/**
 * The block of keys that a YAML file holds.
 * @param from which option names the file, and the command that prints one to begin with
 * @throws ConfigError naming the line
 */
export function readSettings(path: string, from: { flag: string; prints: string }): Values {
  if (path.trim() === '')
    throw new ConfigError(`${from.flag}: no file is named; ${from.prints} prints one to begin with`);
  const fail = (why: string) => new ConfigError(`${path}: ${why}`);
  const limits = { most: YAML_BYTES, missing: `give the path of a YAML file with ${from.flag}` };
  const values = parseYaml(new TextDecoder().decode(readBounded(path, limits, fail)), fail) ?? {};
  if (isObject(values)) return values;
  throw fail(
    typeof values === 'string' && UNSPACED.test(values)
      ? `not a block of keys; write a space after each colon, such as 'seed: 1'`
      : `not a block of keys; see ${from.prints}`,
  );
}

/** Settings of a YAML file; its relative paths count from its folder. @throws ConfigError naming the line */
export function yamlLayer(path: string): Layer {
  const values = readSettings(path, { flag: '--config', prints: 'papo config' });
  // A pipe (--config <(…)) lies nowhere.
  const folder = statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : '.';
  return { from: path, values: fromFolder(values, folder) };
}

/** `a.b.c=value` of the command line; the value is read as YAML. */
export const setLayer = (assignment: string): Layer => assignmentLayer(assignment, 'objective.gamma=0.01');

/** The same, with an `example` of one for the message. */
export function assignmentLayer(assignment: string, example: string): Layer {
  const at = assignment.indexOf('=');
  const fail = (why: string) => new ConfigError(`--set ${quoted(assignment)}: ${why}`);
  const keys = assignment.slice(0, Math.max(0, at)).split('.');
  const reserved = keys.find(isReserved);
  if (reserved !== undefined) throw fail(`${reserved}: no such key`);
  if (at < 1 || keys.length > 16) throw fail(`expected key=value, such as --set ${example}`);
  return { from: '--set', values: nested(keys, parseYaml(assignment.slice(at + 1), fail)) };
}

/**
 * The complete settings: the preset that the layers name, then the layers, later over earlier.
 * @throws ConfigError naming the key, what was given and what is allowed
 */
export function resolveConfig(given: readonly Layer[]): RunConfig {
  const layers = given.map(withKinds);
  const named = mergeAll(layers);
  const { preset: name, size } = parse({ preset: named.preset, size: named.size }, layers);
  const under = layers.map((layer, i) =>
    isComplete(layer.values)
      ? underPreset(layer, resolveAlone(layer), name, size, layers.slice(i + 1))
      : layer,
  );
  const base = presetLayer(name, size);
  return parse(merge(mergeAll([base, ...under]), graderOf(layers)), [base, ...under]);
}

/** A complete layer by itself. */
function resolveAlone(layer: Layer): RunConfig {
  const { preset: name, size } = parse({ preset: layer.values.preset, size: layer.values.size }, [layer]);
  const base = presetLayer(name, size);
  return parse(mergeAll([base, layer]), [base, layer]);
}

const mergeAll = (layers: readonly Layer[]): Values =>
  layers.reduce<Values>((all, layer) => merge(all, layer.values), {});

const parse = (values: Values, layers: readonly Layer[]): RunConfig =>
  parseLayered(configSchema, rootNode, values, layers);
