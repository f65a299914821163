/** The training loop. It speaks to an engine and to files, and knows neither which engine nor which terminal it has. */
import type { Rows } from '../data/source.ts';
import { UserFunctionError } from '../errors.ts';
import { blankMask } from '../mask/kinds/blank.ts';
import type { Mask } from '../mask/types.ts';
import type { Answers } from '../metrics/answers.ts';
import type { RolloutContext } from '../rollout/rollout.ts';
import { Unseen } from '../rollout/unseen.ts';
import { type Evaluation, evaluate, evaluationOf, type FurtherViews } from '../rollout/validate.ts';
import type { CheckpointStore, RunState } from '../run/checkpoint.ts';
import type { RunLog } from '../run/log.ts';
import type { RunConfig } from '../settings/config.ts';
import { klPrcpOf, sampleLines, stepLine, testLine, validationLine } from './lines.ts';
import { evaluationLine, type Progress } from './progress.ts';
import { coefficientsAt, type StepContext, trainStep } from './step.ts';
import { Stopwatch } from './stopwatch.ts';
import { Watch } from './watch.ts';

/** Thrown where the run was asked to stop and stands at a place from which it can go on. */
class Interrupted extends Error {}

export interface LoopParts extends Omit<StepContext, 'check' | 'clock' | 'verify'> {
  validation: Rows;
  test: Rows;
  store: CheckpointStore;
  log: RunLog;
  progress: Progress;
  /** Aborted where the run is to stop: it saves a checkpoint and returns. */
  signal: AbortSignal;
  /** Accuracy of the state's step in validation where metrics.jsonl has it: a run can be stopped between the two. */
  validated: number | undefined;
  /** Ids of test rows that the run was trained on before this session. */
  trainedOn?: readonly string[];
}

export interface Outcome {
  state: RunState;
  /** Accuracy on the test questions; null where none are asked, or the run was stopped. */
  before: Evaluation | null;
  after: Evaluation | null;
  interrupted: boolean;
  /** Test questions that are training questions as well, and were trained on. */
  trainedOn: number;
  /** The newest checkpoint, where there is one. */
  checkpoint: string | undefined;
}

/** The state in which a run begins. */
export function firstState(config: RunConfig, configHash: string, rows: number): RunState {
  return {
    version: 1,
    step: 0,
    position: 0,
    rows,
    configHash,
    schedule: { gamma: config.objective.gamma, beta: config.objective.beta },
    best: null,
    before: null,
    totals: { skippedRows: 0, discardedGroups: 0, skippedSteps: 0, maskedUnchanged: 0, seconds: 0 },
  };
}

/** Trains from `state` to the last step. @throws PapoError where data or disk give out; the last checkpoint is intact */
export async function trainLoop(parts: LoopParts, state: RunState): Promise<Outcome> {
  return new Loop(parts, structuredClone(state)).run();
}

class Loop {
  private readonly parts: LoopParts;
  private readonly state: RunState;
  private readonly watch = new Stopwatch();
  private readonly context: StepContext;
  private readonly stepSeconds: number[] = [];
  private readonly troubles: Watch;
  private unseen!: Unseen;

  constructor(parts: LoopParts, state: RunState) {
    this.parts = parts;
    this.state = state;
    this.context = { ...parts, verify: false, clock: this.watch.clock, check: this.check };
    this.troubles = new Watch(parts.config.train.updateWithoutSignal);
  }

  private check = (): void => {
    if (this.parts.signal.aborted) throw new Interrupted();
  };

  async run(): Promise<Outcome> {
    const { config, stream } = this.parts;
    const { state } = this;
    stream.position = state.position;
    this.unseen = await Unseen.of(this.parts.test, this.parts.trainedOn);
    try {
      await this.first();
      while (state.step < config.train.steps) {
        await this.step();
        this.check();
        if (this.validates(state.step)) await this.validate();
        this.parts.log.sync();
        if (this.saves(state.step)) await this.save();
      }
      const after = await this.test();
      if (after) this.parts.log.write(testLine(state.step, after, state.before));
      return this.outcome(after, false);
    } catch (error) {
      // A user's function that was cut off because the run is to stop.
      const cutOff = error instanceof UserFunctionError && this.parts.signal.aborted;
      if (!(error instanceof Interrupted || cutOff)) throw error;
      this.parts.progress.end();
      if (cutOff) this.parts.progress.say(error.message);
      this.parts.log.sync();
      if (state.step > 0) await this.save();
      return this.outcome(null, true);
    }
  }

  private outcome(answers: Answers | null, interrupted: boolean): Outcome {
    const { state } = this;
    const [before, after] = [state.before, answers].map((found) => found && evaluationOf(found));
    const checkpoint = this.parts.store.newest()?.dir;
    const trainedOn = this.unseen.count;
    return { state, before, after, interrupted, trainedOn, checkpoint };
  }

  /** What has to be measured before the first step of this session. */
  private async first(): Promise<void> {
    const { state, parts } = this;
    if (state.step === 0) {
      state.before = await this.test();
      if (state.before) {
        parts.log.write(testLine(0, state.before, null));
        parts.progress.say(evaluationLine('before training, test', evaluationOf(state.before)));
      }
    }
    if (parts.validated !== undefined) this.rate(parts.validated);
    else if (this.validates(state.step)) await this.validate();
    // The checkpoint that the run goes on from may not know yet that it is the best.
    if (state.best?.step === state.step) await this.save();
  }

  private validates(step: number): boolean {
    const { config, validation } = this.parts;
    const { every } = config.validation;
    if (every === 0 || validation.length === 0) return false;
    return step % every === 0 || step === config.train.steps;
  }

  private saves(step: number): boolean {
    const { train, checkpoint } = this.parts.config;
    if (step === train.steps || step === this.state.best?.step) return true;
    return checkpoint.every > 0 && step % checkpoint.every === 0;
  }

  private async step(): Promise<void> {
    const { parts, state } = this;
    const { config, progress, log, stream } = parts;
    const step = state.step + 1;
    const skippedBefore = stream.skipped;
    this.watch.lap();
    const verify = config.engine.selfCheck && this.stepSeconds.length === 0;
    const result = await trainStep({ ...this.context, verify }, step, state.schedule.beta);
    const seconds = this.watch.lap();
    const skippedRows = stream.skipped - skippedBefore;
    const met = this.unseen.meet(result.collected.kept.map(({ row }) => row));
    if (met.length > 0 && this.unseen.count === met.length)
      progress.say(
        `note: ${met[0]} is a test question and a training question: accuracy on the test questions is not that on unseen ones`,
      );
    const line = stepLine(step, result, { seconds, skippedRows, trainedOn: met });
    log.write(line);
    log.sample(sampleLines(step, result, config.logging.samples));
    state.step = step;
    state.position = stream.position;
    state.schedule = coefficientsAt(config, step + 1, result.beta);
    state.totals.skippedRows += skippedRows;
    state.totals.discardedGroups += result.collected.discarded;
    state.totals.skippedSteps += result.skippedSteps;
    state.totals.maskedUnchanged += result.masked.unchanged;
    state.totals.seconds += seconds.total;
    this.stepSeconds.push(seconds.total);
    progress.step({
      step,
      steps: config.train.steps,
      reward: line.reward,
      accuracy: line.accuracy,
      klPrcp: klPrcpOf(result),
      entropy: line.entropy,
      seconds: seconds.total,
      meanSeconds: typical(this.stepSeconds),
    });
    for (const text of this.troubles.after(step, result)) progress.say(text);
  }

  private async validate(): Promise<void> {
    const { config, validation, log, progress } = this.parts;
    const { state } = this;
    const { maxTokens, temperature, topP } = config.rollout;
    const answers = await evaluate(this.quiet(), validation, {
      samples: config.validation.samples,
      greedy: false,
      batch: this.batch(),
      sampling: { maxTokens, temperature, topP },
      seed: `${config.seed}/validation`,
      check: this.check,
    });
    const result = evaluationOf(answers);
    log.write(validationLine(state.step, answers));
    this.rate(result.all.sampled);
    progress.say(evaluationLine(`step ${state.step}, validation`, result));
  }

  private rate(accuracy: number): void {
    const { state } = this;
    if (state.step > 0 && accuracy > (state.best?.accuracy ?? -1))
      state.best = { step: state.step, accuracy };
  }

  /** Temperature 1 and all tokens, so that runs compare whatever they trained with. */
  private async test(): Promise<Answers | null> {
    const { config, test, progress } = this.parts;
    if (test.length === 0) return null;
    progress.doing(`asking ${test.length} test questions ...`);
    const result = await evaluate(this.quiet(), test, {
      samples: config.test.samples,
      greedy: true,
      batch: this.batch(),
      sampling: { maxTokens: config.rollout.maxTokens, temperature: 1, topP: 1 },
      seed: `${config.seed}/test`,
      further: this.furtherViews(),
      check: this.check,
    });
    progress.doing('');
    return result;
  }

  /** The masked view is that of the last step, so that it is the same before and after. */
  private furtherViews(): FurtherViews | undefined {
    const { config, masks } = this.parts;
    const { views, viewRows, viewSamples } = config.test;
    if (views.length === 0) return undefined;
    const { steps } = config.train;
    const known: Record<(typeof views)[number], Mask> = {
      masked: masks.masked.at?.(steps, steps) ?? masks.masked,
      blank: blankMask(),
    };
    const made = Object.fromEntries(views.map((view) => [view, known[view]]));
    return { masks: made, rows: viewRows, samples: viewSamples, key: [config.seed, 'test', 'mask'] };
  }

  /** Evaluation does not count into the seconds of a step. */
  private quiet(): RolloutContext {
    return { ...this.context, clock: (_, work) => work() };
  }

  private batch(): number {
    const { prompts, samples } = this.parts.config.rollout;
    return prompts * samples;
  }

  private async save(): Promise<void> {
    const { store, engine, config } = this.parts;
    await store.save(engine, this.state);
    store.prune(config.checkpoint.keep, this.state.best?.step);
  }
}

/** The mean of the last steps without the slowest: the first ones compile. */
function typical(seconds: readonly number[]): number {
  const last = seconds.slice(-10);
  const kept = last.length > 2 ? [...last].sort((a, b) => a - b).slice(0, -1) : last;
  return kept.reduce((a, b) => a + b, 0) / kept.length;
}
