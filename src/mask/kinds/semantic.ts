import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError, ImageError } from '../../errors.ts';
import { blackenCells } from '../blacken.ts';
import { type KindContext, maskKind, ratioSetting } from '../kind.ts';
import type { Mask, PatchScorer } from '../types.ts';

/**
 * The patches to mask: the k = floor(ratio · N) with the highest score, as ascending row-major indices. Among equal
 * scores the lower index goes first. Source: PAPO, appendix G. Throws ImageError when the scores do not fill the
 * grid or one is not a number.
 */
export function semanticMask(
  scores_N: Float32Array | Float64Array,
  gridH: number,
  gridW: number,
  ratio: number,
): number[] {
  if (scores_N.length !== gridH * gridW || scores_N.length === 0)
    throw new ImageError(
      `semantic mask: ${scores_N.length} scores for a grid of ${gridH}x${gridW}; give one score a patch`,
    );
  if (scores_N.some(Number.isNaN))
    throw new ImageError('semantic mask: a patch score is not a number; check the scoring model');
  const falling = Array.from(scores_N.keys()).sort((a, b) => scores_N[b] - scores_N[a]);
  return falling.slice(0, Math.floor(ratio * scores_N.length)).sort((a, b) => a - b);
}

/**
 * Blacks out what the scoring model attends to most, in the original-size picture before the processor's resize. It
 * draws no random numbers: one picture has one semantic mask.
 */
export function semanticMaskFrom(scorer: PatchScorer, ratio: number): Mask {
  return {
    name: `semantic ${ratio}`,
    async apply(img) {
      const { scores_N, gridH, gridW } = await scorer(img);
      return blackenCells(img, gridH, gridW, semanticMask(scores_N, gridH, gridW, ratio));
    },
  };
}

const MODEL = 'name a DINOv2 checkpoint folder';

/** The scorer of the context, or the vision model in folder `model`. */
async function scorerOf(model: string | undefined, context: KindContext): Promise<PatchScorer> {
  const { scorer, setting, baseDir, openScorer } = context;
  if (scorer) return scorer;
  if (model === undefined) throw new ConfigError(`${setting}.model: missing; ${MODEL} for the semantic mask`);
  return openScorer(resolve(baseDir, model));
}

export const semanticKind = maskKind({
  settings: z
    .strictObject({
      kind: z.literal('semantic'),
      ratio: ratioSetting,
      model: z.string().max(4096).meta({ path: true }).optional().describe('DINOv2 checkpoint folder'),
    })
    .describe('the `ratio` of the patches that a vision model attends to most'),
  effect: 'hidden',
  asks: { model: MODEL },
  make: async ({ ratio, model }, context) => semanticMaskFrom(await scorerOf(model, context), ratio),
});
