import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import { previewMasks } from './preview.ts';

const rng = random(3, 'preview test');
const picture: RgbImage = {
  width: 140,
  height: 98,
  data: Uint8Array.from({ length: 140 * 98 * 3 }, () => 1 + rng.int(255)),
};
const hidden = (img: RgbImage) => img.data.filter((v) => v === 0).length / img.data.length;

test('a higher ratio hides what a lower one hides and more; the shares are those of the pictures', async () => {
  const ratios = [0.2, 0.5, 0.8];
  const configs = ratios.map((ratio) => ({ kind: 'random' as const, ratio }));
  const previews = await previewMasks(picture, configs, 4);
  for (const [i, { image, share, means }] of previews.entries()) {
    expect(means).toBe('hidden');
    expect(share).toBeCloseTo(hidden(image), 12);
    if (i === 0) continue;
    const lower = previews[i - 1];
    expect(share).toBeGreaterThan(lower.share);
    lower.image.data.forEach((v, k) => {
      if (v === 0) expect(image.data[k]).toBe(0);
    });
  }
});

test('equal seeds give equal pictures, another seed another; one scoring serves every ratio', async () => {
  let scored = 0;
  const scorer = async (img: RgbImage) => {
    scored++;
    expect(sameImage(img, picture)).toBe(true);
    return { scores_N: Float64Array.from({ length: 70 }, (_, i) => i), gridH: 7, gridW: 10 };
  };
  const configs = [0.1, 0.5].map((ratio) => ({ kind: 'semantic' as const, ratio }));
  const semantic = await previewMasks(picture, configs, 1, { scorer });
  expect(scored).toBe(1);
  expect(semantic.map((p) => p.share)).toEqual([0.1, 0.5]);
  const image = async (seed: number) => (await previewMasks(picture, [{ kind: 'random' }], seed))[0].image;
  expect(await image(1)).toEqual(await image(1));
  expect(sameImage(await image(1), await image(2))).toBe(false);
});
