import { CheckpointError, ImageError } from '../errors.ts';
import { grouped, shown } from '../reading.ts';
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

/** Names under which the image processor of these families was saved. */
const PROCESSOR = /^Qwen(2|2_5|3)_?VLImageProcessor(Fast|Pil)?$/;

/** Settings of the Hugging Face processor that would change the pixels, and the one value that is carried out here. */
const REQUIRED = {
  do_resize: true,
  do_rescale: true,
  do_normalize: true,
  resample: BICUBIC,
} as const;

/**
 * Reads the settings of an image processor: a `preprocessor_config.json`, or `image_processor` of the
 * `processor_config.json` that transformers 5 writes. Pixel limits are taken from `min_pixels`/`max_pixels`, else from
 * `size` as `min_pixels`/`max_pixels` or `shortest_edge`/`longest_edge` (which count pixels here, not edges), else 56·56
 * and 28·28·1280. Other missing keys have Hugging Face's defaults (Qwen2VLImageProcessor).
 * @param where the file and, where the settings lie inside it, the key, for messages
 * @throws CheckpointError naming `where` and the key
 */
export function parseProcessorConfig(json: unknown, where: string): ProcessorConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CheckpointError(`${where}: not a JSON object; expected an image processor's settings`);
  const raw = json as Record<string, unknown>;
  const get = (key: string) => (Object.hasOwn(raw, key) ? (raw[key] ?? undefined) : undefined);
  const fail = (key: string, expected: string): never => {
    throw new CheckpointError(`${where}: ${key} is ${shown(get(key))}; ${expected}`);
  };
  const kind = get('image_processor_type');
  if (kind !== undefined && !(typeof kind === 'string' && PROCESSOR.test(kind)))
    fail('image_processor_type', 'expected "Qwen2VLImageProcessor", that of Qwen2.5-VL');
  for (const [key, value] of Object.entries(REQUIRED))
    if (get(key) !== undefined && get(key) !== value)
      fail(key, `only ${value} is supported by this image processor`);
  const size = Object(get('size')) as Record<string, unknown>;
  const whole = (key: string, value: unknown, most: number, otherwise: number): number => {
    const found = value ?? otherwise;
    if (typeof found === 'number' && Number.isInteger(found) && found > 0 && found <= most) return found;
    throw new CheckpointError(
      `${where}: ${key} is ${shown(value)}; expected a whole number above 0, at most ${grouped(most)}`,
    );
  };
  const square = (key: string, most: number, otherwise: number) => {
    const value = get(key);
    const sides: unknown[] = Array.isArray(value) ? value : [value];
    if (sides.length === 0 || sides.length > 2 || sides.some((side) => side !== sides[0]))
      fail(key, 'expected a whole number, or the same one twice');
    return whole(key, sides[0], most, otherwise);
  };
  const channels = (key: string, otherwise: [number, number, number], least: number) => {
    const value = get(key) ?? otherwise;
    const isGood = (v: unknown) => typeof v === 'number' && v >= least && v <= 1e6;
    if (!Array.isArray(value) || value.length !== 3 || !value.every(isGood))
      fail(key, least > 0 ? 'expected three numbers above 0' : 'expected three numbers');
    return value as [number, number, number];
  };
  const rescaleFactor = get('rescale_factor') ?? 1 / 255;
  if (typeof rescaleFactor !== 'number' || !(rescaleFactor > 0 && rescaleFactor <= 1e6))
    return fail('rescale_factor', 'expected a number above 0');
  const least = get('min_pixels') ?? size.min_pixels ?? size.shortest_edge;
  const most = get('max_pixels') ?? size.max_pixels ?? size.longest_edge;
  const config = {
    patchSize: square('patch_size', MOST.patch, 14),
    mergeSize: square('merge_size', MOST.merge, 2),
    temporalPatchSize: square('temporal_patch_size', MOST.frames, 2),
    minPixels: whole('min_pixels', least, MOST.minPixels, 56 * 56),
    maxPixels: whole('max_pixels', most, MOST.maxPixels, 28 * 28 * 1280),
    imageMean: channels('image_mean', [0.48145466, 0.4578275, 0.40821073], -1e6),
    imageStd: channels('image_std', [0.26862954, 0.26130258, 0.27577711], 1e-6),
    rescaleFactor,
  };
  if (config.minPixels > config.maxPixels)
    throw new CheckpointError(
      `${where}: min_pixels ${config.minPixels} is above max_pixels ${config.maxPixels}; swap or correct them`,
    );
  return config;
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
