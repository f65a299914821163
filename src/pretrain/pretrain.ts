/**
 * Supervised pre-training of a base policy on the built-in tasks: describing scenes and answering questions in the
 * `<think> ... </think> \boxed{}` form. Describing is most of it: a trial showed that without it a small policy stays
 * at the prior.
 */

import { description } from '../data/builtin/describe.ts';
import { renderScene } from '../data/builtin/draw.ts';
import { makeUndrawn } from '../data/builtin/make.ts';
import { solution } from '../data/builtin/solution.ts';
import type { Dependency } from '../data/row.ts';
import { TAUGHT, type TaskName } from '../data/tasks/index.ts';
import { OnnxEngine } from '../engine/onnx/engine.ts';
import type { Prompt, TrainGroup } from '../engine/types.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Objective } from '../objective/types.ts';
import { type Random, random } from '../random.ts';
import { extractBoxed } from '../reward/mathruler/boxed.ts';
import { gradeAnswer } from '../reward/mathruler/grade.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import * as t from '../tensor/ops.ts';
import { encodePrompt, promptMessages } from '../text/prompt.ts';
import { prepareImage } from '../vision/processor.ts';
import { type BaseShape, newBasePolicy } from './base-policy.ts';

/** A stretch of training with one mixture. */
export interface Stage {
  /** Optimiser steps over which the learning rate falls ... */
  steps: number;
  /** ... and after which the stage ends, where that is earlier. */
  stop?: number;
  learningRate: number;
  /** Share of the batches that describe scenes instead of answering questions. */
  describe: number;
  /** Kinds of question, each as often as it is named; all alike unless given. */
  tasks?: readonly TaskName[];
  /** Levels of dependency of the questions, each as often as it is named; mostly high unless given. */
  levels?: readonly Dependency[];
  /** Share of the answers in one wording: what is learnt from these is what was seen, not how it can be said; 0 unless given. */
  plain?: number;
  /** How much more a digit of an answer weighs than any other token; 1 unless given. */
  digits?: number;
}

export interface PretrainOptions {
  seed: string;
  shape: BaseShape;
  /** One after the other, each with fresh optimiser moments. */
  stages: readonly Stage[];
  batch: number;
  /** Validation questions, each answered once at temperature 1. */
  validationRows: number;
  validateEvery: number;
  /** Stops once this share of the validation questions is answered rightly. */
  until: number;
  threads?: number;
  inProcess?: boolean;
}

/** More of what has to be looked up and counted. */
const COUNTING: readonly TaskName[] = [
  'count',
  'count',
  'count',
  'sum',
  'difference',
  'compare',
  'compare',
  'chart',
  'relation',
  'angle',
];

/** The recipe of the shipped base policy. */
export const RECIPE: PretrainOptions = {
  seed: 'base-policy-1',
  shape: {
    hidden: 128,
    layers: 4,
    heads: 4,
    kvHeads: 2,
    intermediate: 352,
    visionHidden: 64,
    visionDepth: 2,
    visionHeads: 4,
    visionIntermediate: 128,
    vocabulary: 512,
  },
  // First it learns to see. What it describes without a fault it does not yet use to answer: so then it answers in one
  // wording, where what was seen is most of what there is to learn, and last in many.
  stages: [
    { steps: 2400, stop: 2000, learningRate: 2e-3, describe: 0.65 },
    { steps: 800, stop: 700, learningRate: 1e-3, describe: 0.25, plain: 1, digits: 4 },
    {
      steps: 900,
      stop: 600,
      learningRate: 1.8e-3,
      describe: 0.12,
      plain: 1,
      digits: 4,
      levels: ['high'],
      tasks: COUNTING,
    },
    {
      steps: 700,
      stop: 500,
      learningRate: 1.2e-3,
      describe: 0.12,
      plain: 1,
      digits: 4,
      levels: ['high'],
      tasks: COUNTING,
    },
    {
      steps: 220,
      learningRate: 5e-4,
      describe: 0.05,
      plain: 0.5,
      digits: 4,
      levels: ['high', 'high', 'high', 'high', 'medium', 'low'],
    },
  ],
  batch: 64,
  validationRows: 384,
  validateEvery: 100,
  until: 1,
};

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

export type Reporter = (r: PretrainReport, policy?: Checkpoint) => void;

/** Steps of a recipe, all stages together. */
export const stepsOf = (stages: readonly Stage[]): number =>
  stages.reduce((n, s) => n + (s.stop ?? s.steps), 0);

/**
 * Trains a new policy and hands it back. `report` is called after every tenth step; after a validation it is handed
 * the policy as it stands, too.
 */
export async function pretrain(
  o: PretrainOptions,
  report: Reporter,
): Promise<{ checkpoint: Checkpoint; parameters: number; last: PretrainReport }> {
  const { checkpoint, text } = newBasePolicy(o.seed, o.shape);
  return runStages(o, checkpoint, text, 0, report);
}

/** Goes through the stages from number `from` on, starting with the policy given. */
export async function runStages(
  o: PretrainOptions,
  start: Checkpoint,
  text: PolicyText,
  from: number,
  report: Reporter,
) {
  let checkpoint = start;
  let parameters = 0;
  let last: PretrainReport = { step: stepsOf(o.stages.slice(0, from)), loss: Number.NaN, seconds: 0 };
  const started = performance.now();
  for (const stage of o.stages.slice(from)) {
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
  report: Reporter,
): Promise<PretrainReport> {
  const recent: number[] = [];
  const digitIds = new Set(Array.from('0123456789', (d) => text.tokenizer.idOf(d)!));
  const draw = (step: number) => {
    const kind = kindOf(o, stage, step);
    const groups = Array.from({ length: o.batch }, (_, i) =>
      example(o, text, kind, (step - 1) * o.batch + i),
    );
    weigh(groups, digitIds, kind.describing ? 1 : (stage.digits ?? 1));
    return groups;
  };
  const count = stage.stop ?? stage.steps;
  let groups = draw(before + 1);
  let last: PretrainReport = { step: before, loss: Number.NaN, seconds: 0 };
  for (let k = 1; k <= count; k++) {
    const step = before + k;
    const running = engine.accumulate(groups, likelihood, { temperature: 1 });
    // The next batch is drawn while the engine's thread computes.
    groups = draw(step + 1);
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
    if (due) Object.assign(last, await validate(engine, text, o));
    report(last, due ? await engine.snapshot() : undefined);
    if (due && last.accuracy! >= o.until) break;
  }
  return last;
}

/** Warm-up, then a half cosine down to a tenth. */
function rate(step: number, steps: number, warmUp: number): number {
  const down = 0.1 + 0.45 * (1 + Math.cos((Math.PI * step) / steps));
  return Math.min(step / warmUp, 1) * down;
}

const LEVELS: readonly Dependency[] = ['high', 'high', 'high', 'medium', 'low'];

interface BatchKind {
  describing: boolean;
  dependency: Dependency;
  plain: number;
  tasks: readonly TaskName[];
}

/** A batch is of one kind, so that its examples are of like length. */
function kindOf(o: PretrainOptions, stage: Stage, step: number): BatchKind {
  const rng = random(o.seed, 'kind', step);
  const describing = rng.next() < stage.describe;
  return {
    describing,
    plain: stage.plain ?? 0,
    tasks: stage.tasks ?? TAUGHT,
    dependency: describing ? 'high' : rng.pick(stage.levels ?? LEVELS),
  };
}

/** A supervised response, with what its tokens weigh. */
interface Example extends TrainGroup {
  arrays_G: [{ weight: Float32Array }];
}

/** A scene is met once: example i is drawn from its own stream. */
function example(o: PretrainOptions, text: PolicyText, kind: BatchKind, i: number): Example {
  const rng = random(o.seed, 'example', i);
  const tasks = [rng.pick(kind.tasks)];
  const row = makeUndrawn(`${o.seed}-train`, i, { dependency: kind.dependency, split: 'train', tasks });
  const { scene } = row.meta;
  // A share of 0 or 1 draws nothing.
  const plain = kind.plain === 1 || (kind.plain > 0 && rng.next() < kind.plain);
  const words = kind.describing
    ? description(scene, rng)
    : { question: row.problem, text: solution(row, plain ? PLAIN : rng) };
  const problem = kind.describing ? `<image>${words.question}` : words.question;
  const prompt = promptOf(text, row.id, problem, scene);
  const tokens = Int32Array.from([...text.tokenizer.encode(words.text), text.tokenizer.special.imEnd]);
  return { prompt, responses_G: [tokens], arrays_G: [{ weight: new Float32Array(tokens.length) }] };
}

/** Weights that add up to 1 over the batch: all tokens alike, but for those that count `times` as much. */
function weigh(groups: readonly Example[], heavy: ReadonlySet<number>, times: number): void {
  let total = 0;
  for (const g of groups) {
    const weight = g.arrays_G[0].weight;
    g.responses_G[0].forEach((id, j) => {
      weight[j] = heavy.has(id) ? times : 1;
      total += weight[j];
    });
  }
  for (const { arrays_G } of groups)
    arrays_G[0].weight.forEach((w, j, weight) => {
      weight[j] = w / total;
    });
}

/** Draws that always fall on the first choice. */
const PLAIN: Random = {
  next: () => 0.999,
  int: () => 0,
  pick: (items) => items[0],
  normal: () => 0,
  shuffle: (items) => [...items],
};

function promptOf(
  text: PolicyText,
  id: string,
  problem: string,
  scene: Parameters<typeof renderScene>[0],
): Prompt {
  const image = prepareImage(renderScene(scene), text.processor);
  const messages = promptMessages(problem, 1, id, text.format);
  const ids_L = encodePrompt(messages, [image.gridThw], text, text.processor.mergeSize, id);
  return { id, ids_L, views: { original: [image] } };
}

async function validate(
  engine: OnnxEngine,
  text: PolicyText,
  o: PretrainOptions,
): Promise<Pick<PretrainReport, 'accuracy' | 'format' | 'entropy' | 'byTask'>> {
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
