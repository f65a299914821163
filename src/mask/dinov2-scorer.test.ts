import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { CheckpointError } from '../errors.ts';
import { readDinov2 } from '../model/dinov2/checkpoint.ts';
import { POSITIONS } from '../model/dinov2/config.ts';
import { dinov2Graph } from '../model/dinov2/graph.ts';
import { dinov2Pixels, interpolatePositions } from '../model/dinov2/pixels.ts';
import { random } from '../random.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { Session } from '../tensor/session.ts';
import { decodeImage } from '../vision/decode.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import { maskFromConfig } from './config.ts';
import { attentionReceived, openDinov2Scorer } from './dinov2-scorer.ts';
import { semanticMask } from './kinds/semantic.ts';
import type { PatchScorer } from './types.ts';

const golden = fileURLToPath(new URL('../../test/golden/dinov2/', import.meta.url));
const picture = async (path: string) => decodeImage(readFileSync(join(golden, path)), path);

interface Row {
  image: string;
  grid_h: number;
  grid_w: number;
  patch_scores: number[];
  scores_by_layer: number[][];
  variants_for_reference: { cls_row_attention_layers6to9: number[]; layers_5_to_8_zero_based: number[] };
  masked: Record<string, { patch_indices_sorted: number[]; image: string }>;
}
const expected: { images: Row[]; layers_used_zero_based: number[] } = JSON.parse(
  readFileSync(join(golden, 'expected.json'), 'utf8'),
);
const rows = expected.images;

/** The attention maps of every layer of the tiny model, heads averaged. */
async function attentions(img: RgbImage): Promise<{ maps: Float32Array[]; patches: number }> {
  const { config, parameters } = readDinov2(join(golden, 'tiny'));
  const [gridH, gridW] = [img.height / config.patchSize, img.width / config.patchSize];
  const layers = Array.from({ length: config.layers }, (_, i) => i);
  const { attentions: maps } = dinov2Graph(config, gridH, gridW, layers);
  const means = layers.map((i) => [`mean${i}`, t.mean(maps.get(i)!, [0])] as const);
  const session = await Session.create(compile(Object.fromEntries(means)), { threads: 1 });
  const out = await session.run({
    ...Object.fromEntries(parameters),
    pixels: dinov2Pixels(img, config.patchSize),
    positions: interpolatePositions(parameters.get(POSITIONS)!, config.tableSide, gridH, gridW),
  });
  await session.close();
  return { maps: layers.map((i) => out[`mean${i}`] as Float32Array), patches: gridH * gridW };
}

test('rows of patches are summed over their columns; CLS is left out on both sides', () => {
  const map = Float32Array.from([9, 9, 9, 9, 1, 2, 9, 3, 4]);
  const other = Float32Array.from([9, 9, 9, 9, 5, 6, 9, 7, 8]);
  expect([...attentionReceived([map], 2)]).toEqual([4, 6]);
  expect([...attentionReceived([map, other], 2)]).toEqual([8, 10]);
});

describe('the golden pictures', () => {
  let scorer: PatchScorer;
  beforeAll(async () => {
    scorer = await openDinov2Scorer(join(golden, 'tiny'), { threads: 1 });
  });

  test.each(rows)('$image: scores and masked patches', async (row) => {
    const { scores_N, gridH, gridW } = await scorer(await picture(row.image));
    expect([gridH, gridW]).toEqual([row.grid_h, row.grid_w]);
    for (const [i, want] of row.patch_scores.entries())
      expect(Math.abs(scores_N[i] - want)).toBeLessThan(1e-4);
    for (const [ratio, want] of Object.entries(row.masked))
      expect(semanticMask(scores_N, gridH, gridW, Number(ratio))).toEqual(want.patch_indices_sorted);
  });

  test.each(rows)(
    '$image: the scores of each layer, and what other readings of the paper would give',
    async (row) => {
      const { maps, patches } = await attentions(await picture(row.image));
      const byLayer = maps.map((map) => attentionReceived([map], patches));
      expect(byLayer.length).toBe(row.scores_by_layer.length);
      byLayer.forEach((scores_N, layer) => {
        expect(furthest(scores_N, row.scores_by_layer[layer])).toBeLessThan(1e-4);
      });
      const mean = (layers: number[], of: ArrayLike<number>[]) =>
        row.patch_scores.map((_, i) => layers.reduce((s, l) => s + of[l][i], 0) / layers.length);
      const used = expected.layers_used_zero_based;
      expect(furthest(mean(used, byLayer), row.patch_scores)).toBeLessThan(1e-4);
      const variants = row.variants_for_reference;
      expect(furthest(mean([5, 6, 7, 8], byLayer), variants.layers_5_to_8_zero_based)).toBeLessThan(1e-4);
      const ofCls = maps.map((map) => map.subarray(1, patches + 1));
      expect(furthest(mean(used, ofCls), variants.cls_row_attention_layers6to9)).toBeLessThan(1e-4);
    },
  );

  test('calls at once, of several sizes, give what calls one by one give', async () => {
    const pictures = await Promise.all([...rows, ...rows].map((row) => picture(row.image)));
    const together = await Promise.all(pictures.map((p) => scorer(p)));
    for (const [i, p] of pictures.entries()) expect(together[i]).toEqual(await scorer(p));
  });

  test('a picture of any size is brought to whole patches; sessions that were closed open again', async () => {
    const data = Uint8Array.from({ length: 30 * 400 * 3 }, (_, i) => (i * 7) % 256);
    const first = await scorer({ width: 30, height: 50, data: data.slice(0, 30 * 50 * 3) });
    expect([first.gridH, first.gridW]).toEqual([4, 2]);
    for (let h = 1; h <= 18; h++) {
      const { scores_N } = await scorer({ width: 30, height: h * 14, data: data.slice(0, 30 * h * 14 * 3) });
      expect(scores_N.length).toBe(2 * h);
    }
    expect(await scorer({ width: 30, height: 50, data: data.slice(0, 30 * 50 * 3) })).toEqual(first);
  });
});

describe('configuration', () => {
  test('semantic with a model opens it by itself and masks as the golden picture', async () => {
    const [row] = rows;
    const mask = await maskFromConfig({ kind: 'semantic', ratio: 0.4, model: 'tiny' }, { baseDir: golden });
    const masked = await mask.apply(await picture(row.image), random(0));
    expect(sameImage(masked, await picture(row.masked['0.4'].image))).toBe(true);
  });

  test('a model with too few layers and a folder without one are named', async () => {
    const short = openDinov2Scorer(join(golden, 'swiglu'));
    await expect(short).rejects.toThrow(CheckpointError);
    await expect(short).rejects.toThrow(
      /swiglu\/config\.json: the model has 2 layers; .* layers 6, 7, 8, 9 \(from 0\), give a DINOv2 with at least 10$/,
    );
    const none = maskFromConfig({ kind: 'semantic', model: 'nowhere' }, { baseDir: golden });
    await expect(none).rejects.toThrow(/nowhere: no such folder; name the folder of a DINOv2/);
  });
});
