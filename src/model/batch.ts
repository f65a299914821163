/** From prompts, pictures and responses to what a program is fed. All index work of a batch is done here, once. */
import { DataError } from '../errors.ts';
import type { Feeds } from '../tensor/session.ts';
import { type DecoderForm, rowsOf, slotsOf } from './decoder.ts';
import type { Layout, Patches, Policy } from './family.ts';

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
  /** Rows for filled slots alone: what is padding costs attention and nothing else. */
  packed?: boolean;
}

export const roundUp = (n: number, to: number) => Math.ceil(n / to) * to;

/**
 * Lays out groups for one program. Groups with fewer responses than others are filled up with empty ones; where none has
 * any, the prompts are laid out alone, as generation takes them.
 */
export function buildBatch(groups: readonly BatchGroup[], policy: Policy, options: BatchOptions = {}): Batch {
  const round = options.round ?? 1;
  const P = groups.length;
  const G = Math.max(...groups.map((g) => g.responses_G.length));
  const Lp = Math.max(1, roundUp(Math.max(...groups.map((g) => g.ids_L.length - 1)), round));
  const T =
    options.block ??
    roundUp(Math.max(1, ...groups.flatMap((g) => g.responses_G.map((r) => r.length))), round);
  const pictures = groups.flatMap((g) => g.images);
  const vision = pictures.length > 0 ? policy.pictures(pictures) : null;
  const layout: Layout = {
    prompts: P,
    samples: G,
    prefix: Lp,
    block: T,
    imageTokens: vision ? vision.layout.patches / policy.patches.mergeSize ** 2 : 0,
    packed: null,
    vision: vision?.layout ?? null,
  };
  const slots = slotsOf(layout);
  const rows = slots.prefix + slots.block;
  const ids = new Int32Array(rows);
  const targets = new Int32Array(P * G * T);
  const place = Int32Array.from({ length: rows }, (_, i) => i);
  const bias = new Float32Array(P * Lp).fill(-1e9);
  const { headDim } = policy.decoder;
  const half = headDim / 2;
  const cos = new Float32Array(P * (Lp + T) * half);
  const sin = new Float32Array(P * (Lp + T) * half);
  const lasts = new Int32Array(P);
  const turn = rotaryTable(policy.decoder, cos, sin);
  const { image } = policy.tokens;
  let unit = 0;
  groups.forEach((g, p) => {
    const n = g.ids_L.length;
    if (n === 0) throw new DataError('prompt: it has no tokens; a question needs at least one');
    const positions = policy.positions(
      g.ids_L,
      g.images.map((i) => i.gridThw),
    );
    for (let i = 0; i < n - 1; i++) {
      const row = p * Lp + i;
      ids[row] = g.ids_L[i];
      bias[row] = 0;
      turn(row, positions[0][i], positions[1][i], positions[2][i]);
      if (vision && g.ids_L[i] === image) place[row] = rows + vision.place_U[unit++];
    }
    const last = g.ids_L[n - 1];
    if (last === image) throw new DataError('prompt: it ends with an image; the question must follow it');
    lasts[p] = last;
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
    last: lasts,
    'prefix.bias': bias,
    'text.cos': cos,
    'text.sin': sin,
    ...vision?.feeds,
  };
  if (!options.packed) {
    Object.assign(feeds, { ids, targets });
    if (vision) Object.assign(feeds, { place, 'place.back': wayBack(place, rows + layout.imageTokens) });
    return { layout, feeds, patchOrder: vision?.order ?? null };
  }
  const inPrefix = packRows(slots.prefix, (s) => bias[s] === 0);
  const inBlock = packRows(
    slots.block,
    (s) => s % T < (groups[Math.floor(s / T / G)].responses_G[Math.floor(s / T) % G]?.length ?? 0),
  );
  layout.packed = { prefix: inPrefix.rows.length, block: inBlock.rows.length };
  const total = rowsOf(layout);
  const slotOf = [...inPrefix.rows, ...Array.from(inBlock.rows, (s) => slots.prefix + s)];
  const tableRow = (s: number) =>
    s < slots.prefix
      ? s
      : slots.prefix + Math.floor((s - slots.prefix) / T / G) * T + ((s - slots.prefix) % T);
  const filled = (r: number) =>
    r < inPrefix.rows.length ? r < inPrefix.filled : r - inPrefix.rows.length < inBlock.filled;
  Object.assign(feeds, {
    ids: Int32Array.from(slotOf, (s) => ids[s]),
    targets: Int32Array.from(inBlock.rows, (s) => targets[s]),
    'text.at': Int32Array.from(slotOf, tableRow),
    'prefix.slots': inPrefix.slots,
    'prefix.rows': inPrefix.rows,
    'block.slots': inBlock.slots,
    'block.rows': inBlock.rows,
  });
  if (vision) {
    const packedPlace = Int32Array.from(slotOf, (s, r) =>
      place[s] >= rows && filled(r) ? place[s] - rows + total : r,
    );
    Object.assign(feeds, {
      place: packedPlace,
      'place.back': wayBack(packedPlace, total + layout.imageTokens),
    });
  }
  return { layout, feeds, patchOrder: vision?.order ?? null };
}

/**
 * Rows for the slots that are filled, in order, their number rounded up so that few programs are compiled. A row beyond
 * them shows an empty slot and an empty slot shows the last row, so that there is one of each where there is either.
 */
function packRows(count: number, isFilled: (slot: number) => boolean) {
  const identity = Int32Array.from({ length: count }, (_, s) => s);
  const taken = identity.filter(isFilled);
  const size = roundUp(taken.length + 1, roundUp(Math.ceil(count / 16), 16));
  if (size >= count) return { slots: identity, rows: identity, filled: count };
  const slots = new Int32Array(count).fill(size - 1);
  taken.forEach((s, r) => {
    slots[s] = r;
  });
  const rows = new Int32Array(size).fill(slots.indexOf(size - 1));
  rows.set(taken);
  return { slots, rows, filled: taken.length };
}

/** For each of `count` rows, the place in `index` that names it, or `index.length` where none does. */
function wayBack(index: Int32Array, count: number): Int32Array {
  const back = new Int32Array(count).fill(index.length);
  index.forEach((row, i) => {
    back[row] = i;
  });
  return back;
}

/** Writes the rotary table: each frequency follows the position of its own axis. */
function rotaryTable({ headDim, rotary }: DecoderForm, cos: Float32Array, sin: Float32Array) {
  const half = headDim / 2;
  const frequency = Float64Array.from({ length: half }, (_, i) => rotary.theta ** ((-2 * i) / headDim));
  return (row: number, ...position: [time: number, height: number, width: number]) => {
    for (let i = 0; i < half; i++) {
      const angle = position[rotary.axis_F[i]] * frequency[i];
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  };
}

/** The pixels of one view in the order that the batch asks for: [N, channels·frames·patch²]. */
export function pixelFeed(batch: Batch, pictures: readonly Patches[], policy: Policy): Float32Array {
  const { inChannels, temporalPatchSize, patchSize } = policy.patches;
  const width = inChannels * temporalPatchSize * patchSize ** 2;
  const out = new Float32Array((batch.layout.vision?.patches ?? 0) * width);
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
