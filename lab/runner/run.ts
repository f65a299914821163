/** Runs tasks as processes, some at once; what one of them comes to does not keep the others back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Task } from './plan.ts';
import { median } from './series.ts';

/** How a run ended. */
export type Ended =
  | { how: 'done' }
  | { how: 'failed'; why: string }
  /** It was asked to stop, and saved where it could. */
  | { how: 'stopped' };

/** Where the parts of a run lie. */
export function placesOf(runs: string, name: string) {
  const dir = join(runs, name);
  return {
    dir,
    config: join(dir, 'config.yaml'),
    metrics: join(dir, 'metrics.jsonl'),
    settings: join(runs, 'settings', `${name}.yaml`),
    log: join(runs, 'logs', `${name}.log`),
  };
}

/** The arguments of `papo train` that begin a run, or go on with it. Writes the settings that it is begun with. */
export function argumentsOf(task: Task, runs: string, resume: boolean): string[] {
  const { dir, settings } = placesOf(runs, task.name);
  if (resume) return ['train', '--resume', dir];
  mkdirSync(dirname(settings), { recursive: true });
  const { seed: _, ...given } = task.settings;
  writeFileSync(settings, stringify(given));
  return ['train', '--config', settings, '--set', `seed=${task.seed}`, '--out', runs, '--name', task.name];
}

/** The last lines of a log that say something. */
function lastWords(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  return lines.at(-1)?.trim() || 'it said nothing';
}

/** `papo train` in a process of its own; aborting asks it to save and leave, as Ctrl-C does. */
export function trainProcess(
  program: string,
  args: readonly string[],
  log: string,
  signal: AbortSignal,
): Promise<Ended> {
  if (signal.aborted) return Promise.resolve({ how: 'stopped' });
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a');
  return new Promise((resolve) => {
    const ask = () => void child.kill(signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    const end = (ended: Ended) => {
      signal.removeEventListener('abort', ask);
      resolve(ended);
    };
    const child: ChildProcess = spawn(process.execPath, [program, ...args], { stdio: ['ignore', out, out] });
    closeSync(out);
    signal.addEventListener('abort', ask, { once: true });
    child.on('error', (error) => end({ how: 'failed', why: error.message }));
    child.on('exit', (status, killed) => {
      if (status === 0) end({ how: 'done' });
      else if (signal.aborted) end({ how: 'stopped' });
      else end({ how: 'failed', why: `${lastWords(log)} (exit ${status ?? killed}; ${log})` });
    });
  });
}

export interface PoolOptions<T> {
  jobs: number;
  signal: AbortSignal;
  run(task: T, signal: AbortSignal): Promise<Ended>;
  /** Whether the time that it takes tells of others: not where a part was done before. All do unless told. */
  isWhole?(task: T): boolean;
  /** Told of each end; `left` counts what is not done, `secondsLeft` is null until a run has shown how long one takes. */
  ended(task: T, ended: Ended, state: { left: number; secondsLeft: number | null; seconds: number }): void;
  /** Seconds; the clock unless told. */
  now?(): number;
}

/** Runs the tasks in order, `jobs` at once, until all are done or the signal aborts. @returns how each that was begun ended */
export async function runPool<T>(tasks: readonly T[], options: PoolOptions<T>): Promise<Map<T, Ended>> {
  const { jobs, signal, now = () => performance.now() / 1000 } = options;
  const results = new Map<T, Ended>();
  const took: number[] = [];
  const begun = new Map<T, number>();
  let next = 0;
  /** What is running has a part of its time behind it. */
  const secondsLeft = () => {
    const one = median(took);
    if (one === undefined) return null;
    const running = [...begun].filter(([task]) => !results.has(task));
    const rest = running.reduce((sum, [, start]) => sum + Math.max(0, one - (now() - start)), 0);
    return (
      (rest + (tasks.length - begun.size) * one) / Math.min(jobs, Math.max(1, tasks.length - results.size))
    );
  };
  const worker = async () => {
    while (next < tasks.length && !signal.aborted) {
      const task = tasks[next++];
      const start = now();
      begun.set(task, start);
      const ended = await options.run(task, signal);
      const seconds = now() - start;
      results.set(task, ended);
      if (ended.how === 'done' && (options.isWhole?.(task) ?? true)) took.push(seconds);
      options.ended(task, ended, { left: tasks.length - results.size, secondsLeft: secondsLeft(), seconds });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, worker));
  return results;
}
