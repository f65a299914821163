/** The folder of a policy that is being made: all of it lies aside until the policy is whole. */
import { appendFileSync, existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, syncTree, writeAside } from '../durable.ts';
import { CheckpointError, systemFailure } from '../errors.ts';
import { makeFolder, refuseFull } from '../files.ts';
import { type Checkpoint, writeCheckpoint } from '../model/checkpoint.ts';
import { SINGLE } from '../model/folder.ts';

const ASIDE = '.partial';
const LOG = 'log.jsonl';

export class PolicyFolder {
  private readonly dir: string;
  private readonly aside: string;
  private readonly isNew: boolean;
  private done = false;

  /** @throws ConfigError where the folder holds something, CheckpointError where it cannot be written to */
  constructor(dir: string) {
    refuseFull(dir, 'name a new folder for the policy');
    this.dir = dir;
    this.aside = join(dir, ASIDE);
    this.isNew = !existsSync(dir);
    // An hour of training is not to end at a folder that cannot be written to.
    this.writing(() => {
      makeFolder(this.aside);
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

  private writing(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new CheckpointError(`${this.dir}: ${systemFailure(error, 'write')}`, { cause: error });
    }
  }
}
