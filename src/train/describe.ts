/** The settings for a reader: a commented YAML file, and the pages of docs/config.md. */
import { stringify } from 'yaml';
import { configSchema, type RunConfig } from './config.ts';
import {
  allowed,
  describe,
  isObject,
  nodeAt,
  rootNode,
  type SchemaNode,
  show,
  type Values,
  variantOf,
} from './schema.ts';

const inline = (value: unknown) =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, defaultStringType: 'PLAIN' }).trim();

/** The complete settings as YAML; with `comments` each key has its description and what it allows above it. */
export function configYaml(config: RunConfig, options: { comments: boolean }): string {
  const lines: string[] = [];
  const write = (node: SchemaNode | undefined, value: unknown, path: string[]) => {
    const variant = node && variantOf(node, value);
    const pad = '  '.repeat(path.length);
    for (const [key, inner] of Object.entries(value as Values)) {
      const child = variant?.properties?.[key] ?? nodeAt([...path, key], config).node;
      const block = isObject(inner) && Object.keys(inner).length > 0;
      if (options.comments && child) {
        if (path.length === 0 && block) lines.push('');
        lines.push(`${pad}# ${comment([...path, key], child, block)}`);
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

function comment(path: string[], node: SchemaNode, block: boolean): string {
  const text = describe(path, node);
  if (node.const !== undefined) return text === '' ? 'which of these kinds' : text;
  const choice = block && !node.anyOf && !node.oneOf ? '' : allowed(node);
  const parts = [text, choice].filter((part) => part !== '');
  return parts.join(' | ');
}

const cell = (words: string) => words.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Every key in one table a block. */
export function configMarkdown(): string {
  const defaults = configSchema.parse({}) as unknown as Values;
  const out = [
    '# Settings',
    '',
    'Made from the schema in `src/train/config.ts`; a test keeps it in step.',
    '',
    'Layers, later over earlier: the preset, a YAML file (`--config FILE`), `--set key=value` and the named flags of',
    '`papo train`. `papo config` prints the complete settings as YAML, `papo config --preset grpo` those of a preset. The',
    'defaults below are those of the schema; a preset lays its own values over `objective`, `mask`, `views`, `optimizer`,',
    '`rollout`, `train.miniBatches`, `data.maxPromptTokens` and `dynamicSampling` (see `papo presets`).',
    '',
  ];
  const rows = (node: SchemaNode, path: string[], value: unknown): string[] =>
    Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
      const at = [...path, key];
      const here = isObject(value) ? value[key] : undefined;
      if (child.properties) return rows(child, at, here);
      const shown = here === undefined ? '' : `\`${cell(show(here))}\``;
      return [`| \`${at.join('.')}\` | ${cell(describe(at, child))} | ${cell(allowed(child))} | ${shown} |`];
    });
  const table = (title: string, text: string, lines: string[]) => {
    if (lines.length === 0) return;
    out.push(`## ${title}`, '', ...(text ? [text, ''] : []));
    out.push('| key | meaning | allowed | default |', '|---|---|---|---|', ...lines, '');
  };
  const blocks = Object.entries(rootNode.properties ?? {});
  const isBlock = (node: SchemaNode) => node.properties !== undefined || node.oneOf !== undefined;
  const plain: SchemaNode = { properties: Object.fromEntries(blocks.filter(([, n]) => !isBlock(n))) };
  table('The run', '', rows(plain, [], defaults));
  for (const [key, node] of blocks.filter(([, n]) => isBlock(n))) {
    const variants = node.oneOf ?? [node];
    const lines = variants.flatMap((variant) => rows(variant, [key], defaults[key]));
    table(`\`${key}\``, node.description ?? '', [...new Set(lines)]);
  }
  return out.join('\n');
}
