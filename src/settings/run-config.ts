/** Settings of a program: objects and YAML files, laid over each other. */
import type { z } from 'zod';
import type { configSchema, RunConfig } from './config.ts';
import { type Layer, resolveConfig, yamlLayer } from './resolve.ts';

/** What may be given of a run's settings: any part of them (docs/config.md has all). A `RunConfig` is one too. */
export type RunSettings = z.input<typeof configSchema>;

/** Where settings come from: an object, or the path of a YAML file such as a run's config.yaml. */
export type SettingsSource = RunSettings | string;

export const layersOf = (sources: readonly SettingsSource[]): Layer[] =>
  sources.map((source) =>
    typeof source === 'string' ? yamlLayer(source) : { from: 'settings', values: { ...source } },
  );

/**
 * The complete settings of a run: the preset that is named, then the sources, later over earlier. Relative paths in a file
 * count from its folder, those in an object from the working directory.
 *
 * @throws ConfigError with the key, what was given and what is allowed
 *
 * @example
 * import { runConfig } from 'papo';
 *
 * const config = runConfig({ preset: 'papo-g', objective: { gamma: 0.01 } });
 * config.objective.gamma; // 0.01
 * config.objective.advantage.kind; // 'grpo'
 * config.rollout.samples; // 8
 */
export function runConfig(...sources: readonly SettingsSource[]): RunConfig {
  return resolveConfig(layersOf(sources));
}
