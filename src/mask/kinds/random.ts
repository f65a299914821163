import { z } from 'zod';
import { blackenSquares } from '../blacken.ts';
import { maskKind, ratioSetting, sideSetting } from '../kind.ts';
import type { Mask } from '../types.ts';

/** Pixels: the side of the squares in the paper. */
const PAPER_SIDE = 14;

/**
 * The paper's default: squares of the original-size picture, before the processor's resize, each black with
 * probability `ratio` (PAPO, section 3 and `random_patch_blackening`). Since the resize stretches the picture, a patch
 * of the vision tower can end up half masked; `patchMask` avoids that.
 */
export function randomMask(ratio: number, side = PAPER_SIDE): Mask {
  return {
    name: `random ${ratio}`,
    apply: (img, rng) => blackenSquares(img, ratio, rng.next, side),
  };
}

export const randomKind = maskKind({
  settings: z
    .strictObject({ kind: z.literal('random'), ratio: ratioSetting, side: sideSetting.default(PAPER_SIDE) })
    .describe('squares of the original picture, each black with probability `ratio` (the paper)'),
  effect: 'hidden',
  make: ({ ratio, side }) => randomMask(ratio, side),
});
