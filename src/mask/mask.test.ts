import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, ImageError, UserFunctionError } from '../errors.ts';
import { random } from '../random.ts';
import { blackImage } from '../vision/image.testing.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import { parseProcessorConfig, prepareImage, resizeForPatches } from '../vision/processor.ts';
import { type MaskConfig, maskFromConfig, parseMaskConfig } from './config.ts';
import { blankMask } from './kinds/blank.ts';
import { diffusionMask, diffusionSchedule, fadedStep, noiseMask } from './kinds/noise.ts';
import { patchMask } from './kinds/patch.ts';
import { randomMask } from './kinds/random.ts';
import { semanticMask, semanticMaskFrom } from './kinds/semantic.ts';
import type { Mask } from './types.ts';
import { isUnchanged, maskedViews } from './views.ts';

/** No byte is 0, so that black is always the mask's doing. */
function picture(width: number, height: number, seed = 1): RgbImage {
  const rng = random(seed, 'picture');
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, () => 1 + rng.int(255)),
  };
}
const processor = parseProcessorConfig({ min_pixels: 3136, max_pixels: 50176 }, 'test');
const gradient = async (img: RgbImage) => {
  const [gridH, gridW] = [Math.ceil(img.height / 14), Math.ceil(img.width / 14)];
  return { scores_N: Float32Array.from({ length: gridH * gridW }, (_, i) => i % 7), gridH, gridW };
};
const byRatio: [string, (ratio: number) => Mask][] = [
  ['random', (p) => randomMask(p)],
  ['patch', (p) => patchMask(p, processor)],
  ['semantic', (p) => semanticMaskFrom(gradient, p)],
];
const side = fc.integer({ min: 1, max: 120 });
const isBlack = (img: RgbImage) => img.data.every((v) => v === 0);

describe.each(byRatio)('%s', (_name, make) => {
  test('ratio 0 changes nothing, ratio 1 leaves black, the original is never touched', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, fc.nat(), async (width, height, seed) => {
        const img = picture(width, height);
        const before = img.data.slice();
        const none = make(0);
        expect(isUnchanged(img, await none.apply(img, random(seed)), none)).toBe(true);
        expect(isBlack(await make(1).apply(img, random(seed)))).toBe(true);
        expect(img.data).toEqual(before);
      }),
      { numRuns: 25 },
    );
  });

  test('every pixel is either its own or black', async () => {
    const mask = make(0.5);
    const img = picture(75, 61);
    const base = mask.base?.(img) ?? img;
    const masked = await mask.apply(img, random(3));
    let black = 0;
    for (let i = 0; i < base.data.length; i++)
      if (masked.data[i] === 0) black++;
      else expect(masked.data[i]).toBe(base.data[i]);
    expect(black).toBeGreaterThan(0);
    expect(black).toBeLessThan(base.data.length);
  });
});

describe('chance', () => {
  test.each([
    ['random', randomMask(0.6)],
    ['patch', patchMask(0.6, parseProcessorConfig({ max_pixels: 1003520 }, 'test'))],
  ])('%s: the masked share is within five standard deviations of the ratio', async (_name, mask) => {
    // 70 x 70 squares.
    const masked = await mask.apply(picture(980, 980), random('share'));
    let black = 0;
    for (let y = 0; y < 980; y += 14)
      for (let x = 0; x < 980; x += 14) if (masked.data[(y * 980 + x) * 3] === 0) black++;
    expect(Math.abs(black / 4900 - 0.6)).toBeLessThan(5 * Math.sqrt((0.6 * 0.4) / 4900));
  });

  test('same key, same views; another prompt, step, seed or position, another view', async () => {
    const img = picture(140, 140);
    for (const mask of [randomMask(0.6), patchMask(0.6, processor), noiseMask(40), diffusionMask(500)]) {
      const view = async (...key: (string | number)[]) => (await maskedViews([img, img], mask, key)).images;
      const [first, second] = await view(7, 'mask', 3, 'a');
      expect(sameImage(first, (await view(7, 'mask', 3, 'a'))[0])).toBe(true);
      expect(sameImage(first, second)).toBe(false);
      for (const other of [
        await view(7, 'mask', 3, 'b'),
        await view(7, 'mask', 4, 'a'),
        await view(8, 'mask', 3, 'a'),
      ])
        expect(sameImage(first, other[0])).toBe(false);
    }
  });
});

describe('views', () => {
  test('counts the pictures that a mask left as they were', async () => {
    const images = [picture(30, 30), blackImage(30, 30), picture(20, 60)];
    expect((await maskedViews(images, randomMask(0), ['k'])).unchanged).toBe(3);
    expect((await maskedViews(images, patchMask(0, processor), ['k'])).unchanged).toBe(3);
    // Blacking out a black picture changes nothing, and that counts too.
    expect((await maskedViews(images, blankMask(), ['k'])).unchanged).toBe(1);
  });
});

describe('patch', () => {
  test('no patch of the processor is half masked, and both views have one grid', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, fc.nat(), async (width, height, seed) => {
        fc.pre(Math.max(width, height) <= 200 * Math.min(width, height));
        const img = picture(width, height);
        const masked = await patchMask(0.5, processor).apply(img, random(seed));
        const original = prepareImage(img, processor);
        const view = prepareImage(masked, processor);
        expect(view.gridThw).toEqual(original.gridThw);
        const black = prepareImage(blackImage(56, 56), processor).pixelValues_NC.subarray(0, 1176);
        for (let n = 0; n < view.pixelValues_NC.length; n += 1176) {
          const patch = view.pixelValues_NC.subarray(n, n + 1176);
          const own = original.pixelValues_NC.subarray(n, n + 1176);
          const same = (other: Float32Array) => patch.every((v, i) => v === other[i]);
          expect(same(own) || same(black)).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('ratio 0 prepares exactly as the picture itself, also where smart_resize is not settled', async () => {
    for (const img of [picture(75, 61), picture(1500, 8)]) {
      const masked = await patchMask(0, processor).apply(img, random(1));
      expect(prepareImage(masked, processor).pixelValues_NC).toEqual(
        prepareImage(img, processor).pixelValues_NC,
      );
      expect(sameImage(masked, resizeForPatches(img, processor))).toBe(true);
    }
  });
});

describe('noise', () => {
  const grey = { width: 100, height: 100, data: new Uint8Array(30000).fill(128) };
  const moments = (img: RgbImage) => {
    const mean = img.data.reduce((a, b) => a + b, 0) / img.data.length;
    const variance = img.data.reduce((a, b) => a + (b - mean) ** 2, 0) / img.data.length;
    return { mean, std: Math.sqrt(variance) };
  };

  test('std is in grey levels, 0 changes nothing, and the mean stays', async () => {
    expect(sameImage(await noiseMask(0).apply(grey, random(1)), grey)).toBe(true);
    const { mean, std } = moments(await noiseMask(20).apply(grey, random(1)));
    expect(Math.abs(mean - 128)).toBeLessThan(0.6);
    expect(Math.abs(std - 20)).toBeLessThan(0.5);
  });

  test('diffusion: the schedule loses all signal by the end, and a step has its mean and spread', async () => {
    const { signal, noise } = diffusionSchedule();
    for (let t = 0; t < 1000; t++) expect(signal[t] ** 2 + noise[t] ** 2).toBeCloseTo(1, 12);
    for (let t = 1; t < 1000; t++) expect(signal[t]).toBeLessThan(signal[t - 1]);
    expect([signal[0] > 0.9999, signal[999] < 0.3]).toEqual([true, true]);
    const { mean, std } = moments(await diffusionMask(250).apply(grey, random(1)));
    // Whole grey levels are cut down, hence the half.
    expect(Math.abs(mean - (128 * signal[250] - 0.5))).toBeLessThan(1.5);
    expect(Math.abs(std - 255 * noise[250])).toBeLessThan(1.5);
  });
});

describe('noise that fades', () => {
  const fade = { steepness: 30, middle: 40 };

  test('goes along the sigmoid of NoisyRollout', () => {
    // int(500 · (1 − 1/(1 + e^(−30 (step − 40)/60)))), by hand.
    const at = [1, 40, 42, 60].map((step) => fadedStep(500, fade, step, 60));
    expect(at).toEqual([499, 250, 134, 0]);
    expect(fadedStep(500, { steepness: 30, middle: 'half' }, 100, 200)).toBe(250);
  });

  test('is at each training step the noise of its diffusion step, by name and by pixel', async () => {
    const mask = await maskFromConfig({ kind: 'noise', step: 500, fade });
    expect(mask.name).toBe('noise step 500');
    const img = picture(40, 30);
    for (const [step, noise] of [
      [1, 499],
      [42, 134],
      [60, 0],
    ] as const) {
      const now = mask.at!(step, 60);
      expect(now.name).toBe(`noise step ${noise}`);
      const drawn = await now.apply(img, random('fade'));
      expect(sameImage(drawn, await diffusionMask(noise).apply(img, random('fade')))).toBe(true);
    }
    for (const same of [
      { kind: 'noise', step: 500, fade: null },
      { kind: 'noise', std: 5 },
      { kind: 'random' },
    ] as const)
      expect((await maskFromConfig(same)).at).toBe(undefined);
  });
});

describe('semantic', () => {
  test('equal scores: the lower index first; k is rounded down', () => {
    expect(semanticMask(Float32Array.of(1, 2, 2, 2, 0), 1, 5, 0.5)).toEqual([1, 2]);
    expect(semanticMask(Float32Array.of(1, 2, 3), 1, 3, 0.3)).toEqual([]);
  });

  test('scores that do not fill the grid or are no numbers are refused', () => {
    expect(() => semanticMask(new Float32Array(5), 2, 3, 0.5)).toThrow(ImageError);
    expect(() => semanticMask(Float32Array.of(1, Number.NaN), 1, 2, 0.5)).toThrow('not a number');
  });
});

describe('function', () => {
  let folder: string;
  let all: Mask;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mask-'));
    writeFileSync(join(folder, 'half.ts'), 'export enum Half { of = 2 }');
    writeFileSync(
      join(folder, 'own.ts'),
      `import { Half } from './half';
       type Image = { width: number; height: number; data: Uint8Array };
       type Stream = { next(): number };
       const shared = { width: 10, height: 10, data: new Uint8Array(300).fill(9) };
       const wrong: Record<string, (img: Image) => unknown> = {
         shrunk: (img) => ({ ...img, width: img.width - 1 }),
         short: (img) => ({ ...img, data: img.data.subarray(1) }),
         nothing: () => undefined,
         floats: (img) => ({ ...img, data: new Float32Array(300).fill(NaN) }),
         list: (img) => ({ ...img, data: [...img.data] }),
         same: (img) => img,
         shared: () => shared,
         sized: (img) => ({ ...img, width: NaN }),
         throws: (img) => { throw new RangeError(\`no picture of \${img.width}\`); },
       };
       const cases = Object.keys(wrong);
       /** Of a picture of 10x10 what its first byte asks for; of any other the upper half is blackened. */
       export default function mask(img: Image, rng: Stream, ratio: number): unknown {
         if (img.width === 10) return wrong[cases[img.data[0]]](img);
         img.data.fill(0, 0, Math.floor(img.height / Half.of) * img.width * 3);
         img.data[img.data.length - 1] = Math.floor(rng.next() * 256);
         img.data[img.data.length - 2] = Math.floor(ratio * 100);
         return img;
       }`,
    );
    writeFileSync(join(folder, 'broken.mjs'), 'export default (;');
    writeFileSync(
      join(folder, 'words.mjs'),
      'export const word = "no function"; export const two = () => 2;',
    );
    all = await load('own.ts');
  });
  afterAll(async () => {
    await all.close!();
    rmSync(folder, { recursive: true });
  });
  const load = (module: string) =>
    maskFromConfig({ kind: 'function', module, ratio: 0.5 }, { baseDir: folder });

  test('masks a copy, with the ratio and a stream of its own, the same for the same key', async () => {
    const img = picture(12, 10);
    const before = img.data.slice();
    const views = (await maskedViews([img, img], all, ['k'])).images;
    for (const { data } of views) {
      expect(data.subarray(0, 180).every((v) => v === 0)).toBe(true);
      expect(data.subarray(180, -2)).toEqual(before.subarray(180, -2));
      expect(data.at(-2)).toBe(50);
    }
    expect(views[0]!.data.at(-1)).not.toBe(views[1]!.data.at(-1));
    expect((await maskedViews([img, img], all, ['k'])).images).toEqual(views);
    expect(img.data).toEqual(before);
    const stream = random('two');
    const [first, second] = [await all.apply(img, stream), await all.apply(img, stream)];
    expect(first.data.at(-1)).not.toBe(second.data.at(-1));
  });

  const asking = (i: number): RgbImage => {
    const img = picture(10, 10);
    img.data[0] = i;
    return img;
  };

  test.each([
    [0, 'returned a picture of 9x10 for one of 10x10; keep the size'],
    [1, 'returned 299 bytes for 10x10 RGB; expected 300 (height x width x 3)'],
    [2, 'returned undefined; return { width, height, data }'],
    [3, 'returned data of another type (Float32Array of 1200 bytes); give a Uint8Array, height x width x 3'],
    [4, 'returned data of another type ("a list of 300"); give a Uint8Array, height x width x 3'],
    [7, 'returned a picture of NaNx10 for one of 10x10; keep the size'],
    [8, 'threw RangeError: no picture of 10 (own.ts:14:27)'],
  ])('what is no picture of the same size (%i) is refused by name, row and reason', async (i, message) => {
    const views = maskedViews([asking(i)], all, ['k'], 'row r7');
    await expect(views).rejects.toThrow(UserFunctionError);
    await expect(views).rejects.toThrow(`mask.module own.ts, row r7, image 1: ${message}`);
  });

  test('the picture itself is counted as unchanged; one that is given again and again stays whole', async () => {
    expect((await maskedViews([asking(5), asking(5)], all, ['k'])).unchanged).toBe(2);
    for (let i = 0; i < 2; i++)
      expect((await maskedViews([asking(6), asking(6)], all, ['k'])).images.map((v) => v.data[299])).toEqual([
        9, 9,
      ]);
  });

  test.each([
    ['none.mjs', /^mask\.module none\.mjs: no file \S+none\.mjs/],
    ['words.mjs#absent', /: no function of that name \(it exports two\)$/],
    ['words.mjs#word', /: no function of that name/],
    ['broken.mjs', /^mask\.module broken\.mjs: cannot be loaded: SyntaxError: [^\n]+$/],
  ])('%s: a missing or broken module is one line', async (module, message) => {
    const loading = load(module);
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(message);
  });
});

describe('configuration', () => {
  test("every kind becomes its mask; ratio is the paper's .6 when left out", async () => {
    const names = async (...configs: MaskConfig[]) => {
      const masks = await Promise.all(configs.map((c) => maskFromConfig(c, { processor, scorer: gradient })));
      return masks.map((m) => m.name);
    };
    expect(
      await names(
        { kind: 'random' },
        { kind: 'patch', ratio: 0.4 },
        { kind: 'semantic' },
        { kind: 'noise', std: 50 },
        { kind: 'noise', step: 500 },
        { kind: 'blank' },
      ),
    ).toEqual(['random 0.6', 'patch 0.4', 'semantic 0.6', 'noise std 50', 'noise step 500', 'blank']);
    // A name alone, or no kind at all.
    expect(await names('blank', { ratio: 0.2 })).toEqual(['blank', 'random 0.2']);
    const coarse = await maskFromConfig({ kind: 'random', ratio: 0.5, side: 30 });
    const masked = await coarse.apply(picture(60, 60), random(5));
    expect(sameImage(masked, await randomMask(0.5, 30).apply(picture(60, 60), random(5)))).toBe(true);
  });

  test.each([
    [
      { kind: 'blur' },
      'mask.kind: unknown kind; one of random, patch, semantic, noise, shuffle, blank, function',
    ],
    [{ kind: 'random', ratio: 1.5 }, 'mask.ratio: '],
    [{ kind: 'random', ratoi: 0.5 }, '"ratoi"'],
    [{ kind: 'noise' }, 'noise takes either std (grey levels) or step (0..999)'],
    [{ kind: 'noise', std: 5, step: 5 }, 'noise takes either'],
    [{ kind: 'noise', step: 1000 }, 'mask.step: '],
    [
      { kind: 'noise', std: 5, fade: { steepness: 30, middle: 40 } },
      'mask.fade: what fades is step (0..999)',
    ],
    [{ kind: 'noise', step: 5, fade: { steepness: 0, middle: 40 } }, 'mask.fade.steepness: '],
    [{ kind: 'noise', step: 5, fade: { steepness: 30 } }, 'mask.fade.middle: '],
    [{ kind: 'random', side: 0 }, 'mask.side: '],
  ])('%j is refused by name', (config, message) => {
    expect(() => parseMaskConfig(config)).toThrow(ConfigError);
    expect(() => parseMaskConfig(config)).toThrow(message);
  });

  test('patch without a processor and semantic without a model say what to give', async () => {
    await expect(maskFromConfig({ kind: 'patch' })).rejects.toThrow('no image processor');
    await expect(maskFromConfig({ kind: 'semantic' })).rejects.toThrow('DINOv2 checkpoint folder');
  });
});
