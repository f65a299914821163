/** docs/config.md: every key of every block, once. */
import { configSchema } from './config.ts';
import {
  allowed,
  isObject,
  kindsOf,
  rootNode,
  type SchemaNode,
  show,
  type Values,
  variantsOf,
} from './key-lookup.ts';

const INTRO = `# Settings

Made from the schema in \`src/settings/config.ts\`; a test keeps it in step.

Layers, later over earlier: the preset, a YAML file (\`--config FILE\`), \`--set key=value\` and the named flags of
\`papo train\`. \`papo config\` prints the complete settings as YAML, \`papo config --preset grpo\` those of a preset. The
defaults below are those of the schema; a preset lays its own values over \`objective\`, \`mask\`, \`views\`, \`optimizer\`,
\`rollout\`, \`train.miniBatches\`, \`data.maxPromptTokens\` and \`dynamicSampling\` (see \`papo presets\`).

**A saved configuration under another preset.** What \`papo config\` prints and what a run keeps in its config.yaml is
complete. With \`--preset\` or \`--size\` beside such a file, the values that it has from its own preset give way to those of
the other, and what you changed in it stays. A value that you changed and that the other preset changes too is refused until
\`--set\` says which counts. In a file that you wrote by hand, every value is your choice and stays. A run whose objective is
not its preset's is called \`<preset>-custom-seed<seed>\`, and its first lines list what differs.

**Paths.** A relative path in a file counts from the folder of that file, one on the command line from where you stand. A run
keeps absolute paths, so that it can be resumed from anywhere; where its data or policy was moved since, \`--data\` and
\`--policy\` name the new place.

A file has at most 64 KB. Blocks fit on one line as well: \`--set 'mask={kind: noise, step: 500}'\`.
`;

const cell = (words: string) => words.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown) => (value === undefined ? '' : `\`${cell(show(value))}\``);

/** A block of its own: keys, a choice of kinds, or a list of these. */
interface Block {
  title: string;
  text: string;
  node: SchemaNode;
  value: unknown;
}

/** The blocks that a node can be, null and single values left out. */
const objectsOf = (node: SchemaNode) => variantsOf(node).filter((v) => v.properties);

export function configMarkdown(): string {
  const defaults = configSchema.parse({}) as unknown as Values;
  const entries = Object.entries(rootNode.properties ?? {});
  const isBlock = (node: SchemaNode) => objectsOf(node).length > 0;
  const plain = { properties: Object.fromEntries(entries.filter(([, node]) => !isBlock(node))) };
  const blocks = entries.filter(([, node]) => isBlock(node));
  const sections = [
    ...sectionsOf({ title: 'The run', text: '', node: plain, value: defaults }, ''),
    ...blocks.flatMap(([key, node]) =>
      sectionsOf({ title: `\`${key}\``, text: node.description ?? '', node, value: defaults[key] }, key),
    ),
  ];
  return [INTRO, ...sections].join('\n');
}

function sectionsOf({ title, text, node, value }: Block, at: string, level = 2): string[] {
  const inner: string[] = [];
  const rows = kindsOf(node).length > 0 ? kindRows(node, at) : keyRows(node, at, value, level, inner);
  const kinds = objectsOf(node).flatMap(({ properties, description }) =>
    properties?.kind?.const === undefined ? [] : [`- \`${properties.kind.const}\`: ${description ?? ''}`],
  );
  const key = at === '' ? 'key' : kinds.length > 0 ? `key of \`${at}\`` : 'key';
  const head =
    kinds.length > 0
      ? `| ${key} | of kind | meaning | allowed | default |\n|---|---|---|---|---|`
      : `| ${key} | meaning | allowed | default |\n|---|---|---|---|`;
  const parts = [
    `${'#'.repeat(level)} ${title}\n`,
    ...(text === '' ? [] : [`${text}\n`]),
    ...(kinds.length > 0
      ? [
          `\`kind\`${isObject(value) && value.kind ? ` (default \`${value.kind}\`)` : ''} is one of\n`,
          `${kinds.join('\n')}\n`,
        ]
      : []),
    ...(rows.length > 0 ? [`${head}\n${rows.join('\n')}\n`] : []),
  ];
  return [parts.join('\n'), ...inner];
}

/** A row for each key; blocks within blocks go to `inner`. */
function keyRows(node: SchemaNode, at: string, value: unknown, level: number, inner: string[]): string[] {
  return objectsOf(node).flatMap(({ properties }) =>
    Object.entries(properties ?? {}).flatMap(([key, child]) => {
      const path = at === '' ? key : `${at}.${key}`;
      const here = isObject(value) && Object.hasOwn(value, key) ? value[key] : child.default;
      if (child.properties) return keyRows(child, path, here, level, inner);
      const row = `| \`${path}\` | ${cell(child.description ?? '')} | ${cell(allowed(child))} | ${code(here)} |`;
      const list = child.items !== undefined;
      const text = list ? 'Each of the list:' : '';
      // At the top, names stand for blocks that have a section of their own.
      const named = at !== '' && typeof child.additionalProperties === 'object' && child.additionalProperties;
      const of = child.items ?? (named || (objectsOf(child).length > 0 ? child : undefined));
      if (of && objectsOf(of).length > 0)
        inner.push(
          ...sectionsOf(
            { title: `\`${path}\``, text, node: of, value: here },
            list ? `${path}[]` : named ? `${path}.NAME` : path,
            level + 1,
          ),
        );
      return [row];
    }),
  );
}

/** A row for each key of any kind, with the kinds that have it. */
function kindRows(node: SchemaNode, at: string): string[] {
  const rows = new Map<string, string[]>();
  const add = (kind: string, block: SchemaNode, path: string) => {
    for (const [key, child] of Object.entries(block.properties ?? {})) {
      if (path === at && key === 'kind') continue;
      const words = `${cell(child.description ?? '')} | ${cell(allowed(child))} | ${code(child.default)} |`;
      const row = `| \`${path}.${key}\` | @ | ${words}`;
      rows.set(row, [...(rows.get(row) ?? []), kind]);
      for (const inner of objectsOf(child)) add(kind, inner, `${path}.${key}`);
    }
  };
  for (const block of objectsOf(node)) add(String(block.properties?.kind?.const), block, at);
  return [...rows].map(([row, kinds]) => row.replace('| @ |', `| ${kinds.join(', ')} |`));
}
