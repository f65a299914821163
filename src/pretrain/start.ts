/** `papo pretrain`: makes a base policy and leaves it in a folder, with the recipe that makes it again. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAside } from '../durable.ts';
import { CheckpointError, ConfigError, quoted, systemFailure } from '../errors.ts';
import { makeFolder, refuseFull } from '../files.ts';
import { writeCheckpoint } from '../model/checkpoint.ts';
import { MOST } from '../settings/blocks.ts';
import { shellWord } from '../shell.ts';
import { duration, percent, type Terminal } from '../train/progress.ts';
import { version } from '../version.ts';
import { type PretrainReport, pretrain } from './pretrain.ts';
import { type PretrainOptions, RECIPE, type Stage, stepsOf } from './recipe.ts';

/** The options as they were typed. */
export interface PretrainFlags {
  seed?: string;
  steps?: string;
  until?: string;
  threads?: string;
}

function number(name: string, given: string | undefined, least: number, most: number): number | undefined {
  if (given === undefined) return undefined;
  const n = Number(given);
  const whole = name !== 'until';
  if (given.trim() === '' || !(n >= least && n <= most) || (whole && !Number.isInteger(n)))
    throw new ConfigError(
      `--${name} ${quoted(given)}: allowed is a ${whole ? 'whole ' : ''}number ${least} to ${most}`,
    );
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
  refuseFull(dir, 'name a new folder for the policy');
  const options: PretrainOptions = {
    ...recipe,
    seed: flags.seed ?? recipe.seed,
    stages: shortened(recipe.stages, number('steps', flags.steps, 1, MOST.steps)),
    until: number('until', flags.until, 0, 1) ?? recipe.until,
    threads: number('threads', flags.threads, 1, MOST.threads) ?? recipe.threads,
  };
  // An hour of training is not to end at a folder that cannot be written to.
  const trial = join(dir, '.papo-trial');
  try {
    makeFolder(dir);
    writeFileSync(trial, '');
    rmSync(trial);
  } catch (error) {
    throw new CheckpointError(`${dir}: ${systemFailure(error, 'write')}`, { cause: error });
  }
  out.write(
    `papo ${version()}: pre-training a base policy into ${dir}, at most ${stepsOf(options.stages)} steps\n`,
  );
  const { checkpoint, parameters, last } = await pretrain(options, (report) => {
    out.write(`${lineOf(report, stepsOf(options.stages))}\n`);
  });
  writeCheckpoint(dir, checkpoint);
  const { threads: _, inProcess: __, ...made } = options;
  const text = JSON.stringify({ papo: version(), parameters, recipe: made, reached: last }, null, 2);
  writeAside(join(dir, 'recipe.json'), () => [Buffer.from(`${text}\n`)]);
  out.write(`saved in ${dir}\ntrain it with: papo train --policy ${shellWord(dir)}\n`);
}

function lineOf({ step, loss, seconds, accuracy, format, entropy }: PretrainReport, steps: number): string {
  const parts = [`step ${step}/${steps}`, `loss ${loss.toFixed(4)}`, duration(seconds)];
  if (accuracy !== undefined) parts.push(`accuracy ${percent(accuracy)}`);
  if (format !== undefined) parts.push(`boxed ${percent(format)}`);
  if (entropy !== undefined) parts.push(`entropy ${entropy.toFixed(3)}`);
  return parts.join('  ');
}
