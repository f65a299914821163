import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { random } from '../random.ts';
import { decodeImage } from '../vision/decode.ts';
import { sameImage } from '../vision/image.ts';
import { maskFromConfig } from './config.ts';
import { attentionReceived, openDinov2Scorer } from './dinov2-scorer.ts';
import { semanticMask } from './semantic.ts';
import type { PatchScorer } from './types.ts';

const golden = fileURLToPath(new URL('../../test/golden/dinov2/', import.meta.url));
const picture = async (path: string) => decodeImage(readFileSync(join(golden, path)), path);

interface Row {
  image: string;
  grid_h: number;
  grid_w: number;
  patch_scores: number[];
  masked: Record<string, { patch_indices_sorted: number[]; image: string }>;
}
const rows: Row[] = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')).images;

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
