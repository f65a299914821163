/** What a recipe of a policy can say: every setting with its meaning, its bounds and its default. */
import { z } from 'zod';
import { DIFFICULTY_SETTINGS } from '../data/builtin/levels.ts';
import { DEPENDENCIES } from '../data/row.ts';
import { TASKS, TAUGHT } from '../data/tasks/index.ts';
import { MOST, share, text } from '../settings/blocks.ts';

const whole = (most: number, least = 1) => z.number().int().min(least).max(most);

const stage = z
  .strictObject({
    steps: whole(MOST.steps).describe('optimiser steps over which the learning rate falls to a tenth'),
    stop: whole(MOST.steps)
      .nullable()
      .default(null)
      .describe('steps after which the stage ends, where it ends before; null: after all of them'),
    warmupSteps: whole(MOST.steps, 0).default(100).describe('steps over which the learning rate rises first'),
    learningRate: z.number().gt(0).describe('AdamW step size at its highest'),
    describe: share
      .default(0)
      .describe('share of the batches that describe scenes instead of answering questions'),
    drill: share
      .default(0)
      .describe(
        'share of the batches that state what is seen, thing by thing; what is asked for is given, only what is seen there weighs',
      ),
    mismatch: share
      .default(0)
      .describe(
        "share of the questions to be answered that come with another scene's picture: the higher, the less a policy learns to look",
      ),
    tasks: z
      .array(z.enum(TASKS))
      .min(1)
      .max(64)
      .default([...TAUGHT])
      .describe('kinds of question and of scene, each as often as it is named'),
    levels: z
      .array(z.enum(DEPENDENCIES))
      .min(1)
      .max(64)
      .default(['high', 'high', 'high', 'medium', 'low'])
      .describe('how much only the picture tells: levels of the questions, each as often as it is named'),
    difficulty: z
      .enum(DIFFICULTY_SETTINGS)
      .default('mixed')
      .describe('how hard the questions are, as in data.builtin.difficulty'),
    plain: share
      .default(0)
      .describe(
        'share of the answers in one wording: what is learnt from these is what was seen, not how it can be said',
      ),
    digits: z
      .number()
      .min(0)
      .max(1000)
      .default(1)
      .describe('how much more a digit of an answer weighs than any other token'),
  })
  .refine(({ describe, drill }) => describe + drill <= 1, {
    path: ['drill'],
    message: 'with describe it is at most 1: both are shares of the batches',
  })
  .describe('a stretch of training with one mixture');

const shape = z
  .strictObject({
    hidden: whole(65_536).describe('width of the decoder'),
    layers: whole(1024).describe('its layers'),
    heads: whole(1024).describe('its attention heads'),
    kvHeads: whole(1024).describe('its heads of keys and values'),
    intermediate: whole(262_144).describe('width of its feed-forward layers'),
    visionHidden: whole(65_536).describe('width of the vision tower'),
    visionDepth: whole(1024).describe('its layers'),
    visionHeads: whole(1024).describe('its attention heads'),
    visionIntermediate: whole(262_144).describe('width of its feed-forward layers'),
    vocabulary: whole(65_536, 272).describe(
      "tokens: 256 bytes, 16 special ones, the rest learnt from the tasks' texts",
    ),
  })
  .describe('size of a new policy');

export const recipeSchema = z
  .strictObject({
    from: text
      .nullable()
      .default(null)
      .describe('the recipe that is followed first; null: new parameters from the seed'),
    seed: text.max(200).describe('of the first parameters and the examples'),
    shape: shape
      .nullable()
      .default(null)
      .describe('size of a new policy; null: that of the policy it starts from'),
    stages: z
      .array(stage)
      .min(1)
      .max(64)
      .describe('stretches of training, one after the other, each with fresh moments of the optimiser'),
    batch: whole(MOST.prompts).default(64).describe('examples of a step'),
    validationRows: whole(MOST.rows)
      .default(384)
      .describe('validation questions on the way, each answered once at temperature 1'),
    validateEvery: whole(MOST.steps).default(100).describe('steps between these validations'),
    until: share.default(1).describe('stops once this share of them is answered rightly'),
    finalRows: whole(MOST.rows)
      .default(512)
      .describe("validation questions at the end, with their own and with another scene's picture"),
    finalSamples: whole(MOST.samples)
      .default(2)
      .describe('answers to each at temperature 1, beside a greedy one'),
  })
  .refine(({ from, shape }) => (from === null) !== (shape === null), {
    path: ['shape'],
    message: 'a recipe from new parameters needs one, and one that follows another recipe takes that of it',
  });

/** Complete, with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;
export type Stage = Recipe['stages'][number];
export type BaseShape = NonNullable<Recipe['shape']>;

/** A member of the open set of recipes. */
export interface NamedRecipe {
  name: string;
  /** What the policy is for, in one sentence. */
  purpose: string;
  recipe: z.input<typeof recipeSchema>;
}

/** Steps of a recipe, all stages together. */
export const stepsOf = ({ stages }: Pick<Recipe, 'stages'>): number =>
  stages.reduce((n, s) => n + Math.min(s.stop ?? s.steps, s.steps), 0);
