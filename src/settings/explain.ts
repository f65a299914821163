/** What is wrong with settings, in one line: the layer, the key, what was given and what is allowed. */
import type { z } from 'zod';
import { ConfigError, quoted } from '../errors.ts';
import {
  allowed,
  kindsOf,
  type Layer,
  meantKey,
  nearest,
  nodeAt,
  type SchemaNode,
  show,
  type Values,
  valueAt,
  variantOf,
  variantsOf,
} from './key-lookup.ts';

/** `kind:noise`: a colon without its space. */
export const UNSPACED = /^[A-Za-z_][\w.-]*:\S/;

/**
 * Values that were laid over each other, by a schema whose JSON form is `root`.
 * @param layers where they come from, lowest first
 * @throws ConfigError naming the layer and the key, what was given and what is allowed
 */
export function parseLayered<T>(
  schema: z.ZodType<T>,
  root: SchemaNode,
  values: Values,
  layers: readonly Layer[],
): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new ConfigError(explain(parsed.error.issues[0], root, values, layers));
}

function explain(
  issue: z.core.$ZodIssue,
  root: SchemaNode,
  values: Values,
  layers: readonly Layer[],
): string {
  const at = nodeAt(issue.path, values, root);
  const bare = valueAt(values, issue.path.slice(0, -1));
  if (issue.path.at(-1) === 'kind' && typeof bare === 'string')
    return unknownKind(issue, bare, root, values, layers);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    const siblings = Object.keys((at.node && variantOf(at.node, at.value).properties) ?? {});
    const meant = meantKey(issue.path, key, siblings, root);
    const path = [...issue.path, key];
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return `${where(path, layers)}${quoted(path.join('.'))}: no such key${hint} (here are: ${siblings.join(', ')})`;
  }
  const path = quoted(issue.path.join('.'));
  const kinds = issue.path.at(-1) === 'kind' ? kindsAt(issue.path.slice(0, -1), root, values) : [];
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
  root: SchemaNode,
  values: Values,
  layers: readonly Layer[],
): string {
  const path = issue.path.slice(0, -1);
  const kinds = kindsAt(path, root, values);
  const hint = hintOn(name, nearest(name, kinds), nodeAt(path, values, root).node);
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

const kindsAt = (path: readonly PropertyKey[], root: SchemaNode, values: Values): string[] => {
  const { node } = nodeAt(path, values, root);
  return node ? kindsOf(node) : [];
};

/** The last layer that has the path, for the start of a message. */
function where(path: readonly PropertyKey[], layers: readonly Layer[]): string {
  const layer = layers.findLast(({ values }) => valueAt(values, path) !== undefined);
  return layer ? `${layer.from}: ` : '';
}
