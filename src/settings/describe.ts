/** The settings for a reader: a commented YAML file. */

import { inline } from '../shell.ts';
import { DEFAULT_OUT, type RunConfig } from './config.ts';
import {
  allowed,
  isObject,
  nodeAt,
  rootNode,
  type SchemaNode,
  type Values,
  variantOf,
} from './key-lookup.ts';
import { withAbsolutePaths } from './paths.ts';
import { changesText } from './preset-layer.ts';

export interface YamlOptions {
  /** Above each key its description and what it allows. */
  comments: boolean;
  /** For a file that may lie anywhere: where the folder of runs was not chosen, the file does not settle it either. */
  anywhere?: boolean;
}

/** The complete settings as YAML, paths absolute: in a file, relative ones would count from its folder. */
export function configYaml(given: RunConfig, options: YamlOptions): string {
  const config = withAbsolutePaths(given);
  const isOpen = (path: string[]) => options.anywhere && path.join() === 'out' && given.out === DEFAULT_OUT;
  const lines: string[] = [];
  const changes = options.comments ? changesText(given) : '';
  const write = (node: SchemaNode | undefined, value: unknown, path: string[]) => {
    const variant = node && variantOf(node, value);
    const pad = '  '.repeat(path.length);
    for (const [key, inner] of Object.entries(value as Values)) {
      const child = variant?.properties?.[key] ?? nodeAt([...path, key], config).node;
      const block = isObject(inner) && Object.keys(inner).length > 0;
      if (options.comments && child) {
        if (path.length === 0 && block) lines.push('');
        lines.push(`${pad}# ${comment(child, block)}`);
        if (path.length === 0 && key === 'preset' && changes !== '')
          lines.push(`# here with other values: ${changes}`);
      }
      if (isOpen([...path, key])) {
        if (options.comments) lines.push(`# ${key}: ${given.out}   (where you stand, unless this is set)`);
        continue;
      }
      if (block) {
        lines.push(`${pad}${inline(key)}:`);
        write(child, inner, [...path, key]);
      } else lines.push(`${pad}${inline(key)}: ${inline(inner)}`);
    }
  };
  write(rootNode, config, []);
  return `${lines.join('\n').trim()}\n`;
}

/** What a key means and what it allows; a `block` of fixed keys allows what these do. */
export function comment(node: SchemaNode, block: boolean): string {
  const text = node.description ?? '';
  if (node.const !== undefined) return text === '' ? 'which of these kinds' : text;
  const choice = block && !node.anyOf && !node.oneOf ? '' : allowed(node);
  const parts = [text, choice].filter((part) => part !== '');
  return parts.join(' | ');
}
