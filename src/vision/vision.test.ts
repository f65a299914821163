import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { pillowMode } from '../../test/pillow.ts';
import { CheckpointError, ImageError } from '../errors.ts';
import { random } from '../random.ts';
import { decodeImage, imageSize, MAX_PIXELS } from './decode.ts';
import { encodePng } from './encode.ts';
import { blackImage } from './image.testing.ts';
import { type RgbImage, sameImage, sideBySide } from './image.ts';
import { type ProcessorConfig, parseProcessorConfig, prepareImage, smartResize } from './processor.ts';
import { resizeBicubic } from './resize.ts';

const source = (name: string) =>
  readFileSync(new URL(`../../test/golden/image/src/${name}`, import.meta.url));

function noisy(width: number, height: number, seed = 1): RgbImage {
  const rng = random(seed, 'picture');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)) };
}

const qwen = parseProcessorConfig({ min_pixels: 3136, max_pixels: 15680 }, 'test');
const side = fc.integer({ min: 1, max: 90 });

describe('decode', () => {
  test.each([
    'rgb_even.png',
    'gray16.png',
    'palette.png',
    'jpeg420.jpg',
    'jpeg_prog_odd.jpg',
    'jpeg_cmyk.jpg',
    'webp_lossy.webp',
    'webp_lossless_alpha.webp',
  ])('%s cut short anywhere is one line that names the picture', async (name) => {
    const whole = source(name);
    for (const share of [0, 0.02, 0.3, 0.5, 0.8, 0.97]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const error = await decodeImage(cut, `row 7 of train.parquet, ${name}`).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ImageError);
      expect((error as Error).message).toMatch(/^row 7 of train\.parquet, \S+: [^\n]+$/);
    }
  });

  test('what is not a picture, or not one of the formats, says so', async () => {
    await expect(decodeImage(new TextEncoder().encode('hello'), 'a.png')).rejects.toThrow(
      /^a\.png: cannot be decoded/,
    );
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>';
    await expect(decodeImage(new TextEncoder().encode(svg), 'a.svg')).rejects.toThrow(
      'a.svg: a svg file; convert it',
    );
  });

  test('the bound on pixels is held before anything is decoded', async () => {
    // A true file of 1 pixel whose header says more, checksum included: decoding it would fail in another way.
    const claims = async (width: number, height: number) => {
      const png = Buffer.from(await encodePng({ width: 1, height: 1, data: new Uint8Array(3) }));
      png.writeUInt32BE(width, 16);
      png.writeUInt32BE(height, 20);
      png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
      return png;
    };
    for (const [width, height] of [
      [16_000, 16_000],
      [MAX_PIXELS + 1, 1],
      [1_000_000, 1_000_000],
    ] as const) {
      const says = new RegExp(`^a: ${width} x ${height} pixels, over the bound of ${MAX_PIXELS};`);
      await expect(decodeImage(await claims(width, height), 'a')).rejects.toThrow(says);
      await expect(imageSize(await claims(width, height), 'a')).rejects.toThrow(says);
    }
    expect(await imageSize(await claims(8192, 6144))).toEqual({ width: 8192, height: 6144 });
  });

  test('a GIF of many frames is its first one', async () => {
    const frames = await sharp(Buffer.alloc(4 * 400 * 3, 90), { raw: { width: 4, height: 400, channels: 3 } })
      .gif()
      .toBuffer();
    const pages = await sharp(Buffer.alloc(4 * 400 * 3, 90), {
      raw: { width: 4, height: 400, channels: 3, pageHeight: 4 },
    })
      .gif({ keepDuplicateFrames: true })
      .toBuffer();
    expect((await sharp(pages).metadata()).pages).toBe(100);
    expect(await imageSize(pages)).toEqual({ width: 4, height: 4 });
    expect(await imageSize(frames)).toEqual({ width: 4, height: 400 });
    const { width, height } = await decodeImage(pages);
    expect([width, height]).toEqual([4, 4]);
  });

  test('EXIF orientations 1 to 8 are applied only when asked for', async () => {
    const { data, width, height } = noisy(7, 4);
    for (let orientation = 1; orientation <= 8; orientation++) {
      const png = await sharp(data, { raw: { width, height, channels: 3 } })
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const want = await sharp(png).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const got = await decodeImage(png, 'turned', { applyExif: true });
      expect([got.width, got.height]).toEqual([want.info.width, want.info.height]);
      expect(Buffer.from(got.data).equals(want.data), `orientation ${orientation}`).toBe(true);
      expect(sameImage(await decodeImage(png), { data, width, height })).toBe(true);
    }
  });

  const more = new URL('../../test/golden/decode/', import.meta.url);
  const files: { file: string; mode: string; width: number; height: number; sha256: string }[] = JSON.parse(
    readFileSync(new URL('images.json', more), 'utf8'),
  ).images;
  test.each(files)('$file ($mode) as Pillow', async ({ file, mode, width, height, sha256 }) => {
    const bytes = readFileSync(new URL(file, more));
    expect(pillowMode(bytes, await sharp(bytes).metadata())).toBe(mode);
    const img = await decodeImage(bytes, file);
    expect([img.width, img.height]).toEqual([width, height]);
    expect(createHash('sha256').update(img.data).digest('hex')).toBe(sha256);
  });
});

describe('encode', () => {
  test('PNG round trip is lossless and the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, fc.nat(), async (width, height, seed) => {
        const img = noisy(width, height, seed);
        const png = await encodePng(img);
        expect(sameImage(await decodeImage(png), img)).toBe(true);
        expect(Buffer.from(await encodePng(img)).equals(Buffer.from(png))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('data that does not fit the size is refused', async () => {
    await expect(encodePng({ width: 2, height: 2, data: new Uint8Array(11) })).rejects.toThrow(
      'PNG encoding: 11 bytes for 2x2 RGB; expected 12',
    );
  });
});

describe('resize', () => {
  test('a flat picture stays flat at any size; the same size changes nothing', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, w2, h2, grey) => {
        const flat = { width: w, height: h, data: new Uint8Array(w * h * 3).fill(grey) };
        expect(resizeBicubic(flat, w2, h2).data.every((v) => v === grey)).toBe(true);
        const img = noisy(w, h);
        expect(sameImage(resizeBicubic(img, w, h), img)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('transposing before or after one pass is the same', () => {
    const transpose = ({ width, height, data }: RgbImage): RgbImage => {
      const out = new Uint8Array(data.length);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let c = 0; c < 3; c++) out[(x * height + y) * 3 + c] = data[(y * width + x) * 3 + c];
      return { width: height, height: width, data: out };
    };
    fc.assert(
      fc.property(side, side, side, (w, h, to) => {
        const img = noisy(w, h);
        expect(sameImage(transpose(resizeBicubic(img, to, h)), resizeBicubic(transpose(img), h, to))).toBe(
          true,
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('processor', () => {
  test('every patch value is the normalised byte of the pixel it stands for', () => {
    const config: ProcessorConfig = { ...qwen, imageMean: [0, 0.25, 0.5], imageStd: [1, 0.5, 0.25] };
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 }), (rows, columns) => {
        const img = noisy(columns * 28, rows * 28);
        const { gridThw, pixelValues_NC } = prepareImage(img, config);
        expect(gridThw).toEqual([1, rows * 2, columns * 2]);
        const rng = random(rows, columns);
        for (let k = 0; k < 200; k++) {
          const [x, y, c, t] = [rng.int(img.width), rng.int(img.height), rng.int(3), rng.int(2)];
          const group = Math.floor(y / 28) * columns + Math.floor(x / 28);
          const inGroup = (Math.floor(y / 14) % 2) * 2 + (Math.floor(x / 14) % 2);
          const at = (((group * 4 + inGroup) * 3 + c) * 2 + t) * 196 + (y % 14) * 14 + (x % 14);
          const want =
            (img.data[(y * img.width + x) * 3 + c] / 255 - config.imageMean[c]) / config.imageStd[c];
          expect(Math.abs(pixelValues_NC[at] - want)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 8 },
    );
  });

  test('sizes are multiples of the factor, and a picture over 200 times as long as wide is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(28, 32),
        (height, width, factor) => {
          fc.pre(Math.max(height, width) <= 200 * Math.min(height, width));
          const to = smartResize(height, width, factor, 3136, 1003520);
          expect(to.height % factor).toBe(0);
          expect(to.width % factor).toBe(0);
          expect(Math.min(to.height, to.width)).toBeGreaterThanOrEqual(factor);
          expect(to.height * to.width).toBeGreaterThanOrEqual(3136);
        },
      ),
    );
    expect(() => prepareImage(blackImage(201, 1), qwen)).toThrow(
      '201x1: absolute aspect ratio must be smaller than 200, got 201.0',
    );
  });

  test('a fitted picture is not resized again, and must fit', () => {
    // 4000x21 comes out above max_pixels, so that a second smart_resize would shrink it once more.
    const once = smartResize(21, 4000, 28, 3136, 15680);
    expect(smartResize(once.height, once.width, 28, 3136, 15680)).not.toEqual(once);
    const fitted = { ...blackImage(once.width, once.height), fitted: true };
    expect(prepareImage(fitted, qwen).gridThw).toEqual([1, once.height / 14, once.width / 14]);
    expect(() => prepareImage({ ...blackImage(30, 28), fitted: true }, qwen)).toThrow(ImageError);
  });

  test('reads both forms of preprocessor_config.json', () => {
    expect(parseProcessorConfig({ min_pixels: 3136, max_pixels: 12845056 }, 'f')).toMatchObject({
      patchSize: 14,
      mergeSize: 2,
      temporalPatchSize: 2,
      minPixels: 3136,
      maxPixels: 12845056,
      imageMean: [0.48145466, 0.4578275, 0.40821073],
    });
    const size = { shortest_edge: 65536, longest_edge: 16777216 };
    expect(parseProcessorConfig({ size, patch_size: 16 }, 'f')).toMatchObject({
      patchSize: 16,
      minPixels: 65536,
      maxPixels: 16777216,
    });
    expect(parseProcessorConfig({ size, min_pixels: 784, max_pixels: null }, 'f')).toMatchObject({
      minPixels: 784,
      maxPixels: 16777216,
    });
  });

  test.each([
    ['text', 'the file must hold a JSON object'],
    [{ patch_size: 14.5 }, '"patch_size" is 14.5; expected a whole number from 1'],
    [{ image_mean: [0.5] }, '"image_mean" is [0.5]; expected three numbers'],
    [{ image_std: [1, 0, 1] }, '"image_std" is [1,0,1]; expected three numbers above 0'],
    [{ do_resize: false }, '"do_resize" is false; expected true'],
    [{ resample: 2 }, '"resample" is 2; expected 3 (bicubic)'],
    [{ min_pixels: 16e6 }, 'min_pixels 16000000 is above max_pixels'],
  ])('%j is refused by name', (json, message) => {
    expect(() => parseProcessorConfig(json, 'dir/preprocessor_config.json')).toThrow(CheckpointError);
    expect(() => parseProcessorConfig(json, 'dir/preprocessor_config.json')).toThrow(
      `dir/preprocessor_config.json: ${message}`,
    );
  });
});

test('side by side: pictures where they belong, white between and below', () => {
  const row = sideBySide([blackImage(2, 3), noisy(4, 1)], 2);
  expect([row.width, row.height]).toEqual([8, 3]);
  const at = (x: number, y: number) => [...row.data.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)];
  expect([at(1, 2), at(2, 0), at(5, 1)]).toEqual([
    [0, 0, 0],
    [255, 255, 255],
    [255, 255, 255],
  ]);
  expect(at(4, 0)).toEqual([...noisy(4, 1).data.subarray(0, 3)]);
  expect(() => sideBySide([])).toThrow(ImageError);
});
