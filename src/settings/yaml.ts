/** YAML of a person as plain values: bounded, without cycles, and with the flow maps that people write. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import { quoted } from '../errors.ts';

/** Bytes of a text that are read; the complete settings with all comments have less than 20 KB. */
export const YAML_BYTES = 64 * 2 ** 10;
const DEPTH = 32;
const TOO_DEEP = `its blocks are nested deeper than ${DEPTH} levels`;
const ALIASES = 100;

/** Whether JavaScript gives a key a meaning of its own. */
export const isReserved = (key: string) => ['__proto__', 'constructor', 'prototype'].includes(key);

/**
 * The value of a YAML text; null for an empty one. In a flow map `{kind:noise,step:500}` is read as `{kind: noise, step:
 * 500}`: YAML itself would see two keys without a value. `fail` makes the error from what is wrong.
 * @throws what `fail` returns, for broken YAML, a key given twice, anchors that hold themselves or unfold too far, more
 *   than 64 KB, or more than 32 levels
 */
export function parseYaml(source: string, fail: (why: string) => Error): unknown {
  if (Buffer.byteLength(source) > YAML_BYTES)
    throw fail(`is longer than the ${YAML_BYTES / 2 ** 10} KB that settings may have`);
  // The parser would compare every key with every other; here each is looked up.
  const document = parseDocument(source, { uniqueKeys: false, logLevel: 'error' });
  const problem = document.errors[0];
  if (problem?.code === 'MULTIPLE_DOCS') throw fail('holds several documents; keep one');
  if (problem && /call stack/.test(problem.message)) throw fail(TOO_DEEP);
  if (problem) throw fail(problem.message.split('\n')[0].replace(/:$/, ''));
  const wrong = new Check(document).faultOf(document.contents, []);
  if (wrong !== undefined) throw fail(wrong);
  try {
    return document.toJS({ maxAliasCount: ALIASES }) ?? null;
  } catch (error) {
    // All that is left to go wrong is how far the anchors unfold.
    if (!(error instanceof ReferenceError)) throw error;
    throw fail('its anchors unfold to far more than they hold; write the values out');
  }
}

class Check {
  private readonly document: Document;
  private aliases = 0;

  constructor(document: Document) {
    this.document = document;
  }

  /** What is wrong with a node, if anything. Mends flow maps on the way. */
  faultOf(node: unknown, above: readonly Node[]): string | undefined {
    if (above.length > DEPTH) return TOO_DEEP;
    if (isAlias(node)) {
      if (++this.aliases > ALIASES) return `it uses more than ${ALIASES} anchors; write the values out`;
      const target = node.resolve(this.document);
      if (!target) return `the anchor ${quoted(node.source)} is not set before it is used`;
      return above.includes(target) ? `the anchor ${quoted(node.source)} holds itself` : undefined;
    }
    if (!isCollection(node)) return undefined;
    const inside = [...above, node];
    if (isSeq(node)) return firstOf(node.items, (item) => this.faultOf(item, inside));
    if (!isMap(node)) return undefined;
    const seen = new Set<string>();
    return firstOf(node.items, (pair) => {
      if (node.flow) mendPair(pair as Pair<unknown, unknown>);
      if (!isScalar(pair.key)) return 'a key is a list or a block; write a plain word';
      const name = String(pair.key.value);
      if (isReserved(name)) return `${name}: no such key`;
      if (seen.has(name)) return `${quoted(name)} is given twice; keep one`;
      seen.add(name);
      return this.faultOf(pair.value, inside);
    });
  }
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isPlain = (node: unknown): node is Scalar<string> =>
  isScalar(node) && node.type === 'PLAIN' && typeof node.value === 'string';

/** `kind:noise` without a space is one plain key that has no value. */
function mendPair(pair: Pair<unknown, unknown>): void {
  const { key, value } = pair;
  const empty = value === null || (isScalar(value) && value.value === null && !value.source);
  if (!isPlain(key) || !empty) return;
  const [, name, rest] = /^([A-Za-z_][\w.-]*):(.+)$/s.exec(key.value) ?? [];
  if (name === undefined || rest === undefined) return;
  const inner = parseDocument(rest, { logLevel: 'error' });
  if (inner.errors.length > 0 || !isScalar(inner.contents)) return;
  key.value = name;
  pair.value = inner.contents;
}
