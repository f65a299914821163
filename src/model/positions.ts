/**
 * Positions that the host works out before a forward pass: the three-axis rotary positions of a decoder (M-RoPE), and
 * where the patches of a picture lie.
 * Source: Hugging Face transformers, `get_rope_index` of the vision-language models with M-RoPE, and vision_utils.py.
 */
import { DataError } from '../errors.ts';

/** Patches of an image along time, height and width, before merging. */
export type GridThw = readonly [t: number, h: number, w: number];

/** Temporal, height and width position of every token: [3][L]. */
export type RopePositions = [Int32Array, Int32Array, Int32Array];

/**
 * M-RoPE positions of a prompt. Text counts on along all three axes; the tokens of an image take (frame, row, column), offset by
 * where the image starts; text goes on after the longer side of the image. What is
 * answered goes on from the last token, whatever it is.
 * @param ids_L token ids, every image expanded to its pad tokens
 * @param grids one per image, in order of appearance
 * @throws DataError where pad tokens and grids do not fit
 */
export function ropeIndex(
  ids_L: ArrayLike<number>,
  grids: readonly GridThw[],
  form: { mergeSize: number; tokens: { image: number; video: number } },
): RopePositions {
  const length = ids_L.length;
  const { mergeSize: merge, tokens } = form;
  const [t_L, h_L, w_L] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  let next = 0;
  let image = 0;
  for (let i = 0; i < length; ) {
    if (ids_L[i] === tokens.video) {
      throw new DataError(
        `prompt: a video token stands at position ${i}; only still images are supported, remove it`,
      );
    }
    if (ids_L[i] !== tokens.image) {
      t_L[i] = h_L[i] = w_L[i] = next++;
      i++;
      continue;
    }
    const grid = grids[image];
    if (!grid)
      throw new DataError(
        `prompt: more image tokens than the ${grids.length} image(s) account for; give one image per mark`,
      );
    const [frames, rows, columns] = [grid[0], Math.floor(grid[1] / merge), Math.floor(grid[2] / merge)];
    const count = frames * rows * columns;
    for (let k = 0; k < count; k++) {
      const at = i + k;
      if (ids_L[at] !== tokens.image) {
        throw new DataError(
          `prompt: image ${image + 1} has ${k} image tokens; its grid ${grid.join('x')} needs ${count}; expand each image mark once`,
        );
      }
      t_L[at] = next + Math.floor(k / (rows * columns));
      h_L[at] = next + (Math.floor(k / columns) % rows);
      w_L[at] = next + (k % columns);
    }
    next += Math.max(rows, columns);
    image++;
    i += count;
  }
  if (image !== grids.length) {
    throw new DataError(
      `prompt: ${grids.length} image(s) were given but only ${image} are marked in the text; give one mark per image`,
    );
  }
  return [t_L, h_L, w_L];
}

/**
 * Row and column of every patch, in the order in which the image processor lays patches out (merge squares one after
 * another), before any window permutation. Row-major [N, 2]: `h` at 2n, `w` at 2n + 1.
 */
export function rotaryPositions(
  grids: readonly GridThw[],
  { mergeSize: merge }: { mergeSize: number },
): Int32Array {
  const total = grids.reduce((sum, [t, h, w]) => sum + t * h * w, 0);
  const positions = new Int32Array(total * 2);
  let n = 0;
  for (const [t, h, w] of grids) {
    for (let frame = 0; frame < t; frame++) {
      for (let top = 0; top < h; top += merge) {
        for (let left = 0; left < w; left += merge) {
          for (let y = top; y < top + merge; y++) {
            for (let x = left; x < left + merge; x++) {
              positions[n++] = y;
              positions[n++] = x;
            }
          }
        }
      }
    }
  }
  return positions;
}

/**
 * Two-axis rotary tables of a vision tower: the first half of the frequencies follows the row of a patch, the other its
 * column. Rows past `from_N` are padding.
 * @param where_N2 as `rotaryPositions` has them @param from_N for each row of the tower the patch that it shows
 * @returns [rows, headDim / 2] each
 */
export function patchRotary(
  where_N2: Int32Array,
  from_N: Int32Array,
  rows: number,
  { headDim, ropeTheta }: { headDim: number; ropeTheta: number },
): { cos: Float32Array; sin: Float32Array } {
  const half = headDim / 2;
  const quarter = half / 2;
  const cos = new Float32Array(rows * half);
  const sin = new Float32Array(rows * half);
  from_N.forEach((from, i) => {
    for (let f = 0; f < half; f++) {
      const position = where_N2[2 * from + (f < quarter ? 0 : 1)];
      const angle = position * ropeTheta ** ((-2 * (f % quarter)) / half);
      cos[i * half + f] = Math.cos(angle);
      sin[i * half + f] = Math.sin(angle);
    }
  });
  return { cos, sin };
}
