/**
 * Positions that the host works out before a forward pass: the three-axis rotary positions of the decoder, and the
 * vision tower's window order and two-axis rotary positions.
 * Source: Hugging Face transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (`get_rope_index`) and vision_utils.py.
 */
import { DataError } from '../errors.ts';
import type { PolicyConfig, VisionConfig } from './config.ts';

/** Patches of an image along time, height and width, before merging. */
export type GridThw = readonly [t: number, h: number, w: number];

export interface RopePositions {
  /** Temporal, height and width position of every token: [3][L]. */
  positions: [Int32Array, Int32Array, Int32Array];
  /** Added to a token's index it gives the position of any text that follows (on all three axes). At most 0. */
  delta: number;
}

/** Tokens that one image takes in the prompt. */
export function imageTokens(grid: GridThw, mergeSize: number): number {
  return (grid[0] * grid[1] * grid[2]) / (mergeSize * mergeSize);
}

/**
 * M-RoPE positions. Text counts on along all three axes; the tokens of an image take (frame, row, column), offset by
 * where the image starts; text goes on after the longer side of the image.
 * @param ids_L token ids, every image expanded to its pad tokens
 * @param grids one per image, in order of appearance
 * @param promptLength tokens from here on are an answer: text, whatever they are
 * @throws DataError where pad tokens and grids do not fit
 */
export function ropeIndex(
  ids_L: ArrayLike<number>,
  grids: readonly GridThw[],
  config: Pick<PolicyConfig, 'vision' | 'tokens'>,
  promptLength: number = ids_L.length,
): RopePositions {
  const length = ids_L.length;
  const merge = config.vision.mergeSize;
  const [t_L, h_L, w_L] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  let next = 0;
  let image = 0;
  for (let i = 0; i < length; ) {
    if (i < promptLength && ids_L[i] === config.tokens.video) {
      throw new DataError(
        `prompt: a video token stands at position ${i}; only still images are supported, remove it`,
      );
    }
    if (i >= promptLength || ids_L[i] !== config.tokens.image) {
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
      if (at >= promptLength || ids_L[at] !== config.tokens.image) {
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
  return { positions: [t_L, h_L, w_L], delta: next - length };
}

export interface WindowIndex {
  /** Merge unit that comes at each place when windows are laid end to end (a permutation of [units]). */
  order_U: Int32Array;
  /** Where each unit went: `inverse_U[order_U[i]] = i`; puts the merged tokens back in reading order. */
  inverse_U: Int32Array;
  /** Boundaries of the windows, counted in patches: [windows + 1], from 0. */
  cuWindowSeqlens: Int32Array;
  /** Boundaries of the frames, counted in patches, for the blocks with full attention: [frames + 1], from 0. */
  cuSeqlens: Int32Array;
}

/** The permutation that makes attention windows contiguous, and where they end, over all images of one batch. */
export function windowIndex(
  grids: readonly GridThw[],
  vision: Pick<VisionConfig, 'mergeSize' | 'windowSize' | 'patchSize'>,
): WindowIndex {
  const { mergeSize, windowSize, patchSize } = vision;
  const side = Math.floor(Math.floor(windowSize / mergeSize) / patchSize);
  const unit = mergeSize * mergeSize;
  const order: number[] = [];
  const windows = [0];
  const frames = [0];
  let first = 0;
  for (const [t, h, w] of grids) {
    const rows = Math.floor(h / mergeSize);
    const columns = Math.floor(w / mergeSize);
    for (let frame = 0; frame < t; frame++) {
      for (let top = 0; top < rows; top += side) {
        for (let left = 0; left < columns; left += side) {
          for (let y = top; y < Math.min(top + side, rows); y++) {
            for (let x = left; x < Math.min(left + side, columns); x++) order.push(first + y * columns + x);
          }
          windows.push(order.length * unit);
        }
      }
      first += rows * columns;
      frames.push(frames[frames.length - 1]! + h * w);
    }
  }
  const order_U = Int32Array.from(order);
  const inverse_U = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) inverse_U[order_U[i]!] = i;
  return {
    order_U,
    inverse_U,
    cuWindowSeqlens: Int32Array.from(windows),
    cuSeqlens: Int32Array.from(frames),
  };
}

/**
 * Row and column of every patch, in the order in which the image processor lays patches out (merge squares one after
 * another), before any window permutation. Row-major [N, 2]: `h` at 2n, `w` at 2n + 1.
 */
export function rotaryPositions(
  grids: readonly GridThw[],
  vision: Pick<VisionConfig, 'mergeSize'>,
): Int32Array {
  const merge = vision.mergeSize;
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
