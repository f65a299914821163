/** A run's settings from their layers: preset, then a YAML file, then the command line. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { ConfigError, quoted } from '../errors.ts';
import { readBounded } from '../files.ts';
import { configSchema, type RunConfig } from './config.ts';
import {
  allowed,
  isObject,
  kindsOf,
  type Layer,
  meantKey,
  merge,
  nearest,
  nested,
  nodeAt,
  type SchemaNode,
  show,
  type Values,
  valueAt,
  variantOf,
  variantsOf,
} from './key-lookup.ts';
import { fromFolder } from './paths.ts';
import { isComplete, presetLayer, underPreset } from './preset-layer.ts';
import { graderOf, withKinds } from './reward-layer.ts';
import { isReserved, parseYaml, YAML_BYTES } from './yaml.ts';

export { type Layer, merge, nested } from './key-lookup.ts';
export { presetLayer } from './preset-layer.ts';

/** Bytes of a settings file that are read before it is refused. */
const FILE = { most: YAML_BYTES, missing: 'give the path of a YAML file with --config' };

/** Settings of a YAML file; its relative paths count from its folder. @throws ConfigError naming the line */
export function yamlLayer(path: string): Layer {
  if (path.trim() === '')
    throw new ConfigError('--config: no file is named; papo config prints one to begin with');
  const fail = (why: string) => new ConfigError(`${path}: ${why}`);
  const values = parseYaml(new TextDecoder().decode(readBounded(path, FILE, fail)), fail) ?? {};
  if (!isObject(values))
    throw fail(
      typeof values === 'string' && UNSPACED.test(values)
        ? `not a block of keys; write a space after each colon, such as 'seed: 1'`
        : 'not a block of keys; see papo config',
    );
  // A pipe (--config <(…)) lies nowhere.
  const folder = statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : '.';
  return { from: path, values: fromFolder(values, folder) };
}

/** `a.b.c=value` of the command line; the value is read as YAML. */
export function setLayer(assignment: string): Layer {
  const at = assignment.indexOf('=');
  const fail = (why: string) => new ConfigError(`--set ${quoted(assignment)}: ${why}`);
  const keys = assignment.slice(0, Math.max(0, at)).split('.');
  const reserved = keys.find(isReserved);
  if (reserved !== undefined) throw fail(`${reserved}: no such key`);
  if (at < 1 || keys.length > 16) throw fail('expected key=value, such as --set objective.gamma=0.01');
  return { from: '--set', values: nested(keys, parseYaml(assignment.slice(at + 1), fail)) };
}

/** `kind:noise`: a colon without its space. */
const UNSPACED = /^[A-Za-z_][\w.-]*:\S/;

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

function parse(values: Values, layers: readonly Layer[]): RunConfig {
  const parsed = configSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new ConfigError(explain(parsed.error.issues[0], values, layers));
}

function explain(issue: z.core.$ZodIssue, values: Values, layers: readonly Layer[]): string {
  const at = nodeAt(issue.path, values);
  const bare = valueAt(values, issue.path.slice(0, -1));
  if (issue.path.at(-1) === 'kind' && typeof bare === 'string')
    return unknownKind(issue, bare, values, layers);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    const siblings = Object.keys((at.node && variantOf(at.node, at.value).properties) ?? {});
    const meant = meantKey(issue.path, key, siblings);
    const path = [...issue.path, key];
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return `${where(path, layers)}${quoted(path.join('.'))}: no such key${hint} (here are: ${siblings.join(', ')})`;
  }
  const path = quoted(issue.path.join('.'));
  const kinds = issue.path.at(-1) === 'kind' ? kindsAt(issue.path.slice(0, -1), values) : [];
  // These say themselves what is allowed.
  const own = ['custom', 'invalid_format', 'invalid_key'].includes(issue.code);
  const choice = kinds.length > 0 ? `one of ${kinds.join(', ')}` : at.node && !own ? allowed(at.node) : '';
  const message = issue.code === 'invalid_key' ? issue.issues[0].message : issue.message;
  const words = choice === '' ? message : `allowed is ${choice}`;
  const options = kinds.length > 0 ? kinds : (at.node?.enum ?? []).map(String);
  const meant = typeof at.value === 'string' ? nearest(at.value, options) : undefined;
  return `${where(issue.path, layers)}${path}: ${show(at.value)} is given, ${words}${hintOn(at.value, meant, at.node)}`;
}

/** Of a block of which only the kind is named, and that does not exist. */
function unknownKind(
  issue: z.core.$ZodIssue,
  name: string,
  values: Values,
  layers: readonly Layer[],
): string {
  const path = issue.path.slice(0, -1);
  const kinds = kindsAt(path, values);
  const hint = hintOn(name, nearest(name, kinds), nodeAt(path, values).node);
  return `${where(path, layers)}${quoted(path.join('.'))}: ${show(name)} is given, allowed is one of ${kinds.join(', ')}${hint}`;
}

/** What was probably meant by a value that is not allowed. */
function hintOn(value: unknown, meant: string | undefined, node: SchemaNode | undefined): string {
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const block = node && variantsOf(node).some((variant) => variant.properties);
  if (block && typeof value === 'string' && UNSPACED.test(value))
    return "; write a space after each colon, and quotes around a block on the command line: --set 'mask={kind: noise, step: 500}'";
  return '';
}

const kindsAt = (path: readonly PropertyKey[], values: Values): string[] => {
  const { node } = nodeAt(path, values);
  return node ? kindsOf(node) : [];
};

/** The last layer that has the path, for the start of a message. */
function where(path: readonly PropertyKey[], layers: readonly Layer[]): string {
  const layer = layers.findLast(({ values }) => valueAt(values, path) !== undefined);
  return layer ? `${layer.from}: ` : '';
}
