/** An experiment carried out, and its report written. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeAside } from '../../src/durable.ts';
import { ConfigError, PapoError } from '../../src/errors.ts';
import { readMetrics } from '../../src/metrics/lines.ts';
import { isObject, type Values, valueAt } from '../../src/settings/key-lookup.ts';
import { fromFolder } from '../../src/settings/paths.ts';
import { parseYaml } from '../../src/settings/yaml.ts';
import { duration, percent } from '../../src/train/progress.ts';
import type { Experiment } from './experiment.ts';
import { markdown } from './markdown.ts';
import { numbersOf } from './measures.ts';
import {
  type Decision,
  decide,
  type Found,
  type Selection,
  type Settings,
  type Task,
  taskName,
  tasksOf,
} from './plan.ts';
import { reportOf } from './report.ts';
import { isFinished, readResult, resultPath, setAside, writeResult } from './results.ts';
import { argumentsOf, type Ended, placesOf, runPool, trainProcess } from './run.ts';

export interface LabContext {
  /** What relative paths of the file are laid under. */
  folder: string;
  /** The complete settings of a run. @throws ConfigError */
  complete(settings: Values): Values;
}

export interface RunOptions extends LabContext {
  selection: Selection;
  jobs: number;
  /** Holds the folders of the runs. */
  runs: string;
  /** The script that a run is started with. */
  program: string;
  version: string;
  /** Digest of the code that runs, asked for at each start. */
  code(): string;
  commit?: string;
  /** Run anew what has results of other settings. */
  again: boolean;
  signal: AbortSignal;
  say(text: string): void;
}

interface Planned {
  task: Task;
  config: Values;
  decision: Decision;
}

/** The complete settings without the place of the run. */
function settingsOf(task: Task, complete: LabContext['complete']): Settings {
  try {
    return { settings: task.settings, config: complete(task.settings) };
  } catch (error) {
    if (error instanceof PapoError) throw new ConfigError(`${task.name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** How many steps a run has, and whether it asks test questions. */
function extent(config: Values) {
  return {
    steps: Number(valueAt(config, ['train', 'steps'])),
    tests: Number(valueAt(config, ['test', 'rows'])) > 0,
  };
}

function found(experiment: Experiment, task: Task, config: Values, runs: string): Found {
  const result = readResult(experiment.dir, task)?.header;
  const places = placesOf(runs, task.name);
  if (!existsSync(places.config)) return { ...(result ? { result } : {}) };
  const begun = parseYaml(
    readFileSync(places.config, 'utf8'),
    (why) => new ConfigError(`${places.config}: ${why}`),
  );
  const finished = isFinished(readMetrics(places.metrics), extent(config));
  return { ...(result ? { result } : {}), folder: { config: isObject(begun) ? begun : {}, finished } };
}

/** Carries out what has no results yet. @returns how many runs failed or were refused */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<number> {
  const { folder, complete, selection, jobs, runs, again, signal, say } = options;
  const planned = tasksOf(experiment, folder, selection).map((task): Planned => {
    const now = settingsOf(task, complete);
    return {
      task,
      config: now.config,
      decision: decide(now, found(experiment, task, now.config, runs), again),
    };
  });
  const count = (what: Decision['do']) => planned.filter(({ decision }) => decision.do === what).length;
  say(
    `${experiment.name}: ${planned.length} runs, ${count('skip')} have results, ${count('resume')} go on, ${count('start')} begin; ${jobs} at once, logs in ${join(runs, 'logs')}`,
  );
  let failed = 0;
  const todo: Planned[] = [];
  for (const plan of planned) {
    if (plan.decision.do === 'refuse') {
      failed++;
      say(`${plan.task.name}: ${plan.decision.why}`);
    } else if (plan.decision.do !== 'skip') todo.push(plan);
  }
  await runPool(todo, {
    jobs,
    signal,
    isWhole: ({ decision }) => decision.do === 'start',
    run: (plan) => carryOut(experiment, plan, options),
    ended: ({ task, decision }, ended, { left, secondsLeft, seconds }) => {
      if (ended.how === 'failed') failed++;
      const time = secondsLeft === null ? 'time unknown' : `about ${duration(secondsLeft)}`;
      const rest = left === 0 ? '' : `; ${left} to go, ${time}`;
      say(`${task.name}: ${endText(experiment, task, decision, ended, seconds)}${rest}`);
    },
  });
  return failed;
}

function endText(
  experiment: Experiment,
  task: Task,
  decision: Decision,
  ended: Ended,
  seconds: number,
): string {
  if (ended.how === 'failed') return `FAILED: ${ended.why}`;
  if (ended.how === 'stopped') return 'stopped';
  const lines = readResult(experiment.dir, task)?.lines ?? [];
  const { before, after } = numbersOf(task.seed, lines);
  const [a, b, greedyA, greedyB] = ['accuracy', 'greedy'].flatMap((key) => [before.get(key), after.get(key)]);
  const change = (x: number | undefined, y: number | undefined) =>
    `${x === undefined ? '' : `${percent(x)} → `}${y === undefined ? '-' : percent(y)}`;
  const how = decision.do === 'collect' ? 'was done' : `done in ${duration(seconds)}`;
  return `${how}, accuracy ${change(a, b)}, greedy ${change(greedyA, greedyB)}`;
}

async function carryOut(
  experiment: Experiment,
  { task, config, decision }: Planned,
  options: RunOptions,
): Promise<Ended> {
  const { runs, program, code, commit, signal } = options;
  const places = placesOf(runs, task.name);
  try {
    if (decision.do === 'start') {
      if (decision.aside.includes('result')) setAside(resultPath(experiment.dir, task.name), '.jsonl.gz');
      if (decision.aside.includes('folder')) setAside(places.dir);
    }
    const digest = code();
    if (decision.do !== 'collect') {
      const absolute = { ...task, settings: fromFolder(task.settings, resolve('.')) };
      const ended = await trainProcess(
        program,
        argumentsOf(absolute, runs, decision.do === 'resume'),
        places.log,
        signal,
      );
      if (ended.how !== 'done') return ended;
    }
    const lines = readMetrics(places.metrics);
    if (!isFinished(lines, extent(config)))
      return {
        how: 'failed',
        why: `${places.metrics}: does not reach the last step, though the run ended well`,
      };
    writeResult(experiment.dir, task.name, lines, {
      ...{
        experiment: experiment.name,
        arm: task.arm,
        seed: task.seed,
        version: options.version,
        code: digest,
      },
      ...(commit === undefined ? {} : { commit }),
      ...{ settings: task.settings, config },
    });
    return { how: 'done' };
  } catch (error) {
    return { how: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof PapoError) return undefined;
    throw error;
  }
}

/** Reads the results and writes report.md and report.json beside the experiment. @returns the Markdown */
export function writeReport(experiment: Experiment, { folder, complete }: LabContext): string {
  const tasks = tasksOf(experiment, folder);
  const results = tasks.flatMap((task) => readResult(experiment.dir, task) ?? []);
  const taskOf = new Map(tasks.map((task) => [task.name, task]));
  const report = reportOf(experiment, results, (arm, seed) => {
    const task = taskOf.get(taskName(arm, seed));
    // Results can be read where a policy of the experiment is not.
    return task && quietly(() => settingsOf(task, complete));
  });
  const text = markdown(report);
  writeAside(join(experiment.dir, 'report.md'), () => [Buffer.from(text)]);
  writeAside(join(experiment.dir, 'report.json'), () => [
    Buffer.from(`${JSON.stringify(report, null, 1)}\n`),
  ]);
  return text;
}
