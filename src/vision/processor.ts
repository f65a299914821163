import { z } from 'zod';
import { CheckpointError, ImageError } from '../errors.ts';
import { count, only, or, parseJson, positive, square } from '../json.ts';
import type { RgbImage } from './image.ts';
import { resizeBicubic } from './resize.ts';

/** What the image processor's settings of a Qwen2-VL, Qwen2.5-VL or Qwen3-VL checkpoint settle. */
export interface ProcessorConfig {
  /** Side of a patch in pixels: 14, or 16 for Qwen3-VL. */
  readonly patchSize: number;
  /** Patches a side that the merger joins into one token: 2. */
  readonly mergeSize: number;
  /** Frames a patch spans; a still picture is repeated this often: 2. */
  readonly temporalPatchSize: number;
  /** Least pixels after the resize. */
  readonly minPixels: number;
  /** Most pixels after the resize. */
  readonly maxPixels: number;
  /** Per channel, on values scaled to 0..1. */
  readonly imageMean: readonly [number, number, number];
  readonly imageStd: readonly [number, number, number];
  /** Multiplies the bytes before mean and std: 1/255. */
  readonly rescaleFactor: number;
}

/** One picture, ready for the vision tower. */
export interface PreparedImage {
  /** [1, rows of patches, columns of patches]. */
  gridThw: [number, number, number];
  /** [gridH·gridW, 3·temporalPatchSize·patchSize²]; patches by merge group, then row, column inside the group. */
  pixelValues_NC: Float32Array;
  /** The picture that was handed in, before the processor's resize. */
  rgb: RgbImage;
}

/** A ratio of sides above this is refused (Hugging Face `smart_resize`). */
const MAX_ASPECT_RATIO = 200;
const BICUBIC = 3;

/** The largest numbers that are believed: above those of any model, far below what would fill a memory. */
const MOST = {
  patch: 256,
  merge: 16,
  frames: 16,
  /** Every picture is scaled up to `min_pixels`, so it decides what one takes: .4 GB of values at this size. */
  minPixels: 2 ** 24,
  maxPixels: 2 ** 40,
} as const;

/** Names under which this image processor was saved, whichever family uses it. */
const PROCESSOR = /^Qwen(2|2_5|3)_?VLImageProcessor(Fast|Pil)?$/;
const PROCESSOR_NAME = '"Qwen2VLImageProcessor"';

/** Three numbers, one a channel, each from `least` on. */
const channels = (least: number) =>
  z.custom<[number, number, number]>(
    (value) =>
      Array.isArray(value) &&
      value.length === 3 &&
      value.every((v) => typeof v === 'number' && v >= least && v <= 1e6),
    least > 0 ? 'three numbers above 0' : 'three numbers',
  );

const least = () => count(MOST.minPixels).nullish();
const most = () => count(MOST.maxPixels).nullish();

/** Settings that would change the pixels are read so far that only what is carried out here passes. */
const keys = z
  .object({
    image_processor_type: z.string(PROCESSOR_NAME).regex(PROCESSOR, PROCESSOR_NAME).nullish(),
    do_resize: only(true),
    do_rescale: only(true),
    do_normalize: only(true),
    resample: only(BICUBIC, `${BICUBIC} (bicubic)`),
    patch_size: or(square(MOST.patch), 14),
    merge_size: or(square(MOST.merge), 2),
    temporal_patch_size: or(square(MOST.frames), 2),
    image_mean: or(channels(-1e6), [0.48145466, 0.4578275, 0.40821073]),
    image_std: or(channels(1e-6), [0.26862954, 0.26130258, 0.27577711]),
    rescale_factor: or(positive(1e6), 1 / 255),
    min_pixels: least(),
    max_pixels: most(),
    /** Edges count pixels here, not edges. */
    size: z
      .object(
        { min_pixels: least(), shortest_edge: least(), max_pixels: most(), longest_edge: most() },
        'an object',
      )
      .nullish(),
  })
  .transform(({ size, ...c }) => ({
    ...c,
    min_pixels: c.min_pixels ?? size?.min_pixels ?? size?.shortest_edge ?? 56 * 56,
    max_pixels: c.max_pixels ?? size?.max_pixels ?? size?.longest_edge ?? 28 * 28 * 1280,
  }));

/**
 * Reads the settings of an image processor: a `preprocessor_config.json`, or `image_processor` of the
 * `processor_config.json` that transformers 5 writes. Pixel limits are taken from `min_pixels`/`max_pixels`, else from
 * `size` as `min_pixels`/`max_pixels` or `shortest_edge`/`longest_edge`, else 56·56 and 28·28·1280. Other missing keys
 * have Hugging Face's defaults (Qwen2VLImageProcessor).
 * @param path where in the file the settings lie
 * @throws CheckpointError naming the file and the key
 */
export function parseProcessorConfig(
  json: unknown,
  file: string,
  path: readonly string[] = [],
): ProcessorConfig {
  const c = parseJson(keys, json, file, path);
  if (c.min_pixels > c.max_pixels)
    throw new CheckpointError(
      `${file}: min_pixels ${c.min_pixels} is above max_pixels ${c.max_pixels}; swap or correct them`,
    );
  return {
    patchSize: c.patch_size,
    mergeSize: c.merge_size,
    temporalPatchSize: c.temporal_patch_size,
    minPixels: c.min_pixels,
    maxPixels: c.max_pixels,
    imageMean: c.image_mean,
    imageStd: c.image_std,
    rescaleFactor: c.rescale_factor,
  };
}

/** Python's `round`: halves go to the even neighbour. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Python's `str(float)` for the ratios that occur here. */
function pythonFloat(x: number): string {
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

/**
 * The size that a picture of height x width pixels is resized to: multiples of `factor` (patch size · merge size),
 * within the pixel limits, the aspect kept as nearly as that allows. Source: Hugging Face `smart_resize`.
 * Throws ImageError, in Hugging Face's words, when the longer side is over 200 times the shorter.
 */
export function smartResize(
  height: number,
  width: number,
  factor: number,
  minPixels: number,
  maxPixels: number,
): { height: number; width: number } {
  const aspect = Math.max(height, width) / Math.min(height, width);
  if (aspect > MAX_ASPECT_RATIO)
    throw new ImageError(
      `${width}x${height}: absolute aspect ratio must be smaller than ${MAX_ASPECT_RATIO}, got ${pythonFloat(aspect)}`,
    );
  let h = roundHalfEven(height / factor) * factor;
  let w = roundHalfEven(width / factor) * factor;
  if (h * w > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    h = Math.max(factor, Math.floor(height / beta / factor) * factor);
    w = Math.max(factor, Math.floor(width / beta / factor) * factor);
  } else if (h * w < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    h = Math.ceil((height * beta) / factor) * factor;
    w = Math.ceil((width * beta) / factor) * factor;
  }
  return { height: h, width: w };
}

/**
 * The picture as the processor resizes it (`smartResize`, Pillow's bicubic), marked `fitted`; one that is marked comes
 * back as it is. Throws ImageError as `smartResize` does, and for a marked picture that cannot be cut into patches.
 */
export function resizeForPatches(rgb: RgbImage, config: ProcessorConfig): RgbImage {
  const { patchSize, mergeSize, minPixels, maxPixels } = config;
  const factor = patchSize * mergeSize;
  if (rgb.fitted) {
    if (rgb.width % factor !== 0 || rgb.height % factor !== 0)
      throw new ImageError(
        `${rgb.width}x${rgb.height}: marked as fitted, but the sides are not multiples of ${factor}; fit it with this checkpoint's processor`,
      );
    return rgb;
  }
  const to = smartResize(rgb.height, rgb.width, factor, minPixels, maxPixels);
  return { ...resizeBicubic(rgb, to.width, to.height), fitted: true };
}

/** Normalised value of each byte, [3, 256], rounded to float32 after each step as NumPy does. */
function normalisation({ rescaleFactor, imageMean, imageStd }: ProcessorConfig): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c++)
    for (let v = 0; v < 256; v++) {
      const centred = Math.fround(Math.fround(v * rescaleFactor) - Math.fround(imageMean[c]));
      table[c * 256 + v] = centred / Math.fround(imageStd[c]);
    }
  return table;
}

/**
 * Resize, scale, normalise and cut into patches: Hugging Face's Qwen2VLImageProcessor with Pillow ("slow") for one
 * still picture. Patches come in merge groups (rows of groups, groups in a row, then row and column inside the group);
 * a patch's values are [channel, frame, row, column]. Throws ImageError when the picture is too long for its width.
 */
export function prepareImage(rgb: RgbImage, config: ProcessorConfig): PreparedImage {
  const { patchSize, mergeSize, temporalPatchSize } = config;
  const { width, height, data } = resizeForPatches(rgb, config);
  const gridH = height / patchSize;
  const gridW = width / patchSize;
  const table = normalisation(config);
  const frame = patchSize * patchSize;
  const pixelValues_NC = new Float32Array(gridH * gridW * 3 * temporalPatchSize * frame);
  let o = 0;
  const patch = (top: number, left: number) => {
    for (let c = 0; c < 3; c++) {
      const start = o;
      for (let y = 0; y < patchSize; y++) {
        let p = ((top + y) * width + left) * 3 + c;
        for (let x = 0; x < patchSize; x++, p += 3) pixelValues_NC[o++] = table[c * 256 + data[p]];
      }
      for (let t = 1; t < temporalPatchSize; t++, o += frame)
        pixelValues_NC.copyWithin(o, start, start + frame);
    }
  };
  for (let groupY = 0; groupY < gridH; groupY += mergeSize)
    for (let groupX = 0; groupX < gridW; groupX += mergeSize)
      for (let y = groupY; y < groupY + mergeSize; y++)
        for (let x = groupX; x < groupX + mergeSize; x++) patch(y * patchSize, x * patchSize);
  return { gridThw: [1, gridH, gridW], pixelValues_NC, rgb };
}
