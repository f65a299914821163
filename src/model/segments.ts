/**
 * Attention within segments: the windows and images of a vision tower. Segments of one length that lie end to end are a
 * reshape; otherwise rows are moved into slots of the longest segment, the empty slots are masked, and rows are moved
 * back. Either list is the other's way back.
 */
import { input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { Feeds } from '../tensor/session.ts';

export interface Segments {
  /** Number of segments, S. */
  count: number;
  /** Slots of each, W: the longest segment. */
  width: number;
  /** How rows are moved; null where it is a reshape. */
  moved: {
    /** [S·W] row of every slot; N for an empty one. */
    slots: Int32Array;
    /** [N] slot of every row; S·W for padding. */
    rows: Int32Array;
    /** [S·W] 0 for a filled slot, -1e9 for an empty one. */
    bias: Float32Array;
  } | null;
}

/** What of the segments decides a program. */
export interface SegmentShape {
  count: number;
  width: number;
  gathered: boolean;
}

/**
 * @param boundaries cumulative lengths, from 0: [segments + 1]
 * @param rows rows in all, N; rows past the last boundary belong to no segment (padding)
 * @param count segments to make room for, where more programs than needed would be compiled otherwise
 */
export function segments(
  boundaries: ArrayLike<number>,
  rows: number,
  count?: number,
  widest?: number,
): Segments {
  const real = boundaries.length - 1;
  let width = widest ?? 0;
  let even = true;
  for (let s = 0; s < real; s++) width = Math.max(width, boundaries[s + 1] - boundaries[s]);
  for (let s = 0; s < real; s++) even &&= boundaries[s + 1] - boundaries[s] === width;
  const total = Math.max(count ?? 0, real);
  if (even && total === real && boundaries[real] === rows) return { count: real, width, moved: null };
  const slots = new Int32Array(total * width).fill(rows);
  const bias = new Float32Array(total * width).fill(-1e9);
  const back = new Int32Array(rows).fill(total * width);
  for (let s = 0; s < real; s++) {
    for (let r = boundaries[s]; r < boundaries[s + 1]; r++) {
      const slot = s * width + (r - boundaries[s]);
      slots[slot] = r;
      bias[slot] = 0;
      back[r] = slot;
    }
  }
  // A segment without rows would have no key to attend to: its first slot stays open.
  for (let s = real; s < total; s++) bias[s * width] = 0;
  return { count: total, width, moved: { slots, rows: back, bias } };
}

export const shapeOf = ({ count, width, moved }: Segments): SegmentShape => ({
  count,
  width,
  gathered: moved !== null,
});

/** What a graph with `segmentInputs` of that name is fed. */
export const segmentFeeds = (name: string, { moved }: Segments): Feeds =>
  moved ? { [`${name}.slots`]: moved.slots, [`${name}.rows`]: moved.rows, [`${name}.bias`]: moved.bias } : {};

/** The fed inputs of one kind of attention. */
export interface SegmentInputs {
  count: number;
  width: number;
  moved: { slots: Tensor; rows: Tensor; bias: Tensor } | null;
}

/** @param rows rows in all, N */
export function segmentInputs(
  name: string,
  { count, width, gathered }: SegmentShape,
  rows: number,
): SegmentInputs {
  if (!gathered) return { count, width, moved: null };
  return {
    count,
    width,
    moved: {
      slots: input(`${name}.slots`, [count * width], 'int32'),
      rows: input(`${name}.rows`, [rows], 'int32'),
      bias: input(`${name}.bias`, [count, 1, 1, width]),
    },
  };
}

/**
 * Attention of rows to the rows of their own segment.
 * @param qk [N, 2·heads·headDim] queries and keys, rotated @param v [N, heads·headDim] @returns [N, heads·headDim]
 */
export function attendWithin(
  { count, width, moved }: SegmentInputs,
  qk: Tensor,
  v: Tensor,
  { heads, headDim }: { heads: number; headDim: number },
): Tensor {
  const d = heads * headDim;
  const slotted = (x: Tensor) => (moved ? t.permuteRows([x], moved.slots, moved.rows) : x);
  const byHead = (x: Tensor) => t.transpose(t.reshape(x, [count, width, heads, headDim]), [0, 2, 1, 3]);
  const [q, k] = t.split(slotted(qk), [d, d], 1).map(byHead);
  const scores = t.matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(headDim) });
  const y = t.matmul(t.softmax(moved ? t.add(scores, moved.bias) : scores), byHead(slotted(v)));
  const flat = t.reshape(t.transpose(y, [0, 2, 1, 3]), [count * width, d]);
  return moved ? t.permuteRows([flat], moved.rows, moved.slots) : flat;
}
