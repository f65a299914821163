/** What the base policy learns, in which order. */
import type { Dependency } from '../data/row.ts';
import type { TaskName } from '../data/tasks/index.ts';
import type { BaseShape } from './base-policy.ts';

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

/** Steps of a recipe, all stages together. */
export const stepsOf = (stages: readonly Stage[]): number =>
  stages.reduce((n, s) => n + (s.stop ?? s.steps), 0);
