/** The folder of a policy that is being made: all of it lies aside until the policy is whole. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { syncFolder, syncTree, writeAside } from '../durable.ts';
import { CheckpointError, PapoError, systemFailure } from '../errors.ts';
import { makeFolder, refuseFull } from '../files.ts';
import { type Checkpoint, writeCheckpoint } from '../model/checkpoint.ts';
import { SINGLE } from '../model/folder.ts';
import { RunLock } from '../run/lock.ts';

const ASIDE = '.partial';
const LOG = 'log.jsonl';

export class PolicyFolder {
  private readonly dir: string;
  private readonly aside: string;
  private readonly isNew: boolean;
  private readonly lock: RunLock;
  /** What a command that was killed had left here, and is removed, in words. */
  readonly left?: string;
  private done = false;

  /**
   * @throws ConfigError where the folder holds something else than what a command that was killed left, RunError where
   *   another process makes a policy in it, CheckpointError where it cannot be written to
   */
  constructor(dir: string) {
    this.dir = dir;
    this.aside = join(dir, ASIDE);
    const isLeft = holdsOnlyAside(dir);
    if (!isLeft) refuseFull(dir, 'name a new folder for the policy');
    this.isNew = !existsSync(dir);
    // An hour of training is not to end at a folder that cannot be written to.
    this.lock = this.writing(() => {
      makeFolder(this.aside);
      return RunLock.take(this.aside);
    });
    if (isLeft)
      this.left = `${this.aside}: removed what a command that was killed had left${reachedIn(this.aside)}`;
    this.writing(() => {
      for (const name of readdirSync(this.aside))
        if (name !== basename(this.lock.path))
          rmSync(join(this.aside, name), { recursive: true, force: true });
      appendFileSync(join(this.aside, LOG), '');
    });
  }

  /** A line of the log. @throws CheckpointError where it cannot be written */
  log(line: object): void {
    this.writing(() => appendFileSync(join(this.aside, LOG), `${JSON.stringify(line)}\n`));
  }

  /** Puts the whole policy in place, its weights last. @throws CheckpointError where that fails */
  finish(checkpoint: Checkpoint, recipe: object): void {
    writeCheckpoint(this.aside, checkpoint);
    const text = `${JSON.stringify(recipe, null, 2)}\n`;
    writeAside(join(this.aside, 'recipe.json'), () => [Buffer.from(text)]);
    this.writing(() => {
      syncTree(this.aside);
      this.lock.release();
      const names = readdirSync(this.aside).sort((a, b) => Number(a === SINGLE) - Number(b === SINGLE));
      for (const name of names) renameSync(join(this.aside, name), join(this.dir, name));
      rmdirSync(this.aside);
      syncFolder(this.dir);
    });
    this.done = true;
  }

  /** Takes away what is not finished, the folder too where it was made for it. */
  close(): void {
    if (this.done) return;
    rmSync(this.aside, { recursive: true, force: true });
    if (!this.isNew) return;
    try {
      rmdirSync(this.dir);
    } catch {
      // Someone has put something into it since.
    }
  }

  private writing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof PapoError) throw error;
      throw new CheckpointError(`${this.dir}: ${systemFailure(error, 'write')}`, { cause: error });
    }
  }
}

/** Whether there is nothing in a folder but what lies aside. */
function holdsOnlyAside(dir: string): boolean {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.length === 1 && entries[0].name === ASIDE && entries[0].isDirectory();
  } catch {
    // What is wrong with the folder is told where it is refused.
    return false;
  }
}

/** ` (a log up to step 120)`: how far what lies aside had come, as its log says; nothing where it says nothing. */
function reachedIn(aside: string): string {
  try {
    const last = readFileSync(join(aside, LOG), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const { step } = JSON.parse(last) as { step?: unknown };
    return typeof step === 'number' ? ` (a log up to step ${step})` : '';
  } catch {
    return '';
  }
}
