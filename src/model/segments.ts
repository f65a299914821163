/**
 * Attention within segments: the vision tower's windows and images. Segments of one length that lie end to end are a
 * reshape; otherwise rows are moved into slots of the longest segment, the empty slots are masked, and rows are moved
 * back. Either list is the other's way back.
 */
export interface Segments {
  /** Number of segments, S. */
  count: number;
  /** Slots of each, W: the longest segment. */
  width: number;
  /** [S·W] row of every slot (N: an empty one), [N] slot of every row (S·W: padding); null where it is a reshape. */
  slots: Int32Array | null;
  rows: Int32Array | null;
  /** [S·W] 0 for a filled slot, -1e9 for an empty one. */
  bias: Float32Array | null;
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
  if (even && total === real && boundaries[real] === rows)
    return { count: real, width, slots: null, rows: null, bias: null };
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
  return { count: total, width, slots, rows: back, bias };
}
