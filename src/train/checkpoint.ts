/**
 * The checkpoints of a run: `<run>/checkpoints/step-000040/`, each a Hugging Face folder with optimizer.safetensors and
 * state.json. A folder is written aside, synced and renamed, so one that has its final name is complete.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../engine/types.ts';
import { CheckpointError, PapoError } from '../errors.ts';
import { syncFolder, writeAside } from '../model/files.ts';

const accuracySchema = z.object({ sampled: z.number(), greedy: z.number().nullable() });

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
  /** Coefficients as the schedules left them, for a reader: they are functions of the step. */
  schedule: z.record(z.string(), z.number()),
  best: z.object({ step: z.number(), accuracy: z.number() }).nullable(),
  /** Accuracy on the test questions before the first step. */
  before: z
    .object({
      all: accuracySchema,
      kinds: z.record(z.string(), accuracySchema),
      rows: z.number(),
      samples: z.number(),
      skipped: z.number(),
    })
    .nullable(),
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

export interface SavedCheckpoint {
  step: number;
  dir: string;
}

const FOLDER = /^step-(\d{6,})$/;
const ASIDE = '.saving-';

export class CheckpointStore {
  /** `<run>/checkpoints`. */
  readonly dir: string;

  constructor(runDir: string) {
    this.dir = join(runDir, 'checkpoints');
  }

  pathOf(step: number): string {
    return join(this.dir, `step-${String(step).padStart(6, '0')}`);
  }

  /** Complete checkpoints, oldest first. */
  list(): SavedCheckpoint[] {
    if (!existsSync(this.dir)) return [];
    return readdirSync(this.dir)
      .flatMap((name) => {
        const match = FOLDER.exec(name);
        return match ? [{ step: Number(match[1]), dir: join(this.dir, name) }] : [];
      })
      .sort((a, b) => a.step - b.step);
  }

  newest(): SavedCheckpoint | undefined {
    return this.list().at(-1);
  }

  /** @throws CheckpointError where state.json is missing or damaged */
  readState(checkpoint: SavedCheckpoint): RunState {
    const path = join(checkpoint.dir, 'state.json');
    const fix = `remove ${checkpoint.dir} to continue from the checkpoint before it`;
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      throw new CheckpointError(`${path}: missing or not JSON; ${fix}`);
    }
    const parsed = stateSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    throw new CheckpointError(`${path}: ${issue.path.join('.')}: ${issue.message}; ${fix}`);
  }

  /**
   * Writes the policy and the state. A checkpoint of the same step is kept as it is.
   * @throws CheckpointError where it cannot be written; what was written is removed, earlier checkpoints are untouched
   */
  async save(engine: Engine, state: RunState): Promise<string> {
    const dir = this.pathOf(state.step);
    if (existsSync(dir)) return dir;
    const aside = join(this.dir, `${ASIDE}step-${state.step}`);
    try {
      rmSync(aside, { recursive: true, force: true });
      mkdirSync(aside, { recursive: true });
      await engine.save(aside);
      writeAside(join(aside, 'state.json'), () => [Buffer.from(`${JSON.stringify(state, null, 2)}\n`)]);
      syncTree(aside);
      renameSync(aside, dir);
      syncFolder(this.dir);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      throw new CheckpointError(
        `${dir}: the checkpoint could not be saved: ${reasonOf(error, aside)}; earlier checkpoints are untouched, continue from them with --resume`,
        { cause: error },
      );
    }
    return dir;
  }

  /** Removes all but the newest `keep` checkpoints and that of step `best`. */
  prune(keep: number, best: number | undefined): void {
    const all = this.list();
    for (const { step, dir } of all.slice(0, Math.max(0, all.length - keep)))
      if (step !== best) rmSync(dir, { recursive: true, force: true });
  }

  /** Removes what a killed run left half written. */
  sweep(): void {
    if (!existsSync(this.dir)) return;
    for (const name of readdirSync(this.dir))
      if (name.startsWith(ASIDE)) rmSync(join(this.dir, name), { recursive: true, force: true });
  }
}

function syncTree(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else {
      // Windows syncs only a file that is open for writing.
      const handle = openSync(path, 'r+');
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    }
  }
  syncFolder(dir);
}

function reasonOf(error: unknown, aside: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full; free some space';
  if (code !== undefined) return `the system says ${code}; check the folder`;
  const message = error instanceof Error ? error.message : String(error);
  const inner = error instanceof PapoError ? message.replace(`${aside}/`, '') : message;
  return inner.split('\n')[0]!;
}
