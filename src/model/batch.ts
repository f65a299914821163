/** From prompts, pictures and responses to what a program is fed. All index work of a batch is done here, once. */
import { DataError } from '../errors.ts';
import type { Feeds } from '../tensor/session.ts';
import type { PolicyConfig } from './config.ts';
import { rowsOf } from './decoder.ts';
import type { Layout } from './policy.ts';
import { type GridThw, ropeIndex, rotaryPositions, windowIndex } from './positions.ts';
import { type Segments, segments } from './segments.ts';
import type { VisionLayout } from './vision-tower.ts';

/** A picture as the vision tower takes it. */
export interface Patches {
  gridThw: GridThw;
  /** [patches, channels·frames·patch²] */
  pixelValues_NC: Float32Array;
}

export interface BatchGroup {
  /** Prompt tokens, images expanded to their pads. */
  ids_L: Int32Array;
  images: readonly Patches[];
  responses_G: readonly Int32Array[];
}

export interface Batch {
  layout: Layout;
  /** Everything but the pixels, which depend on the view. */
  feeds: Feeds;
  /** Row order of the pixels, where it is not their own order. */
  patchOrder: Int32Array | null;
}

export interface BatchOptions {
  /** Prefix and block lengths are rounded up to a multiple of this, so that few programs are compiled. */
  round?: number;
  /** Block length where it is not that of the longest response. */
  block?: number;
}

const roundUp = (n: number, to: number) => Math.ceil(n / to) * to;

/** Lays out groups for one program. Groups with fewer responses than others are filled up with empty ones. */
export function buildBatch(
  groups: readonly BatchGroup[],
  c: PolicyConfig,
  options: BatchOptions = {},
): Batch {
  const round = options.round ?? 1;
  const P = groups.length;
  const G = Math.max(...groups.map((g) => g.responses_G.length));
  const Lp = Math.max(1, roundUp(Math.max(...groups.map((g) => g.ids_L.length - 1)), round));
  const T =
    options.block ??
    roundUp(Math.max(1, ...groups.flatMap((g) => g.responses_G.map((r) => r.length))), round);
  const pictures = groups.flatMap((g) => g.images);
  const vision = pictures.length > 0 ? visionFeeds(pictures, c) : null;
  const layout: Layout = {
    prompts: P,
    samples: G,
    prefix: Lp,
    block: T,
    imageTokens: vision ? vision.layout.patches / c.vision.mergeSize ** 2 : 0,
    vision: vision?.layout ?? null,
  };
  const rows = rowsOf(layout);
  const ids = new Int32Array(rows);
  const targets = new Int32Array(P * G * T);
  const place = Int32Array.from({ length: rows }, (_, i) => i);
  const bias = new Float32Array(P * Lp).fill(-1e9);
  const half = c.text.headDim / 2;
  const cos = new Float32Array(P * (Lp + T) * half);
  const sin = new Float32Array(P * (Lp + T) * half);
  const turn = rotaryTable(c, cos, sin);
  let unit = 0;
  groups.forEach((g, p) => {
    const n = g.ids_L.length;
    if (n === 0) throw new DataError('prompt: it has no tokens; a question needs at least one');
    const { positions } = ropeIndex(
      g.ids_L,
      g.images.map((i) => i.gridThw),
      c,
    );
    for (let i = 0; i < n - 1; i++) {
      const row = p * Lp + i;
      ids[row] = g.ids_L[i];
      bias[row] = 0;
      turn(row, positions[0][i], positions[1][i], positions[2][i]);
      if (g.ids_L[i] === c.tokens.image) place[row] = rows + vision!.inverse[unit++];
    }
    const last = g.ids_L[n - 1];
    if (last === c.tokens.image)
      throw new DataError('prompt: it ends with an image; the question must follow it');
    const next = positions[0][n - 1];
    for (let j = 0; j < T; j++) turn(P * Lp + p * T + j, next + j, next + j, next + j);
    for (let k = 0; k < G; k++) {
      const at = (p * G + k) * T;
      const response = g.responses_G[k] ?? new Int32Array(0);
      ids[P * Lp + at] = last;
      for (let j = 0; j < response.length; j++) {
        targets[at + j] = response[j];
        if (j + 1 < T) ids[P * Lp + at + j + 1] = response[j];
      }
    }
  });
  const feeds: Feeds = {
    ids,
    targets,
    'prefix.bias': bias,
    'text.cos': cos,
    'text.sin': sin,
    ...vision?.feeds,
  };
  if (vision) {
    feeds.place = place;
    feeds['place.back'] = wayBack(place, rows + layout.imageTokens);
  }
  return { layout, feeds, patchOrder: vision?.order ?? null };
}

/** For each of `count` rows, the place in `index` that names it, or `index.length` where none does. */
function wayBack(index: Int32Array, count: number): Int32Array {
  const back = new Int32Array(count).fill(index.length);
  index.forEach((row, i) => {
    back[row] = i;
  });
  return back;
}

/** Writes the rotary table: each frequency follows the position of its M-RoPE section. */
function rotaryTable(c: PolicyConfig, cos: Float32Array, sin: Float32Array) {
  const { headDim, ropeTheta, mropeSection } = c.text;
  const half = headDim / 2;
  const frequency = Float64Array.from({ length: half }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  const [a, b] = [mropeSection[0], mropeSection[0] + mropeSection[1]];
  return (row: number, time: number, height: number, width: number) => {
    for (let i = 0; i < half; i++) {
      const angle = (i < a ? time : i < b ? height : width) * frequency[i];
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  };
}

interface VisionFeeds {
  layout: VisionLayout;
  feeds: Feeds;
  /** Row of every merged token in reading order. */
  inverse: Int32Array;
  order: Int32Array | null;
}

function visionFeeds(pictures: readonly Patches[], c: PolicyConfig): VisionFeeds {
  const v = c.vision;
  const grids = pictures.map((p) => p.gridThw);
  const unit = v.mergeSize ** 2;
  const { order_U, inverse_U, cuWindowSeqlens, cuSeqlens } = windowIndex(grids, v);
  const real = cuSeqlens[cuSeqlens.length - 1];
  // Pictures of one size give one program by themselves; mixed sizes are rounded so that programs are met again.
  const mixed = grids.some((g) => g.some((d, i) => d !== grids[0][i]));
  const patches = mixed ? roundUp(real, 64 * unit) : real;
  const side = Math.floor(v.windowSize / v.mergeSize / v.patchSize) * v.mergeSize;
  const longest = Math.max(...grids.map((g) => g[1] * g[2]));
  const window = mixed
    ? segments(cuWindowSeqlens, patches, roundUp(cuWindowSeqlens.length - 1, 16), side * side)
    : segments(cuWindowSeqlens, patches);
  const full = mixed
    ? segments(cuSeqlens, patches, roundUp(cuSeqlens.length - 1, 4), roundUp(longest, 64))
    : segments(cuSeqlens, patches);
  const where = rotaryPositions(grids, v);
  const half = v.headDim / 2;
  const quarter = half / 2;
  const cos = new Float32Array(patches * half);
  const sin = new Float32Array(patches * half);
  const identity = order_U.every((u, i) => u === i);
  const order = identity && patches === real ? null : new Int32Array(patches).fill(-1);
  for (let i = 0; i < real; i++) {
    const from = order_U[Math.floor(i / unit)] * unit + (i % unit);
    if (order) order[i] = from;
    for (let f = 0; f < half; f++) {
      const position = where[2 * from + (f < quarter ? 0 : 1)];
      const angle = position * v.ropeTheta ** ((-2 * (f % quarter)) / half);
      cos[i * half + f] = Math.cos(angle);
      sin[i * half + f] = Math.sin(angle);
    }
  }
  const feeds: Feeds = { 'vision.cos': cos, 'vision.sin': sin };
  const give = (name: string, s: Segments) => {
    if (!s.slots) return;
    feeds[`${name}.slots`] = s.slots;
    feeds[`${name}.rows`] = s.rows!;
    feeds[`${name}.bias`] = s.bias!;
  };
  give('vision.window', window);
  give('vision.full', full);
  const shape = (s: Segments) => ({ count: s.count, width: s.width, gathered: s.slots !== null });
  return { layout: { patches, window: shape(window), full: shape(full) }, feeds, inverse: inverse_U, order };
}

/** The pixels of one view in the order that the batch asks for: [N, channels·frames·patch²]. */
export function pixelFeed(batch: Batch, pictures: readonly Patches[], c: PolicyConfig): Float32Array {
  const v = c.vision;
  const width = v.inChannels * v.temporalPatchSize * v.patchSize ** 2;
  const out = new Float32Array(batch.layout.vision!.patches * width);
  const all = pictures.map((p) => p.pixelValues_NC);
  if (!batch.patchOrder) {
    let at = 0;
    for (const p of all) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  }
  const starts: { from: number; data: Float32Array }[] = [];
  let total = 0;
  for (const data of all) {
    starts.push({ from: total, data });
    total += data.length / width;
  }
  batch.patchOrder.forEach((from, row) => {
    if (from < 0) return;
    let k = 0;
    while (k + 1 < starts.length && starts[k + 1].from <= from) k++;
    const at = (from - starts[k].from) * width;
    out.set(starts[k].data.subarray(at, at + width), row * width);
  });
  return out;
}

/** A short name of a layout: equal names mean equal programs. */
export const layoutKey = (l: Layout): string => JSON.stringify(l);
