/** A run that a program starts. */
import type { Evaluation } from '../rollout/validate.ts';
import { layersOf, type SettingsSource } from '../settings/run-config.ts';
import { Progress } from './progress.ts';
import { trainRun } from './start.ts';

/** How a run is started, beside its settings. */
export interface TrainOptions {
  /** The folder of a run to go on with, to the same numbers as an uninterrupted one; the settings are laid over its own. */
  resume?: string;
  /** Told of each line that `papo train` prints; nothing is printed unless told. */
  say?: (line: string) => void;
  /** Aborted where the run is to stop: it saves a checkpoint after what is being computed, and returns. */
  signal?: AbortSignal;
}

/** What came out of a run. */
export interface TrainResult {
  /** The folder of the run (docs/files.md). */
  dir: string;
  /** Steps done, of `train.steps`. */
  steps: number;
  /** The newest checkpoint; none where the run was stopped before its first. */
  checkpoint: string | undefined;
  /** Accuracy on the test questions before and after training; null where none are asked or the run was stopped. */
  before: Evaluation | null;
  after: Evaluation | null;
  /** Whether the signal stopped it. */
  interrupted: boolean;
}

/**
 * What `papo train` does: trains a policy, and leaves metrics, samples and checkpoints in `<out>/<name>`. Signals of the
 * process are left alone.
 *
 * @param settings of the run, or the path of a YAML file; for several that are laid over each other see `runConfig`
 * @throws ConfigError, DataError, CheckpointError, RunError, UserFunctionError, SelfCheckError, each with one line that says
 *   what to do; the last checkpoint is intact and the run can go on
 *
 * @example
 * import { train } from 'papo';
 *
 * const { before, after, checkpoint } = await train(
 *   {
 *     preset: 'papo-g',
 *     data: { builtin: { train: 16, validation: 8, test: 8 } },
 *     rollout: { prompts: 4, samples: 4 },
 *     train: { steps: 1 },
 *   },
 *   { say: console.log },
 * );
 * before?.rows; // 8
 * after?.samples; // 8
 * checkpoint; // 'runs/papo-g-seed1/checkpoints/step-000001'
 */
export async function train(settings: SettingsSource = {}, options: TrainOptions = {}): Promise<TrainResult> {
  const { resume, say = () => {}, signal = new AbortController().signal } = options;
  const progress = new Progress({ write: (text) => say(text.replace(/\n$/, '')) });
  const { outcome, dir } = await trainRun({ layers: layersOf([settings]), resume }, progress, signal);
  const { state, checkpoint, before, after, interrupted } = outcome;
  return { dir, steps: state.step, checkpoint, before, after, interrupted };
}
