/**
 * Supervised pre-training of a policy on the built-in tasks: describing scenes and answering questions in the
 * `<think> ... </think> \boxed{}` form. A recipe describes first: a trial showed that without it a small policy stays at
 * the prior.
 */
import { createHash } from 'node:crypto';
import { OnnxEngine } from '../engine/onnx/engine.ts';
import { type Checkpoint, readCheckpoint } from '../model/checkpoint.ts';
import type { Objective } from '../objective/types.ts';
import { openPolicy } from '../rollout/policy.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { resolveConfig } from '../settings/resolve.ts';
import * as t from '../tensor/ops.ts';
import { newBasePolicy } from './base-policy.ts';
import { batchOf } from './examples.ts';
import type { Part, Plan } from './plan.ts';
import type { Recipe, Stage } from './recipe.ts';
import { measure, type Reached, type Sampled, validate } from './validate.ts';

/** Where pre-training stands; of a validation, where there was one at this step. */
export interface PretrainReport extends Partial<Sampled> {
  recipe: string;
  /** From 1. */
  stage: number;
  /** Of this recipe, from 1. */
  step: number;
  /** Mean negative log-likelihood a token over the last steps, in nats. */
  loss: number;
  /** Since the start of the first recipe. */
  seconds: number;
}

export interface PretrainOptions {
  report: (report: PretrainReport) => void;
  /** Aborted, it ends pre-training after the step that is being computed. */
  signal?: AbortSignal;
  inProcess?: boolean;
}

export interface Pretrained {
  checkpoint: Checkpoint;
  parameters: number;
  /** Of the parameters that it started from, where these are a policy's; SHA-256. */
  startedFrom?: string;
  /** At the last step of each recipe. */
  ends: PretrainReport[];
  reached: Reached;
}

/** Negative log-likelihood, averaged by the weights. */
const likelihood: Objective = {
  gradientViews: [],
  arrays: [],
  coefficients: {},
  build: ({ logp, weight }) => {
    const loss = t.neg(t.sum(t.mul(weight, logp)));
    return { loss, terms: { nll: loss } };
  },
};

/**
 * Follows the recipes one after the other and hands back what they made. `report` is called after every tenth step.
 * @throws the signal's reason where it aborts, CheckpointError for the policy that is to be started from
 */
export async function pretrain(plan: Plan, options: PretrainOptions): Promise<Pretrained> {
  const start = plan.from === undefined ? newPolicy(plan.parts[0]) : readStart(plan.from);
  const run = new Pretraining(plan, options, start.text, start.checkpoint);
  const ends: PretrainReport[] = [];
  for (const part of plan.parts) ends.push(await run.follow(part));
  const { recipe } = plan.parts[plan.parts.length - 1];
  const { parameters, reached } = await run.using(async (engine) => ({
    parameters: engine.size,
    reached: await measure(engine, start.text, recipe),
  }));
  options.signal?.throwIfAborted();
  const startedFrom = plan.from === undefined ? undefined : weightsHash(start.checkpoint);
  return { checkpoint: run.checkpoint, parameters, startedFrom, ends, reached };
}

interface Start {
  checkpoint: Checkpoint;
  text: PolicyText;
}

function newPolicy({ name, recipe: { seed, shape } }: Part): Start {
  if (shape === null) throw new TypeError(`${name}: begins with new parameters and has no shape`);
  return newBasePolicy(seed, shape);
}

function readStart(policy: string): Start {
  const { dir, text } = openPolicy(resolveConfig([{ from: '--from', values: { policy } }]));
  return { checkpoint: readCheckpoint(dir), text };
}

/** Of all parameters in the policy's order. */
export function weightsHash({ policy, parameters }: Checkpoint): string {
  const hash = createHash('sha256');
  for (const { name } of policy.parameters) {
    const data = parameters.get(name)?.data;
    if (data) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

class Pretraining {
  private readonly started = performance.now();
  private readonly plan: Plan;
  private readonly options: PretrainOptions;
  private readonly text: PolicyText;
  checkpoint: Checkpoint;

  constructor(plan: Plan, options: PretrainOptions, text: PolicyText, checkpoint: Checkpoint) {
    this.plan = plan;
    this.options = options;
    this.text = text;
    this.checkpoint = checkpoint;
  }

  /** An engine on the parameters as they are now. */
  async using<T>(work: (engine: OnnxEngine) => Promise<T>): Promise<T> {
    this.options.signal?.throwIfAborted();
    const engine = await OnnxEngine.open(this.checkpoint, {
      threads: this.plan.threads,
      inProcess: this.options.inProcess,
      microBatchRows: 16_384,
      // The policies that come with the package were made so; `papo pretrain` makes the same bits again.
      packed: false,
    });
    try {
      return await work(engine);
    } finally {
      await engine.close();
    }
  }

  /** All stages of a recipe, each with fresh moments of the optimiser. @returns its last report */
  async follow({ name, recipe }: Part): Promise<PretrainReport> {
    let last: PretrainReport = { recipe: name, stage: 1, step: 0, loss: Number.NaN, seconds: 0 };
    for (const [i, stage] of recipe.stages.entries()) {
      const before: PretrainReport = { ...last, stage: i + 1 };
      await this.using(async (engine) => {
        last = await this.runStage(recipe, stage, engine, before);
        this.checkpoint = await engine.snapshot();
      });
      if ((last.accuracy ?? 0) >= recipe.until) break;
    }
    return last;
  }

  private async runStage(
    recipe: Recipe,
    stage: Stage,
    engine: OnnxEngine,
    before: PretrainReport,
  ): Promise<PretrainReport> {
    const { report, signal } = this.options;
    const recent: number[] = [];
    const count = Math.min(stage.stop ?? stage.steps, stage.steps);
    let groups = batchOf(recipe, stage, this.text, before.step + 1);
    let last = before;
    for (let k = 1; k <= count; k++) {
      const step = before.step + k;
      const running = engine.accumulate(groups, likelihood, { temperature: 1 });
      // The next batch is drawn while the engine's thread computes.
      if (k < count) groups = batchOf(recipe, stage, this.text, step + 1);
      const { nll } = await running;
      await engine.step({
        learningRate: stage.learningRate * rate(k, stage),
        beta1: 0.9,
        beta2: 0.98,
        eps: 1e-8,
        weightDecay: 0.05,
        gradClip: 1,
      });
      signal?.throwIfAborted();
      recent.push(nll);
      if (recent.length > 50) recent.shift();
      if (k % 10 !== 0 && k !== count) continue;
      const loss = recent.reduce((a, b) => a + b, 0) / recent.length;
      const due = step % recipe.validateEvery === 0 || k === count;
      const validation = due && (await validate(engine, this.text, recipe.seed, recipe.validationRows));
      signal?.throwIfAborted();
      const seconds = (performance.now() - this.started) / 1000;
      last = { recipe: before.recipe, stage: before.stage, step, loss, seconds, ...validation };
      report(last);
      if (validation && validation.accuracy >= recipe.until) break;
    }
    return last;
  }
}

/** Warm-up, then a half cosine down to a tenth. */
function rate(step: number, { steps, warmupSteps }: Stage): number {
  const down = 0.1 + 0.45 * (1 + Math.cos((Math.PI * step) / steps));
  return (warmupSteps === 0 ? 1 : Math.min(step / warmupSteps, 1)) * down;
}
