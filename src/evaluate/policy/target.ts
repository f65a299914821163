/** What a person names when they name a policy: a checkpoint, a run, one that comes with papo, or a server. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CheckpointError } from '../../errors.ts';
import { isBuiltin } from '../../model/shipped.ts';
import { CheckpointStore } from '../../run/checkpoint.ts';
import { CONFIG_FILE, validationAt } from '../../run/folder.ts';

export interface LocalTarget {
  kind: 'local';
  /** A value for the setting `policy`. */
  policy: string;
  /** One line: which checkpoint of a run was taken, and why. */
  description: string;
  /** config.yaml of the run that it was trained in, where it is known: its prompt, pixels and sampling are taken. */
  config?: string;
}

export interface ServerTarget {
  kind: 'server';
  /** Base address, such as http://127.0.0.1:8000/v1. */
  url: string;
}

export type Target = LocalTarget | ServerTarget;

/** `papo ask`, `papo eval` and the like take what this takes. @throws CheckpointError where there is no policy */
export function targetOf(given: string): Target {
  if (/^https?:\/\//i.test(given)) return { kind: 'server', url: given.replace(/\/+$/, '') };
  return localTarget(given);
}

/** @throws CheckpointError where a folder is a run without checkpoints */
export function localTarget(given: string): LocalTarget {
  const isFolder = !isBuiltin(given) && statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return { kind: 'local', policy: given, description: given };
  if (existsSync(join(given, 'config.json'))) {
    // runs/NAME/checkpoints/step-000100
    const run = resolve(given, '..', '..');
    const own = basename(dirname(resolve(given))) === 'checkpoints' && existsSync(join(run, CONFIG_FILE));
    return {
      kind: 'local',
      policy: given,
      description: given,
      ...(own && { config: join(run, CONFIG_FILE) }),
    };
  }
  if (!existsSync(join(given, CONFIG_FILE))) return { kind: 'local', policy: given, description: given };
  return bestOf(given);
}

/** The checkpoint of a run that did best in validation, the newest of equals; the newest where none was validated. */
function bestOf(run: string): LocalTarget {
  const all = new CheckpointStore(run).list();
  const newest = all.at(-1);
  if (!newest)
    throw new CheckpointError(`${run}: this run has no checkpoint yet; wait for one, or name a policy`);
  const rated = all.flatMap((saved) => {
    const accuracy = validationAt(run, saved.step);
    return accuracy === undefined ? [] : [{ ...saved, accuracy }];
  });
  const most = Math.max(...rated.map(({ accuracy }) => accuracy));
  const best = rated.filter(({ accuracy }) => accuracy === most).at(-1);
  const { step, dir } = best ?? newest;
  const why = best
    ? `step ${step}, the best in validation (${(100 * best.accuracy).toFixed(1)} %)`
    : `step ${step}, the newest`;
  return { kind: 'local', policy: dir, description: `${run} (${why})`, config: join(run, CONFIG_FILE) };
}
