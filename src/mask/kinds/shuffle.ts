import { z } from 'zod';
import type { RgbImage } from '../../vision/image.ts';
import { maskKind, sideSetting } from '../kind.ts';
import type { Mask } from '../types.ts';

/** Pixels of one visual token of Qwen2.5-VL, which stands for 2 x 2 patches of 14. */
const TOKEN_SIDE = 28;

interface Square {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Squares from the top left, by size: whole ones, those cut off at the right edge, at the bottom, the corner. */
function squaresBySize(img: RgbImage, side: number): Square[][] {
  const groups = new Map<string, Square[]>();
  for (let top = 0; top < img.height; top += side)
    for (let left = 0; left < img.width; left += side) {
      const width = Math.min(side, img.width - left);
      const height = Math.min(side, img.height - top);
      const key = `${width}x${height}`;
      groups.set(key, [...(groups.get(key) ?? []), { left, top, width, height }]);
    }
  return [...groups.values()];
}

/**
 * Squares of `side` pixels change places: what the squares show is all there, where it is in the picture is lost. KL to
 * this view asks a policy for layout (where, how many, next to what), where black squares ask for anything that they
 * hide. Squares that an edge cuts off trade places with others of their size, so that no pixel is lost or made up.
 * The order is uniformly random, and so can be the old one where there are few squares. Used to tell how much vision
 * transformers rest on layout: Naseer et al., "Intriguing Properties of Vision Transformers" (arXiv 2105.10497).
 */
export function shuffleMask(side: number): Mask {
  return {
    name: `shuffle ${side}`,
    apply(img, rng) {
      const data = new Uint8Array(img.data.length);
      for (const squares of squaresBySize(img, side)) {
        const sources = rng.shuffle(squares);
        for (const [i, target] of squares.entries()) copySquare(img, sources[i], data, target);
      }
      return { ...img, data };
    },
  };
}

/** Writes one square of the picture to the place of another of its size. */
function copySquare(img: RgbImage, source: Square, data: Uint8Array, target: Square): void {
  for (let y = 0; y < source.height; y++) {
    const from = ((source.top + y) * img.width + source.left) * 3;
    const to = ((target.top + y) * img.width + target.left) * 3;
    data.set(img.data.subarray(from, from + source.width * 3), to);
  }
}

export const shuffleKind = maskKind({
  settings: z
    .strictObject({ kind: z.literal('shuffle'), side: sideSetting.default(TOKEN_SIDE) })
    .describe('squares of the original picture change places: all is there but the layout'),
  effect: 'changed',
  make: ({ side }) => shuffleMask(side),
});
