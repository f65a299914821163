/** What a preset settles, what a person changed of it, and a saved configuration that another preset is laid over. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../errors.ts';
import { objectiveSchema } from '../objective/config.ts';
import { inline, shellWord } from '../shell.ts';
import { configSchema, type RunConfig } from './config.ts';
import { isObject, type Layer, merge, show, type Values, valueAt } from './key-lookup.ts';
import { presetOf } from './presets/index.ts';
import type { PresetSize } from './presets/preset.ts';
import { sizes } from './presets/sizes.ts';

/**
 * What a preset settles at a size, as settings: the size's own values, the preset's over them, and the objective whole.
 * @throws ConfigError where there is no such preset
 */
export function presetLayer(name: string, size: PresetSize): Layer {
  const { config, sizes: own } = presetOf(name);
  const values = [config, own?.[size] ?? {}].reduce<Values>(
    (under, over) => merge(under, over as Values),
    sizes[size].config as Values,
  );
  const objective = objectiveSchema.parse(values.objective);
  return {
    from: `preset ${name} (${size})`,
    values: { preset: name, size, views: {}, ...values, objective },
  };
}

/** Where the values of a preset at a size are from. */
export function presetSource(name: string, size: PresetSize) {
  const { source } = presetOf(name);
  const tiny = size === 'tiny';
  return {
    objective: tiny ? `${source.objective}; tiny takes the values of 3B` : source.objective,
    mask: source.mask ?? 'none is used',
    optimizer: sizes[size].source,
    rollout: tiny ? sizes[size].source : (source.rollout ?? sizes[size].source),
  };
}

/** The complete configuration that a preset alone makes. */
export const presetConfig = (name: string, size: PresetSize): RunConfig =>
  configSchema.parse(presetLayer(name, size).values);

/** Blocks of which a preset settles every key that it names. */
const BLOCKS = ['objective', 'optimizer', 'rollout', 'train', 'data', 'dynamicSampling'] as const;

/** Paths of what presets settle; a mask or a view is one whole. */
function settledPaths(...configs: Values[]): string[][] {
  const { values } = presetLayer('dapo', 'tiny');
  const keys = BLOCKS.flatMap((block) => Object.keys(values[block] as Values).map((key) => [block, key]));
  const views = configs.flatMap(({ views }) => (isObject(views) ? Object.keys(views) : []));
  return [...keys, ['mask'], ...[...new Set(views)].map((view) => ['views', view])];
}

/** A setting of a preset that has another value in a run. */
export interface Change {
  path: string[];
  value: unknown;
  preset: unknown;
}

/** Where a configuration departs from the preset that it names. */
function changesOf(config: RunConfig): Change[] {
  const named = presetConfig(config.preset, config.size);
  return settledPaths(config, named)
    .map((path) => ({ path, value: valueAt(config, path), preset: valueAt(named, path) }))
    .filter(({ value, preset }) => !isDeepStrictEqual(value, preset));
}

/** The changes in words, the first few of many; '' where there are none. */
export function changesText(config: RunConfig, most = 5): string {
  const changes = changesOf(config);
  const words = changes
    .slice(0, most)
    .map(({ path, value, preset }) => `${path.join('.')} ${show(value)} (preset: ${show(preset)})`);
  const more = changes.length - words.length;
  return words.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** What a preset's name promises: with another value here, a run does not bear the name alone. */
function isPromise([block, key]: readonly string[], { preset }: RunConfig): boolean {
  if (block === 'mask') return presetOf(preset).config.mask !== undefined;
  if (block === 'rollout') return key === 'views';
  return block === 'objective' || block === 'views' || block === 'dynamicSampling';
}

/** The name of a run that was given none: `papo-g-seed1`; `papo-g-custom-seed1` where the objective is not the preset's. */
export function defaultName(config: RunConfig): string {
  const custom = changesOf(config).some(({ path }) => isPromise(path, config));
  return `${config.preset}${custom ? '-custom' : ''}-seed${config.seed}`;
}

/** Whether settings were written out whole, as `papo config` and every run do: then a value need not be a person's choice. */
export function isComplete(values: Values): boolean {
  if (typeof values.preset !== 'string') return false;
  const paths = settledPaths();
  const given = paths.filter((path) => valueAt(values, path) !== undefined);
  // A version to come may settle more than the file knows of.
  return given.length >= 0.9 * paths.length;
}

/**
 * A complete layer beside another preset or size than its own: what it only has from its own preset gives way, what a
 * person changed in it stays. Its run's name goes too, where that was made from preset and seed.
 * @param own the layer alone, resolved
 * @throws ConfigError where a person's change meets a value that the other preset changes too, and no later layer says
 *   which of them counts
 */
export function underPreset(
  layer: Layer,
  own: RunConfig,
  name: string,
  size: PresetSize,
  later: readonly Layer[],
): Layer {
  const values = structuredClone(layer.values);
  if (typeof values.name === 'string' && isDefaultName(values.name, own)) delete values.name;
  if (own.preset === name && own.size === size) return { ...layer, values };
  const before = presetConfig(own.preset, own.size);
  const after = presetConfig(name, size);
  const conflicts: { path: string[]; here: unknown; there: unknown }[] = [];
  for (const path of settledPaths(own, before)) {
    const [here, base, there] = [own, before, after].map((config) => valueAt(config, path));
    if (isDeepStrictEqual(here, base)) remove(values, path);
    else if (!isDeepStrictEqual(base, there) && !isDeepStrictEqual(here, there)) {
      const said = later.some(({ values }) => valueAt(values, path) !== undefined);
      if (!said) conflicts.push({ path, here, there });
    }
  }
  if (conflicts.length === 0) return { ...layer, values };
  const [{ path, here, there }] = conflicts as [(typeof conflicts)[0]];
  const sets = (side: 'here' | 'there') =>
    conflicts.map((c) => `--set ${shellWord(`${c.path.join('.')}=${inline(c[side])}`)}`).join(' ');
  throw new ConfigError(
    `${layer.from}: ${path.join('.')} is ${show(here)} there, which its preset ${own.preset} (${own.size}) does not have, and ${show(there)} in ${name} (${size}); say which counts: ${sets('here')} or ${sets('there')}`,
  );
}

function isDefaultName(name: string, own: RunConfig): boolean {
  const made = defaultName(own);
  return name.startsWith(made) && /^(-\d+)?$/.test(name.slice(made.length));
}

function remove(values: Values, path: readonly string[]): void {
  const holder = valueAt(values, path.slice(0, -1));
  const last = path.at(-1);
  if (last !== undefined && isObject(holder)) delete holder[last];
}
