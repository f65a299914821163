/** `papo pretrain`: makes a base policy and leaves it in a folder, with the recipe that makes it again. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { writeCheckpoint } from '../model/checkpoint.ts';
import { writeAside } from '../model/files.ts';
import {
  type PretrainOptions,
  type PretrainReport,
  pretrain,
  RECIPE,
  type Stage,
  stepsOf,
} from './pretrain.ts';
import { duration, percent, type Terminal } from './progress.ts';
import { version } from './version.ts';

/** The options as they were typed. */
export interface PretrainFlags {
  seed?: string;
  steps?: string;
  until?: string;
  threads?: string;
}

function number(name: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined;
  const n = Number(given);
  if (given.trim() === '' || !(n >= least))
    throw new ConfigError(`--${name} ${given}: allowed is a number ${least} or more`);
  return n;
}

/** The first `steps` steps of the stages; all of them where none is given. */
function shortened(stages: readonly Stage[], steps: number | undefined): Stage[] {
  let left = steps ?? Number.POSITIVE_INFINITY;
  const out: Stage[] = [];
  for (const stage of stages) {
    const stop = Math.min(stage.stop ?? stage.steps, left);
    left -= stop;
    if (stop > 0) out.push({ ...stage, stop });
  }
  return out;
}

/** @throws ConfigError for a wrong option or a folder that is not empty, CheckpointError where it cannot be written */
export async function startPretraining(
  dir: string,
  flags: PretrainFlags,
  out: Terminal,
  recipe: PretrainOptions = RECIPE,
): Promise<void> {
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new ConfigError(`${dir}: is not empty; name a new folder for the policy`);
  const options: PretrainOptions = {
    ...recipe,
    seed: flags.seed ?? recipe.seed,
    stages: shortened(recipe.stages, number('steps', flags.steps, 1)),
    until: number('until', flags.until, 0) ?? recipe.until,
    threads: number('threads', flags.threads, 1) ?? recipe.threads,
  };
  out.write(
    `papo ${version()}: pre-training a base policy into ${dir}, at most ${stepsOf(options.stages)} steps\n`,
  );
  const { checkpoint, parameters, last } = await pretrain(options, (report) => {
    out.write(`${lineOf(report, stepsOf(options.stages))}\n`);
  });
  mkdirSync(dir, { recursive: true });
  writeCheckpoint(dir, checkpoint);
  const { threads: _, inProcess: __, ...made } = options;
  const text = JSON.stringify({ papo: version(), parameters, recipe: made, reached: last }, null, 2);
  writeAside(join(dir, 'recipe.json'), () => [Buffer.from(`${text}\n`)]);
  out.write(`saved in ${dir}\ntrain it with: papo train --policy ${dir}\n`);
}

function lineOf({ step, loss, seconds, accuracy, format, entropy }: PretrainReport, steps: number): string {
  const parts = [`step ${step}/${steps}`, `loss ${loss.toFixed(4)}`, duration(seconds)];
  if (accuracy !== undefined) parts.push(`accuracy ${percent(accuracy)}`);
  if (format !== undefined) parts.push(`boxed ${percent(format)}`);
  if (entropy !== undefined) parts.push(`entropy ${entropy.toFixed(3)}`);
  return parts.join('  ');
}
