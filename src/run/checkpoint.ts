/**
 * The checkpoints of a run: `<run>/checkpoints/step-000040/`, each a Hugging Face folder with optimizer.safetensors and
 * state.json. A folder is written aside, synced and renamed, so one that has its final name is complete.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { syncFolder, syncTree, writeAside } from '../durable.ts';
import type { Engine } from '../engine/types.ts';
import { CheckpointError, PapoError, RunError, systemFailure } from '../errors.ts';
import { answersSchema } from '../metrics/answers.ts';
import { type FileSums, faultIn, sumsOf } from './checksums.ts';

/** Earlier versions kept means over questions, which nothing can be paired with: as if nothing had been asked. */
const meansSchema = z.object({ all: z.object({ sampled: z.number() }) }).transform(() => null);

const stateSchema = z.object({
  version: z.literal(1),
  /** Steps that are done. */
  step: z.number().int().min(0),
  /** Rows of the shuffled training data that are used up. */
  position: z.number().int().min(0),
  /** Of the settings that decide the numbers of a run. */
  configHash: z.string(),
  /** Rows of the training data: a run does not go on with other data. */
  rows: z.number().int(),
  /** Coefficients of the next step. γ is a function of the step; β is not where its schedule is adaptive. */
  schedule: z.object({ gamma: z.number(), beta: z.number() }),
  best: z.object({ step: z.number(), accuracy: z.number() }).nullable(),
  /** What the test questions were answered with before the first step. */
  before: z.union([answersSchema, meansSchema]).nullable(),
  /** Totals of the run so far. */
  totals: z.object({
    skippedRows: z.number(),
    discardedGroups: z.number(),
    skippedSteps: z.number(),
    maskedUnchanged: z.number(),
    seconds: z.number(),
  }),
});

/** What a checkpoint holds beside the policy and its moments. Random numbers are keyed by step, so there is no stream to keep. */
export type RunState = z.infer<typeof stateSchema>;

/** What a state.json holds beside the state; folders of earlier versions have neither. */
const sumsSchema = z.object({
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })).optional(),
  /** Of the file's JSON without this key and without white space. */
  sha256: z.string().optional(),
});

export interface SavedCheckpoint {
  step: number;
  dir: string;
}

/** A checkpoint that can be gone on from. */
export interface SoundCheckpoint extends SavedCheckpoint {
  state: RunState;
}

const FOLDER = /^step-(\d{6,})$/;
const STATE = 'state.json';
/** Folders that are being written, removed, or were found damaged. */
const [ASIDE, GOING, DAMAGED] = ['.saving-', '.removing-', 'damaged-'];

const sha256 = (json: unknown) => createHash('sha256').update(JSON.stringify(json)).digest('hex');

export class CheckpointStore {
  /** `<run>/checkpoints`. */
  readonly dir: string;
  private readonly runDir: string;

  constructor(runDir: string) {
    this.runDir = runDir;
    this.dir = join(runDir, 'checkpoints');
  }

  pathOf(step: number): string {
    return join(this.dir, `step-${String(step).padStart(6, '0')}`);
  }

  /** Complete checkpoints, oldest first. */
  list(): SavedCheckpoint[] {
    return names(this.dir)
      .flatMap((name) => {
        const match = FOLDER.exec(name);
        return match ? [{ step: Number(match[1]), dir: join(this.dir, name) }] : [];
      })
      .sort((a, b) => a.step - b.step);
  }

  newest(): SavedCheckpoint | undefined {
    return this.list().at(-1);
  }

  /**
   * The newest checkpoint whose files are what was saved. Newer ones are set aside as `damaged-step-…`, each told of in
   * a line. Nothing where there is no checkpoint at all.
   * @throws CheckpointError where all are damaged (they stay where they are) or one cannot be read
   */
  async newestSound(say: (text: string) => void): Promise<SoundCheckpoint | undefined> {
    const damaged: { from: SavedCheckpoint; fault: string }[] = [];
    for (const saved of this.list().reverse()) {
      const found = await this.examine(saved);
      if (!('fault' in found)) {
        for (const { from, fault } of damaged) {
          this.setAside(from);
          say(`${from.dir} is damaged and passed over: ${fault}; going on from step ${saved.step}`);
        }
        return { ...saved, state: found.state };
      }
      damaged.push({ from: saved, fault: found.fault });
    }
    const [newest] = damaged;
    if (!newest) return undefined;
    throw new CheckpointError(
      damaged.length > 1
        ? `${this.dir}: all ${damaged.length} checkpoints are damaged, the newest: ${newest.fault}; start a new run with --name`
        : `${newest.from.dir}: the only checkpoint is damaged: ${newest.fault}; start a new run with --name`,
    );
  }

  private async examine(saved: SavedCheckpoint): Promise<{ state: RunState } | { fault: string }> {
    try {
      const { state, files } = this.read(saved);
      const fault = files && (await faultIn(saved.dir, files));
      return fault === undefined ? { state } : { fault };
    } catch (error) {
      if (error instanceof Damage) return { fault: error.message };
      throw new CheckpointError(`${saved.dir}: ${systemFailure(error, 'read')}`, { cause: error });
    }
  }

  /** @throws Damage where state.json is not what was saved */
  private read({ step, dir }: SavedCheckpoint): { state: RunState; files: FileSums | undefined } {
    const json = jsonOf(join(dir, STATE));
    const state = checked(stateSchema, json);
    const { files, sha256: sum } = checked(sumsSchema, json);
    const { sha256: _, ...rest } = json as Record<string, unknown>;
    if ((files !== undefined || sum !== undefined) && sum !== sha256(rest))
      throw new Damage(`${STATE} is not what was saved (its checksum differs)`);
    if (state.step !== step) throw new Damage(`it was saved after step ${state.step}`);
    return { state, files };
  }

  /**
   * Writes the policy and the state. Where there is a checkpoint of that step, which has the same policy, only the state
   * is brought up to date.
   * @throws CheckpointError where it cannot be written, RunError where the run's folder is gone; what was written is
   *   removed, earlier checkpoints are untouched
   */
  async save(engine: Engine, state: RunState): Promise<string> {
    const dir = this.pathOf(state.step);
    const aside = join(this.dir, `${ASIDE}step-${state.step}`);
    try {
      if (existsSync(dir)) {
        const { state: saved, files } = this.read({ step: state.step, dir });
        if (!isDeepStrictEqual(saved, state)) writeState(dir, state, files);
        return dir;
      }
      // The run's own folder is not made again where someone removed it.
      if (!existsSync(this.dir)) mkdirSync(this.dir);
      rmSync(aside, { recursive: true, force: true });
      mkdirSync(aside);
      await engine.save(aside);
      writeState(aside, state, await sumsOf(aside));
      syncTree(aside);
      renameSync(aside, dir);
      syncFolder(this.dir);
    } catch (error) {
      try {
        rmSync(aside, { recursive: true, force: true });
      } catch {}
      if (!existsSync(this.runDir)) throw goneError(this.runDir);
      const last = this.newest();
      const rest = last
        ? `the checkpoint of step ${last.step} is untouched`
        : 'there is no earlier checkpoint';
      throw new CheckpointError(
        `${dir}: the checkpoint could not be saved: ${reasonOf(error, aside)}; ${rest}`,
        { cause: error },
      );
    }
    this.removeDamaged(state.step);
    return dir;
  }

  /** Removes all but the newest `keep` checkpoints and that of step `best`. */
  prune(keep: number, best: number | undefined): void {
    const all = this.list();
    for (const { step, dir } of all.slice(0, Math.max(0, all.length - keep))) {
      if (step === best) continue;
      // Under its own name a folder is whole, also while it is being removed.
      const going = join(this.dir, `${GOING}step-${step}`);
      rmSync(going, { recursive: true, force: true });
      renameSync(dir, going);
      rmSync(going, { recursive: true, force: true });
    }
  }

  /** Removes what a killed run left half written or half removed. */
  sweep(): void {
    for (const name of names(this.dir))
      if (name.startsWith(ASIDE) || name.startsWith(GOING))
        rmSync(join(this.dir, name), { recursive: true, force: true });
  }

  private setAside({ step, dir }: SavedCheckpoint): void {
    const to = join(this.dir, `${DAMAGED}${basename(this.pathOf(step))}`);
    rmSync(to, { recursive: true, force: true });
    renameSync(dir, to);
    syncFolder(this.dir);
  }

  /** What was damaged is there again, or behind the run. */
  private removeDamaged(step: number): void {
    for (const name of names(this.dir)) {
      const match = name.startsWith(DAMAGED) ? FOLDER.exec(name.slice(DAMAGED.length)) : null;
      if (match && Number(match[1]) <= step) rmSync(join(this.dir, name), { recursive: true, force: true });
    }
  }
}

/** A checkpoint that is not what was saved. */
class Damage extends Error {}

export const goneError = (runDir: string) =>
  new RunError(
    `${runDir}: the run's folder was removed or moved while the run was going on; nothing more can be saved, start again`,
  );

const names = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);

/** @throws Damage where state.json lacks something */
function checked<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Damage(`${STATE}: ${path.join('.')}: ${message}`);
}

function jsonOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new Damage('it is a file, not a folder');
    if (code === 'EISDIR') throw new Damage(`${STATE} is a folder`);
    if (code !== 'ENOENT') throw error;
    throw new Damage(`${STATE} is missing`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Damage(`${STATE} is not JSON`);
  }
}

function writeState(dir: string, state: RunState, files: FileSums | undefined): void {
  const all = files ? { ...state, files } : state;
  const json = { ...all, ...(files ? { sha256: sha256(all) } : {}) };
  writeAside(join(dir, STATE), () => [Buffer.from(`${JSON.stringify(json, null, 2)}\n`)]);
}

function reasonOf(error: unknown, aside: string): string {
  if (!(error instanceof PapoError)) return `it ${systemFailure(error, 'write')}`;
  return error.message.replace(`${aside}/`, '');
}
