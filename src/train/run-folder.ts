/** The folder of a run: begun anew, or taken up where it stands. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CheckpointError, ConfigError } from '../errors.ts';
import { writeFailure } from '../metrics/failure.ts';
import { readJsonl } from '../metrics/jsonl.ts';
import { writeAside } from '../model/files.ts';
import { CheckpointStore, type RunState, type SavedCheckpoint } from './checkpoint.ts';
import type { RunConfig } from './config.ts';
import { configYaml } from './describe.ts';
import { METRICS } from './log.ts';
import { isObject } from './schema.ts';
import { type Layer, resolveConfig, yamlLayer } from './settings.ts';

export const CONFIG_FILE = 'config.yaml';

/** Settings that may change when a run goes on; all others decide what the steps to come compute. */
const FREE = ['name', 'out', 'engine', 'checkpoint', 'logging', 'validation', 'test', 'train.steps'];

/** Every setting that decides numbers, by its path. */
function decisive(config: RunConfig): Map<string, string> {
  const out = new Map<string, string>();
  const walk = (value: unknown, path: string[]) => {
    const key = path.join('.');
    if (FREE.includes(key)) return;
    if (isObject(value)) for (const [k, v] of Object.entries(value)) walk(v, [...path, k]);
    else out.set(key, JSON.stringify(value));
  };
  walk(config, []);
  return out;
}

export function configHash(config: RunConfig): string {
  const entries = [...decisive(config)].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}

export interface RunFolder {
  dir: string;
  config: RunConfig;
  store: CheckpointStore;
  /** What a run that is taken up goes on from; undefined where it starts (again). */
  from: { checkpoint: SavedCheckpoint; state: RunState } | undefined;
}

export const runName = (config: RunConfig) => config.name ?? `${config.preset}-seed${config.seed}`;

/** A new run, whose folder is made by `claim`. @throws ConfigError where there is one already */
export function beginRun(layers: readonly Layer[]): RunFolder {
  const config = resolveConfig(layers);
  const named = { ...config, name: runName(config) };
  const dir = join(named.out, named.name);
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new ConfigError(
      `${dir}: this run exists; continue it with 'papo train --resume ${dir}', or start another with --name`,
    );
  return { dir, config: named, store: new CheckpointStore(dir), from: undefined };
}

/**
 * Takes up a run with its own settings; `layers` may change those that decide no numbers.
 * @throws ConfigError where another setting would change, CheckpointError where the folder holds no run
 */
export function resumeRun(dir: string, layers: readonly Layer[]): RunFolder {
  const file = join(dir, CONFIG_FILE);
  if (!existsSync(file))
    throw new CheckpointError(
      `${dir}: holds no run (${CONFIG_FILE} is missing); give a folder such as runs/NAME`,
    );
  const own = yamlLayer(file);
  const stored = resolveConfig([own]);
  const config = resolveConfig([own, ...layers, place(dir)]);
  const changed = difference(stored, config);
  if (changed)
    throw new ConfigError(
      `--resume ${dir}: ${changed} would change in the middle of a run; start a new run with --name, or leave it as it is`,
    );
  const store = new CheckpointStore(dir);
  store.sweep();
  const checkpoint = store.newest();
  if (!checkpoint) return { dir, config, store, from: undefined };
  const state = store.readState(checkpoint);
  if (state.configHash !== configHash(config))
    throw new ConfigError(
      `${file}: was changed since ${checkpoint.dir} was saved; undo the change, or start a new run with --name`,
    );
  if (state.step > config.train.steps)
    throw new ConfigError(
      `train.steps: ${config.train.steps} is given, but ${checkpoint.dir} has ${state.step} steps behind it`,
    );
  return { dir, config, store, from: { checkpoint, state } };
}

const place = (dir: string): Layer => ({
  from: '--resume',
  values: { name: basename(dir), out: dirname(dir) },
});

function difference(before: RunConfig, after: RunConfig): string | undefined {
  const [a, b] = [decisive(before), decisive(after)];
  const key = [...new Set([...a.keys(), ...b.keys()])].find((k) => a.get(k) !== b.get(k));
  return key && `${key} (${a.get(key) ?? 'nothing'} → ${b.get(key) ?? 'nothing'})`;
}

/** Whether the metrics hold a validation of this step: a run can be stopped between a step and its validation. */
export function isValidated(dir: string, step: number): boolean {
  return readJsonl(join(dir, METRICS)).some((line) => line.kind === 'validation' && line.step === step);
}

/** Makes the folder and writes the settings: once everything that a run needs is found, so that no typo leaves one. */
export function claim({ dir, config }: RunFolder): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw writeFailure(dir, error);
  }
  writeAside(join(dir, CONFIG_FILE), () => [Buffer.from(configYaml(config, { comments: true }))]);
}
