/** Recipes cut down to what a test has time for. */
import { type Plan, type PretrainFlags, planOf } from './plan.ts';
import type { Recipe } from './recipe.ts';

const SHAPE: Recipe['shape'] = {
  hidden: 32,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  intermediate: 32,
  visionHidden: 16,
  visionDepth: 1,
  visionHeads: 2,
  visionIntermediate: 32,
  vocabulary: 400,
};

/** The plan of a recipe, every recipe of it with a tiny policy, batches of 4 and few questions. */
export function smallPlan(name: string, flags: PretrainFlags = {}): Plan {
  const plan = planOf(name, { threads: '1', ...flags });
  const small = { batch: 4, validationRows: 2, finalRows: 4, finalSamples: 2 };
  const [last, ...before] = plan.parts
    .map((part) => ({
      ...part,
      recipe: { ...part.recipe, ...small, shape: part.recipe.shape && SHAPE },
    }))
    .reverse();
  return { ...plan, parts: [...before.reverse(), last] };
}
