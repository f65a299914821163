/**
 * Supervised pre-training of a base policy on the built-in tasks: describing scenes and answering questions in the
 * `<think> ... </think> \boxed{}` form. Describing is most of it: a trial showed that without it a small policy stays
 * at the prior.
 */

import { makeUndrawn } from '../data/builtin/make.ts';
import { OnnxEngine } from '../engine/onnx/engine.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Objective } from '../objective/types.ts';
import { extractBoxed } from '../reward/mathruler/boxed.ts';
import { gradeAnswer } from '../reward/mathruler/grade.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import * as t from '../tensor/ops.ts';
import { newBasePolicy } from './base-policy.ts';
import { batchOf, promptOf } from './examples.ts';
import type { PretrainOptions, Stage } from './recipe.ts';

export interface PretrainReport {
  step: number;
  /** Mean negative log-likelihood a token over the last steps, in nats. */
  loss: number;
  /** Of the validation, where there was one at this step. */
  accuracy?: number;
  format?: number;
  /** Mean −log p of the sampled tokens, in nats. */
  entropy?: number;
  byTask?: Record<string, number>;
  seconds: number;
}

type Validation = Required<Pick<PretrainReport, 'accuracy' | 'format' | 'entropy' | 'byTask'>>;

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

/** Trains a new policy and hands it back. `report` is called after every tenth step. */
export async function pretrain(
  o: PretrainOptions,
  report: (r: PretrainReport) => void,
): Promise<{ checkpoint: Checkpoint; parameters: number; last: PretrainReport }> {
  const { checkpoint: first, text } = newBasePolicy(o.seed, o.shape);
  let checkpoint = first;
  let parameters = 0;
  let last: PretrainReport = { step: 0, loss: Number.NaN, seconds: 0 };
  const started = performance.now();
  for (const stage of o.stages) {
    const { threads, inProcess } = o;
    const engine = await OnnxEngine.open(checkpoint, { threads, inProcess, microBatchRows: 16_384 });
    parameters = engine.size;
    try {
      last = await runStage(o, stage, engine, text, last.step, started, report);
      checkpoint = await engine.snapshot();
    } finally {
      await engine.close();
    }
    if ((last.accuracy ?? 0) >= o.until) break;
  }
  return { checkpoint, parameters, last };
}

async function runStage(
  o: PretrainOptions,
  stage: Stage,
  engine: OnnxEngine,
  text: PolicyText,
  before: number,
  started: number,
  report: (r: PretrainReport) => void,
): Promise<PretrainReport> {
  const recent: number[] = [];
  const count = stage.stop ?? stage.steps;
  let groups = batchOf(o, stage, text, before + 1);
  let last: PretrainReport = { step: before, loss: Number.NaN, seconds: 0 };
  for (let k = 1; k <= count; k++) {
    const step = before + k;
    const running = engine.accumulate(groups, likelihood, { temperature: 1 });
    // The next batch is drawn while the engine's thread computes.
    groups = batchOf(o, stage, text, step + 1);
    const { nll } = await running;
    await engine.step({
      learningRate: stage.learningRate * rate(k, stage.steps, before === 0 ? 50 : 100),
      beta1: 0.9,
      beta2: 0.98,
      eps: 1e-8,
      weightDecay: 0.05,
      gradClip: 1,
    });
    recent.push(nll);
    if (recent.length > 50) recent.shift();
    if (k % 10 !== 0 && k !== count) continue;
    const loss = recent.reduce((a, b) => a + b, 0) / recent.length;
    last = { step, loss, seconds: (performance.now() - started) / 1000 };
    const due = step % o.validateEvery === 0 || k === count;
    const validation = due ? await validate(engine, text, o) : undefined;
    last = { ...last, ...validation };
    report(last);
    if (validation && validation.accuracy >= o.until) break;
  }
  return last;
}

/** Warm-up, then a half cosine down to a tenth. */
function rate(step: number, steps: number, warmUp: number): number {
  const down = 0.1 + 0.45 * (1 + Math.cos((Math.PI * step) / steps));
  return Math.min(step / warmUp, 1) * down;
}

async function validate(engine: OnnxEngine, text: PolicyText, o: PretrainOptions): Promise<Validation> {
  const rows = Array.from({ length: o.validationRows }, (_, i) =>
    makeUndrawn(`${o.seed}-validation`, i, { split: 'validation' }),
  );
  const prompts = rows.map((r) => promptOf(text, r.id, r.problem, r.meta.scene));
  const rollouts = await engine.sample(prompts, {
    samples: 1,
    maxTokens: 96,
    temperature: 1,
    topP: 1,
    seed: `${o.seed}-validation`,
  });
  const byTask: Record<string, { right: number; rows: number }> = {};
  let right = 0;
  let formatted = 0;
  let tokens = 0;
  let surprise = 0;
  rollouts.forEach(([r], i) => {
    const response = text.tokenizer.decode(r.tokens_T, { skipSpecialTokens: true });
    const boxed = extractBoxed(response);
    const good = gradeAnswer(boxed, rows[i].answer) ? 1 : 0;
    byTask[rows[i].meta.task] ??= { right: 0, rows: 0 };
    const task = byTask[rows[i].meta.task];
    task.right += good;
    task.rows++;
    right += good;
    if (boxed !== 'None') formatted++;
    tokens += r.tokens_T.length;
    for (const v of r.logprobs_T) surprise -= v;
  });
  return {
    accuracy: right / rows.length,
    format: formatted / rows.length,
    entropy: surprise / tokens,
    byTask: Object.fromEntries(Object.entries(byTask).map(([k, v]) => [k, v.right / v.rows])),
  };
}
