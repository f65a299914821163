/** The folder of a run: begun anew, or taken up where it stands. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeAside } from '../durable.ts';
import { CheckpointError, ConfigError, RunError, systemFailure } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { writeFailure } from '../metrics/failure.ts';
import { readMetrics } from '../metrics/lines.ts';
import type { RunConfig } from '../settings/config.ts';
import { configYaml } from '../settings/describe.ts';
import { isObject, show } from '../settings/key-lookup.ts';
import { isGone, isPathKey, withAbsolutePaths } from '../settings/paths.ts';
import { defaultName } from '../settings/preset-layer.ts';
import { type Layer, resolveConfig, yamlLayer } from '../settings/resolve.ts';
import { shellWord } from '../shell.ts';
import { CheckpointStore, goneError, type SoundCheckpoint } from './checkpoint.ts';
import { inUse, isLockFile, RunLock } from './lock.ts';
import { METRICS } from './log.ts';

export const CONFIG_FILE = 'config.yaml';

/** Settings that may change when a run goes on; all others decide what the steps to come compute. */
const FREE = ['name', 'out', 'engine', 'checkpoint', 'logging', 'validation', 'test', 'train.steps'];

/** Every setting but the free ones, by its path. How long a function of a person's may take is always free. */
export function decisive(config: object, free: readonly string[]): Map<string, unknown> {
  const out = new Map<string, unknown>();
  const walk = (value: unknown, path: string[]) => {
    const key = path.join('.');
    if (free.includes(key) || path.at(-1) === 'timeout') return;
    if (isObject(value)) for (const [k, v] of Object.entries(value)) walk(v, [...path, k]);
    else out.set(key, value);
  };
  walk(config, []);
  return out;
}

/** Every setting of a run that decides numbers; a place on the disk is the same however it is written. */
const decisiveOf = (config: RunConfig) => decisive(withAbsolutePaths(config), FREE);

/** Of what decides numbers, but for where it lies: a run and its data may move. */
export function configHash(config: RunConfig): string {
  const entries = [...decisiveOf(config)]
    .filter(([key]) => !isPathKey(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}

export class RunFolder {
  readonly config: RunConfig;
  /** What a run that is taken up goes on from; undefined where it starts (again). */
  readonly from: SoundCheckpoint | undefined;
  /** What a person should know of the folder. */
  readonly notes: string[];
  /** Whether the run was there before. */
  readonly resumed: boolean;
  private lock: RunLock | undefined;
  private readonly onExit = () => void this.leave();

  constructor(config: RunConfig, taken?: { lock: RunLock; from?: SoundCheckpoint; notes: string[] }) {
    this.config = config;
    this.from = taken?.from;
    this.notes = taken?.notes ?? [];
    this.lock = taken?.lock;
    this.resumed = taken !== undefined;
    if (taken) process.once('exit', this.onExit);
  }

  /** Known once the run is claimed, where the name is not a person's own. */
  get dir(): string {
    return join(this.config.out, nameOf(this.config));
  }

  /**
   * Makes the folder and writes the settings: once everything that a run needs is found, so that no typo leaves one.
   * Without a name of its own the run takes the first that is free, such as papo-g-seed1-2.
   * @throws ConfigError where the run exists, RunError where another process has it, else where nothing can be written
   */
  claim(): void {
    const { config } = this;
    if (!this.lock) {
      const named = config.name !== null;
      const base = nameOf(config);
      for (let n = 1; !this.lock; n++) {
        if (!named) config.name = n === 1 ? base : `${base}-${n}`;
        this.lock = takeFree(this.dir, named);
        if (named && !this.lock) throw existsError(this.dir);
      }
      process.once('exit', this.onExit);
    }
    const file = join(this.dir, CONFIG_FILE);
    const text = configYaml(config, { comments: true });
    // A full disk may hold it already.
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeAside(file, () => [Buffer.from(text)]);
  }

  /** @throws RunError where the folder, or the checkpoint of a step that is done, was removed meanwhile */
  confirm(store: CheckpointStore, step: number): void {
    if (!this.lock?.isOurs()) throw goneError(this.dir);
    if (step > 0 && store.newest()?.step !== step)
      throw new RunError(
        `${store.pathOf(step)}: was removed while the run was going on; resume from what is left, or start again`,
      );
  }

  /**
   * Gives the run back; a new one without a step done leaves no folder and no name taken. Can be called again.
   * @returns how to go on, where there is something to go on with
   */
  leave(): string | undefined {
    const { lock, dir } = this;
    if (!lock) return undefined;
    this.lock = undefined;
    process.off('exit', this.onExit);
    if (!lock.isOurs()) return undefined;
    const kept = this.resumed || hasSteps(dir);
    if (!kept)
      for (const name of readdirSync(dir))
        if (!isLockFile(name)) rmSync(join(dir, name), { recursive: true, force: true });
    lock.release();
    if (kept) return `continue with: papo train --resume ${shellWord(dir)}`;
    removeEmpty(dir);
    return undefined;
  }
}

const nameOf = (config: RunConfig) => config.name ?? defaultName(config);

const existsError = (dir: string) =>
  new ConfigError(
    `${dir}: this run exists; continue it with 'papo train --resume ${shellWord(dir)}', or start another with another --name`,
  );

/** Whether a run can begin in a folder: it is not there, or holds at most what a killed start left. */
function isFree(dir: string): boolean {
  if (!existsSync(dir)) return true;
  return (
    statSync(dir).isDirectory() &&
    readdirSync(dir).every((name) => isLockFile(name) || name === `${CONFIG_FILE}.partial`)
  );
}

function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Another start has it already, or someone put a file there.
  }
}

/**
 * The lock of a folder in which a run can begin; nothing where there is a run already.
 * @throws RunError where another process has just taken it and the name is a person's own
 */
function takeFree(dir: string, named: boolean): RunLock | undefined {
  for (;;) {
    let made = false;
    try {
      makeFolder(dirname(dir));
      mkdirSync(dir);
      made = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeFailure(dir, error);
      if (!isFree(dir)) return undefined;
    }
    let lock: RunLock;
    try {
      lock = RunLock.take(dir);
    } catch (error) {
      // Given up by another start between the two.
      if (!existsSync(dir)) continue;
      if (error instanceof RunError && !named) return undefined;
      if (made) removeEmpty(dir);
      throw error instanceof RunError ? error : writeFailure(dir, error);
    }
    if (isFree(dir)) return lock;
    lock.release();
    return undefined;
  }
}

/** A new run, whose folder is made by `claim`. @throws ConfigError where the name is given and there is one already */
export function beginRun(layers: readonly Layer[]): RunFolder {
  const folder = new RunFolder(resolveConfig(layers));
  if (folder.config.name !== null && !isFree(folder.dir)) {
    const busy = inUse(folder.dir);
    throw busy === undefined ? existsError(folder.dir) : new RunError(busy);
  }
  return folder;
}

/**
 * Takes up a run with its own settings; `layers` may change those that decide no numbers. The run is locked until `leave`.
 * @throws ConfigError where another setting would change, CheckpointError where the folder holds no run or no checkpoint
 *   that is whole, RunError where another process works in it
 */
export async function resumeRun(given: string, layers: readonly Layer[]): Promise<RunFolder> {
  if (given.trim() === '')
    throw new ConfigError('--resume: no run is named; give its folder, such as runs/NAME');
  const plain = normalize(given).replace(/(.)[\\/]+$/, '$1');
  const dir = ['.', '..'].includes(basename(plain)) ? resolve(plain) : plain;
  const file = join(dir, CONFIG_FILE);
  if (!existsSync(file))
    throw new CheckpointError(
      `${dir}: holds no run (${CONFIG_FILE} is missing); give a folder such as runs/NAME`,
    );
  const lock = lockOf(dir);
  try {
    return await takeUp(dir, file, layers, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockOf(dir: string): RunLock {
  try {
    return RunLock.take(dir);
  } catch (error) {
    if (error instanceof RunError) throw error;
    const instead = 'copy the run to where you may write, and resume that';
    throw new RunError(`${dir}: ${systemFailure(error, 'write', { instead })}`, { cause: error });
  }
}

async function takeUp(
  dir: string,
  file: string,
  layers: readonly Layer[],
  lock: RunLock,
): Promise<RunFolder> {
  const own = yamlLayer(file);
  const stored = resolveConfig([own]);
  const config = resolveConfig([own, ...layers, place(dir)]);
  const changed = difference(stored, config);
  if (changed)
    throw new ConfigError(
      `--resume ${dir}: ${changed} would change in the middle of a run; start a new run with --name, or leave it as it is`,
    );
  refuseGone(dir, config);
  const store = new CheckpointStore(dir);
  store.sweep();
  for (const name of readdirSync(dir))
    if (name.endsWith('.partial')) rmSync(join(dir, name), { recursive: true, force: true });
  const notes: string[] = [];
  const from = await store.newestSound((text) => notes.push(text));
  if (!from) return new RunFolder(config, { lock, notes });
  const { state } = from;
  if (state.configHash !== configHash(config))
    throw new ConfigError(
      `${file}: was changed since ${from.dir} was saved; undo the change, or start a new run with --name`,
    );
  if (state.step > config.train.steps)
    throw new ConfigError(
      `train.steps: ${config.train.steps} is given, but ${from.dir} has ${state.step} steps behind it`,
    );
  return new RunFolder(config, { lock, from, notes });
}

const place = (dir: string): Layer => ({
  from: '--resume',
  values: { name: basename(dir), out: dirname(dir) },
});

/** What would change of what decides numbers; a new place for something that is gone from the old one does not. */
function difference(before: RunConfig, after: RunConfig): string | undefined {
  const [a, b] = [decisiveOf(before), decisiveOf(after)];
  const key = [...new Set([...a.keys(), ...b.keys()])].find((k) => {
    const [x, y] = [a.get(k), b.get(k)];
    const moved = isPathKey(k) && typeof x === 'string' && typeof y === 'string' && isGone(x);
    return !moved && !isDeepStrictEqual(x, y);
  });
  return key && `${key} (${show(a.get(key))} → ${show(b.get(key))})`;
}

/** @throws CheckpointError naming what a run needs and lies no more where it lay */
function refuseGone(dir: string, config: RunConfig): void {
  for (const [key, path] of decisiveOf(config)) {
    if (!isPathKey(key) || typeof path !== 'string' || !isGone(path)) continue;
    const flag = { 'data.dir': '--data', policy: '--policy' }[key] ?? `--set ${key}=`;
    throw new CheckpointError(
      `--resume ${dir}: ${key} was ${path}, where nothing is now; name its new place with ${flag.endsWith('=') ? flag : `${flag} `}PATH`,
    );
  }
}

/** Accuracy of a step in validation, where the metrics have it: a run can be stopped between a step and its validation. */
export function validationAt(dir: string, step: number): number | undefined {
  const line = readMetrics(join(dir, METRICS)).find((l) => l.kind === 'validation' && l.step === step);
  return typeof line?.accuracy === 'number' ? line.accuracy : undefined;
}

/** Whether a run has anything to go on with. */
function hasSteps(dir: string): boolean {
  if (new CheckpointStore(dir).newest()) return true;
  try {
    return readMetrics(join(dir, METRICS)).some((line) => line.kind === 'step');
  } catch {
    return true;
  }
}
