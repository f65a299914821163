/** DINOv2 as the judge of which patches matter. Source: PAPO (arXiv 2507.06448), appendix G. */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { Lru } from '../lru.ts';
import { readDinov2 } from '../model/dinov2/checkpoint.ts';
import { POSITIONS } from '../model/dinov2/config.ts';
import { dinov2Graph } from '../model/dinov2/graph.ts';
import { dinov2Pixels, dinov2Size, interpolatePositions } from '../model/dinov2/pixels.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { Session } from '../tensor/session.ts';
import type { RgbImage } from '../vision/image.ts';
import { resizeBicubic } from '../vision/resize.ts';
import type { PatchScorer, PatchScores } from './types.ts';

export interface ScorerOptions {
  /** Layers whose attention is averaged, from 0. The paper's: 6, 7, 8, 9. */
  layers?: readonly number[];
  /** Pixels; larger pictures are scaled down to it. Default 518, the side DINOv2 was trained up to. */
  longestSide?: number;
  /** Threads of ONNX Runtime; its own choice unless told. */
  threads?: number;
}

const PAPER_LAYERS = [6, 7, 8, 9];

/** One session holds little beside the program, as weights are fed; still, pictures come in any number of sizes. */
const MOST_SESSIONS = 16;

/**
 * The attention that each patch receives: s_i = Σ_j A[j, i] over all patches j, with A the mean over the heads; the row
 * and the column of CLS are left out. Summed in float64 and averaged over the maps.
 * @param maps head means of each layer, [1 + N, 1 + N], query by key, CLS first
 */
export function attentionReceived(maps: readonly Float32Array[], patches: number): Float64Array {
  const n = patches + 1;
  const scores_N = new Float64Array(patches);
  for (const map of maps)
    for (let j = 1; j < n; j++) for (let i = 1; i < n; i++) scores_N[i - 1] += map[j * n + i];
  return scores_N.map((s) => s / maps.length);
}

/**
 * Opens a DINOv2 folder as the scorer of the semantic mask. A picture is looked at in its own size where both sides are
 * multiples of the patch, else in the nearest such size (Pillow's bicubic). Calls take turns; there is one session for
 * every grid, and the ones longest unused are closed.
 * @throws CheckpointError where the folder is not a DINOv2, is not whole, or has too few layers
 */
export async function openDinov2Scorer(dir: string, options: ScorerOptions = {}): Promise<PatchScorer> {
  const { layers = PAPER_LAYERS, longestSide = 518, threads } = options;
  const needed = Math.max(...layers) + 1;
  const { config, parameters } = readDinov2(dir, needed);
  if (needed > config.layers)
    throw new CheckpointError(
      `${join(dir, 'config.json')}: the model has ${config.layers} layers; the semantic mask reads the attention of layers ${layers.join(', ')} (from 0), give a DINOv2 with at least ${needed}`,
    );
  const weights = Object.fromEntries(parameters);
  const sessions = new Lru<string, { session: Session; positions: Float32Array }>(MOST_SESSIONS);

  async function open(gridH: number, gridW: number) {
    const { attentions } = dinov2Graph(config, gridH, gridW, layers);
    const means = [...attentions].map(([i, map]) => [`mean${i}`, t.mean(map, [0])] as const);
    return {
      session: await Session.create(compile(Object.fromEntries(means)), { threads }),
      positions: interpolatePositions(weights[POSITIONS], config.tableSide, gridH, gridW),
    };
  }

  async function sessionFor(gridH: number, gridW: number) {
    const key = `${gridH}x${gridW}`;
    const found = sessions.get(key);
    if (found) return found;
    const opened = await open(gridH, gridW);
    for (const [, { session }] of sessions.set(key, opened)) await session.close();
    return opened;
  }

  async function score(img: RgbImage): Promise<PatchScores> {
    const { width, height } = dinov2Size(img, config.patchSize, longestSide);
    const gridH = height / config.patchSize;
    const gridW = width / config.patchSize;
    const pixels = dinov2Pixels(resizeBicubic(img, width, height), config.patchSize);
    const { session, positions } = await sessionFor(gridH, gridW);
    const maps = await session.run({ ...weights, pixels, positions });
    const scores_N = attentionReceived(
      layers.map((i) => maps[`mean${i}`] as Float32Array),
      gridH * gridW,
    );
    return { scores_N, gridH, gridW };
  }

  let turn: Promise<unknown> = Promise.resolve();
  return (img) => {
    const mine = turn.then(() => score(img));
    turn = mine.catch(() => undefined);
    return mine;
  };
}
