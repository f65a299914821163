import fc from 'fast-check';
import { expect, test } from 'vitest';
import { random } from '../../random.ts';
import { type RgbImage, sameImage } from '../../vision/image.ts';
import { maskFromConfig } from '../config.ts';
import { shuffleMask } from './shuffle.ts';

/** No two pixels are alike. */
function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i & 255, (i >> 8) & 255, (i >> 16) & 255], 3 * i);
  return { width, height, data };
}

const pixel = ({ data }: RgbImage, i: number) => data.slice(3 * i, 3 * i + 3).join();
const pixelsOf = (img: RgbImage) => Array.from({ length: img.width * img.height }, (_, i) => pixel(img, i));

test('no pixel is lost or made up, whatever the sizes, and the picture itself stays', async () => {
  const size = fc.integer({ min: 1, max: 60 });
  await fc.assert(
    fc.asyncProperty(size, size, fc.integer({ min: 1, max: 70 }), fc.nat(), async (w, h, side, seed) => {
      const img = picture(w, h);
      const shuffled = await shuffleMask(side).apply(img, random(seed));
      expect([shuffled.width, shuffled.height]).toEqual([w, h]);
      expect(pixelsOf(shuffled).sort()).toEqual(pixelsOf(img).sort());
      expect(img).toEqual(picture(w, h));
    }),
    { numRuns: 60 },
  );
});

test('squares keep what they show: each is somewhere in the picture, pixel by pixel', async () => {
  // Whole squares, two strips that are cut off, and a corner.
  const [side, img] = [8, picture(43, 29)];
  const shuffled = await shuffleMask(side).apply(img, random(2));
  let moved = 0;
  for (let y = 0; y < img.height; y++)
    for (let x = 0; x < img.width; x++) {
      const [left, top] = [x - (x % side), y - (y % side)];
      // The pixel at the corner of the square says where the square is from.
      const corner = pixel(shuffled, top * img.width + left)
        .split(',')
        .map(Number);
      const from = corner[0] + 256 * corner[1];
      moved += Number(from !== top * img.width + left);
      expect(pixel(shuffled, y * img.width + x)).toBe(pixel(img, from + (y - top) * img.width + (x - left)));
    }
  expect(moved).toBeGreaterThan(img.width * img.height * 0.5);
});

test('every order of a row of squares is as likely as any other', async () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 1200; seed++) {
    const order = pixelsOf(await shuffleMask(1).apply(picture(3, 1), random(seed))).join(' ');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Five standard deviations of 1200 draws with probability 1/6.
  for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(65);
});

test('one square, as of a picture of 1x1, stays where it is', async () => {
  for (const img of [picture(1, 1), picture(5, 3)])
    expect(sameImage(await shuffleMask(28).apply(img, random(1)), img)).toBe(true);
});

test('is a kind of the configuration; the squares are of a visual token unless told', async () => {
  const img = picture(112, 84);
  const mask = await maskFromConfig({ kind: 'shuffle' });
  expect(mask.name).toBe('shuffle 28');
  const key = random('same');
  expect(sameImage(await mask.apply(img, key), await shuffleMask(28).apply(img, random('same')))).toBe(true);
  expect((await maskFromConfig({ kind: 'shuffle', side: 14 })).name).toBe('shuffle 14');
  await expect(maskFromConfig({ kind: 'shuffle', side: 0 })).rejects.toThrow('mask.side: ');
});
