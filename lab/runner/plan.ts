/** Which runs an experiment has, in which order, and what is to be done for each: nothing is begun here. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../../src/errors.ts';
import { isBuiltin } from '../../src/model/shipped.ts';
import { decisive } from '../../src/run/folder.ts';
import { merge, show, type Values } from '../../src/settings/key-lookup.ts';
import { fromFolder, isPathKey } from '../../src/settings/paths.ts';
import type { Arm, Experiment } from './experiment.ts';

export interface Task {
  arm: string;
  seed: number;
  /** Of its folder, its log and its results. */
  name: string;
  /** What the file gives for it, over the preset; paths count from `folderOf` that was asked for. */
  settings: Values;
}

export interface Selection {
  /** Arms; all unless given. */
  only?: readonly string[];
  seeds?: readonly number[];
}

export const taskName = (arm: string, seed: number): string => `${arm}-seed${seed}`;

/**
 * Seed by seed across the arms, so that what is finished when time runs out can be paired.
 * @param folder what relative paths of the file are laid under
 * @throws ConfigError where an arm is selected that is not there
 */
export function tasksOf(experiment: Experiment, folder: string, { only, seeds }: Selection = {}): Task[] {
  const { arms } = experiment;
  const unknown = only?.find((name) => !arms.some((arm) => arm.name === name));
  if (unknown !== undefined)
    throw new ConfigError(`--only ${unknown}: no such arm; there are ${arms.map((a) => a.name).join(', ')}`);
  const chosen = arms.filter(({ name }) => !only || only.includes(name));
  const rounds = Math.max(0, ...chosen.map((arm) => arm.seeds.length));
  const order = new Set(
    Array.from({ length: rounds }, (_, i) => chosen.flatMap((arm) => arm.seeds.slice(i, i + 1))).flat(),
  );
  return [...order]
    .filter((seed) => !seeds || seeds.includes(seed))
    .flatMap((seed) =>
      chosen.filter((arm) => arm.seeds.includes(seed)).map((arm) => taskOf(arm, seed, folder)),
    );
}

function taskOf({ name: arm, layers: [base, own] }: Arm, seed: number, folder: string): Task {
  const settings = { ...fromFolder(merge(base, own), folder), seed };
  return { arm, seed, name: taskName(arm, seed), settings };
}

/** Settings that move no number of the metrics, and what only says where a run lies. */
const FREE = ['name', 'out', 'engine', 'checkpoint', 'logging.samples', 'logging.tensorboard'];

/** Every setting that decides what metrics.jsonl says, by its path. */
const deciding = (config: Values): Map<string, unknown> => decisive(config, FREE);

/** Of what decides numbers, 16 hexadecimal digits. */
export function settingsHash(config: Values): string {
  const entries = [...deciding(config)].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}

/** The first setting in which two runs differ, as `objective.gamma (0.02 → 0.05)`; `common`: of those that both have. */
export function settingsDifference(before: Values, after: Values, common = false): string | undefined {
  const [a, b] = [deciding(before), deciding(after)];
  const place = (key: string, value: unknown) =>
    isPathKey(key) && typeof value === 'string' && !isBuiltin(value) ? resolve(value) : value;
  const keys = [...new Set([...a.keys(), ...b.keys()])].filter((k) => !common || (a.has(k) && b.has(k)));
  const key = keys.find((k) => !isDeepStrictEqual(place(k, a.get(k)), place(k, b.get(k))));
  return key && `${key} (${show(a.get(key))} → ${show(b.get(key))})`;
}

/** Settings of a run: as its experiment gives them, and complete. */
export interface Settings {
  settings: Values;
  config: Values;
}

/**
 * In what results were made otherwise than a run would be made now. A setting that has come to be since, and that the
 * experiment does not give, differs in nothing.
 */
export function resultDifference(made: Settings, now: Settings): string | undefined {
  if (settingsDifference(made.config, now.config) === undefined) return undefined;
  return settingsDifference(made.config, now.config, true) ?? settingsDifference(made.settings, now.settings);
}

/** What lies on the disk of a run. */
export interface Found {
  /** What its results were made with, where there are any. */
  result?: Settings;
  /** Its folder under runs/, where it was begun: its settings, and whether its metrics are complete. */
  folder?: { config: Values; finished: boolean };
}

export type Decision =
  | { do: 'skip' }
  /** Its metrics are complete, but were not taken over yet. */
  | { do: 'collect' }
  | { do: 'resume' }
  /** `aside`: what is first moved out of its way, as it was made with other settings. */
  | { do: 'start'; aside: readonly ('result' | 'folder')[] }
  | { do: 'refuse'; why: string };

/** What to do for a run with these settings. Results of other settings are replaced only where `again` says so. */
export function decide(now: Settings, { result, folder }: Found, again = false): Decision {
  const changed = result && resultDifference(result, now);
  if (result && changed === undefined) return { do: 'skip' };
  if (result && !again)
    return {
      do: 'refuse',
      why: `its results were made with other settings: ${changed}; --again keeps them aside and runs it anew`,
    };
  const other = folder && (result || settingsDifference(folder.config, now.config) !== undefined);
  if (folder && !other) return { do: folder.finished ? 'collect' : 'resume' };
  return {
    do: 'start',
    aside: [...(result ? (['result'] as const) : []), ...(other ? (['folder'] as const) : [])],
  };
}
