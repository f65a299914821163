/** Where an evaluation lies: the folder that is named, or the first of evals/NAME, evals/NAME-2, … that is free or its own. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeAside } from '../../durable.ts';
import { DataError, PapoError, systemFailure } from '../../errors.ts';
import { makeFolder } from '../../files.ts';
import { isLockFile, RunLock } from '../../run/lock.ts';
import { EVAL_FILE, type EvalSettings, isEvaluation, readEvalSettings } from '../files.ts';
import type { Target } from '../policy/target.ts';

/** Holds evaluations that are given no folder. */
export const DEFAULT_EVALS = 'evals';

/** What a policy's evaluations are called: `papo-g-seed1`, `papo-g-seed1-step-000040`, `builtin-prior`, `127.0.0.1-8000`. */
export function nameOf(target: Target, given: string): string {
  if (target.kind === 'server') return clean(new URL(target.url).host);
  const path = resolve(given);
  if (basename(dirname(path)) === 'checkpoints')
    return clean(`${basename(dirname(dirname(path)))}-${basename(path)}`);
  return clean(/^[\w-]+:/.test(given) ? given : basename(path));
}

const clean = (name: string) => name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'policy';

/** What decides the answers: an evaluation goes on only where all of it is the same. */
function decisive(settings: EvalSettings): Record<string, unknown> {
  const { papo: _, description: __, differs: ___, suites, settings: own, ...rest } = settings;
  return {
    ...rest,
    suites: suites.map(({ name, scoring, length, spec }) => ({ name, scoring, length, spec })),
    // Last, as what a person typed stands before what follows from it.
    settings: own,
  };
}

/** The first setting that is another, in words; undefined where all are the same. */
function difference(before: EvalSettings, after: EvalSettings): string | undefined {
  // What JSON cannot say is no difference.
  const [a, b] = [before, after].map((s) => JSON.parse(JSON.stringify(decisive(s))));
  const walk = (x: unknown, y: unknown, path: string): string | undefined => {
    if (isDeepStrictEqual(x, y)) return undefined;
    const both = [x, y].every((v) => typeof v === 'object' && v !== null);
    if (!both) return `${path} (${JSON.stringify(x)} → ${JSON.stringify(y)})`;
    const [before, after] = [x, y] as Record<string, unknown>[];
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const found = walk(before[key], after[key], path === '' ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(a, b, '');
}

export interface EvalFolder {
  dir: string;
  /** Whether it held a part of this evaluation before. */
  resumed: boolean;
  close(): void;
}

/**
 * Takes a folder for an evaluation and writes eval.json.
 * @param given the folder that a person named; without one the first that is free, or that holds this very evaluation
 * @throws DataError where a named folder holds something else, RunError where another process works in it
 */
export function takeFolder(settings: EvalSettings, name: string, given: string | undefined): EvalFolder {
  for (let n = 1; ; n++) {
    const dir = given ?? join(DEFAULT_EVALS, n === 1 ? name : `${name}-${n}`);
    const state = stateOf(dir, settings);
    if (state.kind === 'other') {
      if (given === undefined) continue;
      throw new DataError(`${dir}: ${state.why}; name another folder with --out`);
    }
    return take(dir, settings, state.kind === 'own');
  }
}

type State = { kind: 'free' } | { kind: 'own' } | { kind: 'other'; why: string };

function stateOf(dir: string, settings: EvalSettings): State {
  if (!existsSync(dir)) return { kind: 'free' };
  if (!isEvaluation(dir)) {
    const free = isEmpty(dir);
    return free ? { kind: 'free' } : { kind: 'other', why: 'is not empty and holds no evaluation' };
  }
  const changed = difference(readEvalSettings(dir), settings);
  return changed === undefined
    ? { kind: 'own' }
    : { kind: 'other', why: `holds an evaluation with another ${changed}` };
}

function isEmpty(dir: string): boolean {
  try {
    return readdirSync(dir).every((name) => isLockFile(name) || name === `${EVAL_FILE}.partial`);
  } catch {
    return false;
  }
}

function take(dir: string, settings: EvalSettings, resumed: boolean): EvalFolder {
  let lock: RunLock;
  try {
    makeFolder(dirname(resolve(dir)));
    mkdirSync(dir, { recursive: true });
    lock = RunLock.take(dir);
  } catch (error) {
    if (error instanceof PapoError) throw error;
    throw new DataError(`${dir}: the evaluation ${systemFailure(error, 'write')}`, { cause: error });
  }
  try {
    if (!resumed)
      writeAside(join(dir, EVAL_FILE), () => [Buffer.from(`${JSON.stringify(settings, null, 2)}\n`)]);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { dir, resumed, close: () => lock.release() };
}
