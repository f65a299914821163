/** Reading the config schema: what a key means, what it allows, which key was probably meant. */
import { z } from 'zod';
import { quoted } from '../errors.ts';
import { configSchema } from './config.ts';

/** The part of JSON Schema that zod writes for our settings. */
export interface SchemaNode {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** Our own mark: a path of the file system. */
  path?: boolean;
}

export type Values = Record<string, unknown>;

/** Settings with the place they come from, for messages. */
export interface Layer {
  from: string;
  values: Values;
}

export const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema as JSON Schema, of what is written to it. */
export const nodeOf = (schema: z.ZodType): SchemaNode =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;

/** That of a run's settings. */
export const rootNode = nodeOf(configSchema);

/** `value` under a path of keys. */
export function nested(path: readonly string[], value: unknown): Values {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}

/** The value at a path; undefined where there is none. */
export function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let here = values;
  for (const key of path) {
    if (!(isObject(here) || Array.isArray(here)) || !Object.hasOwn(here, key)) return undefined;
    here = (here as Values)[String(key)];
  }
  return here;
}

/**
 * Blocks are merged key by key, anything else is replaced; a block that changes its `kind` is replaced too. Over a list, a
 * block whose keys are places in it (`stages.0.steps`) changes these items.
 */
export function merge(under: Values, over: Values): Values {
  const out: Values = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(out, key) ? out[key] : undefined;
    if (isObject(below) && isObject(value) && fits(value.kind, below.kind)) out[key] = merge(below, value);
    else if (Array.isArray(below) && isObject(value) && arePlaces(value, below))
      out[key] = Object.values(merge({ ...below }, value));
    else out[key] = value;
  }
  return out;
}

const arePlaces = (block: Values, list: readonly unknown[]): boolean =>
  Object.keys(block).every((key) => Object.hasOwn(list, key) && key !== 'length');

/** A layer that says no kind leaves it to the others. */
const fits = (over: unknown, under: unknown): boolean =>
  over === undefined || under === undefined || over === under;

export const variantsOf = (node: SchemaNode) => node.anyOf ?? node.oneOf ?? [node];

/** Of a union the variant whose `kind` fits the value, else the first that is an object where the value is one. */
export function variantOf(node: SchemaNode, value: unknown): SchemaNode {
  const variants = variantsOf(node);
  if (variants.length === 1 || !isObject(value)) return variants[0];
  const objects = variants.filter((v) => v.properties);
  return objects.find((v) => v.properties?.kind?.const === value.kind) ?? objects[0] ?? variants[0];
}

const ownOf = <T>(of: Record<string, T> | undefined, key: PropertyKey): T | undefined =>
  of && Object.hasOwn(of, key) ? of[String(key)] : undefined;

/** The node at a path, and the value there. */
export function nodeAt(
  path: readonly PropertyKey[],
  value: unknown,
  root = rootNode,
): { node?: SchemaNode; value: unknown } {
  let node: SchemaNode | undefined = root;
  let here = value;
  for (const key of path) {
    if (!node) break;
    const variant: SchemaNode = variantOf(node, here);
    const further = variant.additionalProperties;
    node =
      typeof key === 'number'
        ? variant.items
        : (ownOf(variant.properties, key) ?? (typeof further === 'object' ? further : undefined));
    here = valueAt(here, [key]);
  }
  return { node, value: here };
}

/** A value for a message: JSON, cut where it is long. */
export const show = (value: unknown): string =>
  value === undefined ? 'nothing' : quoted(typeof value === 'number' ? String(value) : JSON.stringify(value));

/** The kinds that a block can be of, where it is one of several. */
export const kindsOf = (node: SchemaNode): string[] =>
  (node.anyOf ?? node.oneOf ?? []).flatMap((v) =>
    v.properties?.kind ? [String(v.properties.kind.const)] : [],
  );

/** What a key takes, in words. */
export function allowed(node: SchemaNode): string {
  if (Array.isArray(node.type)) return list(node.type.map((type) => allowed({ ...node, type })));
  const kinds = kindsOf(node);
  const variants = variantsOf(node);
  if (kinds.length > 0 || variants.length > 1) {
    const rest = variants.filter((v) => !v.properties?.kind).map(allowed);
    return list([...(kinds.length > 0 ? [`a block of kind ${kinds.join(', ')}`] : []), ...rest]);
  }
  if (node.enum) return node.enum.length > 1 ? `one of ${node.enum.join(', ')}` : String(node.enum[0]);
  if (node.const !== undefined) return String(node.const);
  switch (node.type) {
    case 'null':
      return 'null';
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of ${node.items ? allowed(node.items).replace(/^a block/, 'blocks') : 'values'}`;
    case 'object':
      return typeof node.additionalProperties === 'object'
        ? `names, each with ${allowed(node.additionalProperties)}`
        : 'a block of keys';
    case 'string':
      if (node.path) return 'a path';
      return node.maxLength !== undefined ? `a text of at most ${node.maxLength} characters` : 'a text';
    case 'integer':
      return `a whole number${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    default:
      return 'any value';
  }
}

/** Null first, so that it does not read as part of a range. */
function list(words: readonly string[]): string {
  const unique = [...new Set(words)];
  return unique.sort((a, b) => Number(b === 'null') - Number(a === 'null')).join(' or ');
}

function bounds(node: SchemaNode): string {
  const words: string[] = [];
  const least = node.minimum !== undefined && node.minimum > Number.MIN_SAFE_INTEGER;
  const most = node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER;
  if (least && most) return ` ${node.minimum} to ${node.maximum}`;
  if (node.exclusiveMinimum !== undefined) words.push(`above ${node.exclusiveMinimum}`);
  else if (least) words.push(`${node.minimum} or more`);
  if (node.exclusiveMaximum !== undefined) words.push(`below ${node.exclusiveMaximum}`);
  else if (most) words.push(`at most ${node.maximum}`);
  return words.length > 0 ? ` ${words.join(', ')}` : '';
}

/** Full paths of all keys. */
function* allKeys(node: SchemaNode, path: string[] = []): Generator<string[]> {
  for (const variant of variantsOf(node))
    for (const [key, child] of Object.entries(variant.properties ?? {})) {
      yield [...path, key];
      yield* allKeys(child, [...path, key]);
    }
}

/** Edits that turn one word into the other (Levenshtein), a change of case counting as none. */
function distance(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: y.length + 1 }, (_, i) => i);
  for (let i = 1; i <= x.length; i++) {
    const next = [i];
    for (let j = 1; j <= y.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (x[i - 1] === y[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[y.length];
}

/** The nearest word, where one is near. */
export function nearest(word: string, among: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const plain = (s: string) => s.replaceAll(/[_-]/g, '');
  const longer = among.find((other) => word.length > 2 && other.startsWith(`${word}-`));
  if (longer !== undefined) return longer;
  const scored = among.map((other) => ({ other, d: distance(plain(word), plain(other)) }));
  scored.sort((a, b) => a.d - b.d);
  const best = scored[0];
  return best && best.d <= Math.max(1, Math.floor(word.length / 3)) ? best.other : undefined;
}

/** Names that other tools have for our keys. */
const ALIASES: Record<string, string> = {
  lr: 'optimizer.learningRate',
  batchsize: 'rollout.prompts',
  groupsize: 'rollout.samples',
  epochs: 'train.steps',
  maxsteps: 'train.steps',
  klcoef: 'objective.beta',
  klprcpcoef: 'objective.gamma',
  estimator: 'objective.penalty',
  noisyshare: 'rollout.views',
  losstype: 'objective.surrogate',
};

/** The key that was probably meant: a near one of the same block, or one of the same name elsewhere. */
export function meantKey(
  path: readonly PropertyKey[],
  key: string,
  siblings: readonly string[],
  root = rootNode,
): string | undefined {
  const near = nearest(key, siblings);
  if (near !== undefined) return [...path, near].join('.');
  const all = [...allKeys(root)];
  const alias = ownOf(ALIASES, key.toLowerCase().replaceAll(/[_-]/g, ''));
  if (all.some((k) => k.join('.') === alias)) return alias;
  const last = nearest(
    key,
    all.flatMap((k) => k.at(-1) ?? []),
  );
  return all.find((k) => k.at(-1) === last)?.join('.');
}
