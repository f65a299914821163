/**
 * The windows that most blocks of the vision tower attend within.
 * Source: Hugging Face transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (`get_window_index`).
 */
import type { GridThw } from '../positions.ts';
import type { VisionConfig } from './config.ts';

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
  let end = 0;
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
      end += h * w;
      frames.push(end);
    }
  }
  const order_U = Int32Array.from(order);
  const inverse_U = new Int32Array(order.length);
  order_U.forEach((unit, i) => {
    inverse_U[unit] = i;
  });
  return {
    order_U,
    inverse_U,
    cuWindowSeqlens: Int32Array.from(windows),
    cuSeqlens: Int32Array.from(frames),
  };
}
