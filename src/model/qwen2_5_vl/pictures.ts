/** What the vision tower is fed for the pictures of one batch: their order, their windows, where their patches lie. */
import { roundUp } from '../batch.ts';
import type { Patches, VisionBatch } from '../family.ts';
import { patchRotary, rotaryPositions } from '../positions.ts';
import { segmentFeeds, segments, shapeOf } from '../segments.ts';
import type { VisionConfig } from './config.ts';
import { windowIndex } from './windows.ts';

export function pictureFeeds(pictures: readonly Patches[], c: VisionConfig): VisionBatch {
  const grids = pictures.map((p) => p.gridThw);
  const unit = c.mergeSize ** 2;
  const { order_U, inverse_U, cuWindowSeqlens, cuSeqlens } = windowIndex(grids, c);
  const real = cuSeqlens[cuSeqlens.length - 1];
  // Pictures of one size give one program by themselves; mixed sizes are rounded so that programs are met again.
  const mixed = grids.some((g) => g.some((d, i) => d !== grids[0][i]));
  const patches = mixed ? roundUp(real, 64 * unit) : real;
  const side = Math.floor(c.windowSize / c.mergeSize / c.patchSize) * c.mergeSize;
  const longest = Math.max(...grids.map((g) => g[1] * g[2]));
  const window = mixed
    ? segments(cuWindowSeqlens, patches, roundUp(cuWindowSeqlens.length - 1, 16), side * side)
    : segments(cuWindowSeqlens, patches);
  const full = mixed
    ? segments(cuSeqlens, patches, roundUp(cuSeqlens.length - 1, 4), roundUp(longest, 64))
    : segments(cuSeqlens, patches);
  const from_N = Int32Array.from(
    { length: real },
    (_, i) => order_U[Math.floor(i / unit)] * unit + (i % unit),
  );
  const { cos, sin } = patchRotary(rotaryPositions(grids, c), from_N, patches, c);
  const identity = order_U.every((u, i) => u === i);
  let order: Int32Array | null = null;
  if (!identity || patches !== real) {
    order = new Int32Array(patches).fill(-1);
    order.set(from_N);
  }
  return {
    layout: { patches, attention: { window: shapeOf(window), full: shapeOf(full) } },
    feeds: {
      'vision.cos': cos,
      'vision.sin': sin,
      ...segmentFeeds('vision.window', window),
      ...segmentFeeds('vision.full', full),
    },
    place_U: inverse_U,
    order,
  };
}
