import { blackenSquares } from './blacken.ts';
import type { Mask } from './types.ts';

/** Pixels: the side of the squares in the paper. */
export const PAPER_SIDE = 14;

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
