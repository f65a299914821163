import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { pillowMode } from '../../test/pillow.ts';
import { ImageError } from '../errors.ts';
import { capPixels, capSize } from './cap.ts';
import { decodeImage } from './decode.ts';
import type { RgbImage } from './image.ts';
import {
  type ProcessorConfig,
  parseProcessorConfig,
  prepareImage,
  resizeForPatches,
  smartResize,
} from './processor.ts';
import { resizeBicubic } from './resize.ts';

const folder = new URL('../../test/golden/image/', import.meta.url);
const bytesOf = (path: string | URL) => readFileSync(new URL(path, folder));
const jsonOf = (path: string | URL) => JSON.parse(bytesOf(path).toString('utf8'));
const picture = (path: string) => decodeImage(bytesOf(path), path);

interface Processed {
  min_pixels: number | null;
  max_pixels: number | null;
  width: number;
  height: number;
  sha256: string;
}
interface Prepared {
  patch_size: number;
  min_pixels: number;
  max_pixels: number;
  image_mean: [number, number, number];
  image_std: [number, number, number];
  resized_height: number;
  resized_width: number;
  image_grid_thw: [number, number, number][];
  pil_sum: number;
  torchvision_sum: number;
  /** Largest difference of the two resizes, in pixel values. */
  pil_vs_torchvision_max_abs_diff: number;
  resized_pil?: string;
  resized_torchvision?: string;
  /** The same in grey levels. */
  resized_uint8_max_abs_diff?: number;
}
interface Row {
  name: string;
  file: string;
  mode: string;
  format: string;
  width: number;
  height: number;
  decoded_rgb: string;
  pil_bicubic: { width: number; height: number; file: string }[];
  process_image: Processed[];
  hf: Prepared[];
}

/** Position and size of the first byte that differs, so that a failure does not print a whole picture. */
function difference(got: RgbImage, want: RgbImage): string {
  if (got.width !== want.width || got.height !== want.height)
    return `${got.width}x${got.height} against ${want.width}x${want.height}`;
  let worst = 0;
  for (let i = 0; i < want.data.length; i++) worst = Math.max(worst, Math.abs(got.data[i] - want.data[i]));
  return `same size, largest difference ${worst}`;
}
const EQUAL = 'same size, largest difference 0';

const configOf = (h: Prepared): ProcessorConfig => ({
  patchSize: h.patch_size,
  mergeSize: 2,
  temporalPatchSize: 2,
  minPixels: h.min_pixels,
  maxPixels: h.max_pixels,
  imageMean: h.image_mean,
  imageStd: h.image_std,
  rescaleFactor: 1 / 255,
});

function safetensors(path: string | URL): Map<string, { shape: number[]; values: Float32Array }> {
  const file = new Uint8Array(bytesOf(path));
  const headerSize = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerSize)));
  const out = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const [name, entry] of Object.entries(
    header as Record<string, { shape: number[]; data_offsets: [number, number] }>,
  )) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets.map((o) => o + 8 + headerSize);
    out.set(name, { shape: entry.shape, values: new Float32Array(file.slice(from, to).buffer) });
  }
  return out;
}

/** Pictures of other modes are resized there before they become RGB. */
const comparable = (row: Row, p: Processed) =>
  row.mode === 'RGB' || row.mode === 'L' || (p.width === row.width && p.height === row.height);

const rows: Row[] = jsonOf('images.json').images;
const decoded = new Map<string, RgbImage>();
beforeAll(async () => {
  for (const row of rows) decoded.set(row.name, await picture(row.file));
});

describe.each(rows)('$name ($mode)', (row) => {
  const rgb = () => decoded.get(row.name)!;

  test('is the file that Pillow opened', async () => {
    const bytes = bytesOf(row.file);
    const metadata = await sharp(bytes).metadata();
    expect(pillowMode(bytes, metadata)).toBe(row.mode);
    expect(metadata.format.toUpperCase()).toBe(row.format);
    expect([metadata.width, metadata.height]).toEqual([row.width, row.height]);
  });

  test('decodes to what Pillow decodes, bit for bit, lossy formats too', async () => {
    expect(difference(rgb(), await picture(row.decoded_rgb))).toBe(EQUAL);
  });

  test.each(row.pil_bicubic)('bicubic to $width x $height is bit-exact', async (to) => {
    expect(difference(resizeBicubic(rgb(), to.width, to.height), await picture(to.file))).toBe(EQUAL);
  });

  test.each(row.process_image.filter((p) => comparable(row, p)))(
    'process_image($min_pixels, $max_pixels)',
    (p) => {
      const out = capPixels(rgb(), p.min_pixels ?? undefined, p.max_pixels ?? undefined);
      expect([out.width, out.height]).toEqual([p.width, p.height]);
      expect(createHash('sha256').update(out.data).digest('hex')).toBe(p.sha256);
    },
  );

  test('process_image gives the same size in every mode', () => {
    for (const p of row.process_image)
      expect(capSize(row.width, row.height, p.min_pixels ?? undefined, p.max_pixels ?? undefined)).toEqual({
        width: p.width,
        height: p.height,
      });
  });

  test.each(row.hf)('Hugging Face processor, patch $patch_size', async (h) => {
    const config = configOf(h);
    const resized = resizeForPatches(rgb(), config);
    expect([resized.height, resized.width]).toEqual([h.resized_height, h.resized_width]);
    if (h.resized_pil) expect(difference(resized, await picture(h.resized_pil))).toBe(EQUAL);
    const { gridThw, pixelValues_NC } = prepareImage(rgb(), config);
    expect([gridThw]).toEqual(h.image_grid_thw);
    const sum = pixelValues_NC.reduce((a, b) => a + b, 0);
    const rounding = 1e-6 * pixelValues_NC.length;
    expect(Math.abs(sum - h.pil_sum)).toBeLessThan(rounding);
    // The resize of torchvision, which transformers takes by default, is another one: as far from ours as from Pillow's.
    const apart = h.pil_vs_torchvision_max_abs_diff;
    expect(Math.abs(sum - h.torchvision_sum)).toBeLessThan(apart * pixelValues_NC.length + rounding);
    if (!h.resized_torchvision) return;
    const theirs = await picture(h.resized_torchvision);
    expect(furthest(theirs.data, resized.data)).toBe(h.resized_uint8_max_abs_diff);
    const prepared = prepareImage({ ...theirs, fitted: true }, config).pixelValues_NC;
    expect(Math.abs(furthest(prepared, pixelValues_NC) - apart)).toBeLessThan(1e-6);
    expect(Math.abs(prepared.reduce((a, b) => a + b, 0) - h.torchvision_sum)).toBeLessThan(rounding);
  });
});

/** Pixel values of a picture that torchvision resized. */
async function byTorchvision(h: Prepared): Promise<Float32Array> {
  const resized = await picture(h.resized_torchvision!);
  return prepareImage({ ...resized, fitted: true }, configOf(h)).pixelValues_NC;
}

test('pixel_values as Hugging Face has them, every element', async () => {
  const tensors = safetensors('pixel_values.safetensors');
  let compared = 0;
  for (const [name, { shape, values }] of tensors) {
    const [image, patch, variant] = name.includes('.patch16.')
      ? name.replace('patch', '').split('.')
      : [name.split('.')[0], '14', name.split('.')[1]];
    const h = rows.find((r) => r.name === image)!.hf.find((x) => x.patch_size === Number(patch))!;
    const { pixelValues_NC, gridThw } = prepareImage(decoded.get(image)!, configOf(h));
    expect([gridThw[1] * gridThw[2], pixelValues_NC.length / (gridThw[1] * gridThw[2])]).toEqual(shape);
    const theirs = variant === 'pil' ? pixelValues_NC : await byTorchvision(h);
    expect(furthest(theirs, values)).toBeLessThan(1e-6);
    compared++;
  }
  expect(compared).toBe(4);
  expect(tensors.has('rgb_even.torchvision')).toBe(true);
});

test("pixel_values of whole prompts with the checkpoint's own settings, two pictures one after the other", async () => {
  const qwen = new URL('../qwen2_5_vl/', folder);
  const file = 'tiny_tied/preprocessor_config.json';
  const config = parseProcessorConfig(jsonOf(new URL(file, qwen)), file);
  const prompts: { id: string; images: string[]; image_grid_thw: number[][] }[] = jsonOf(
    new URL('tiny_tied/expected.json', qwen),
  ).prompts;
  const tensors = safetensors(new URL('pixel_values.safetensors', qwen));
  let compared = 0;
  for (const { id, images, image_grid_thw } of prompts) {
    const prepared = [];
    for (const name of images)
      prepared.push(
        prepareImage(await decodeImage(bytesOf(new URL(`images/${name}.png`, qwen)), name), config),
      );
    expect(prepared.map((p) => p.gridThw)).toEqual(image_grid_thw);
    const want = tensors.get(`${id}.pixel_values`);
    if (!want) continue;
    const got = prepared.flatMap((p) => [...p.pixelValues_NC]);
    expect(furthest(got, want.values)).toBeLessThan(1e-6);
    compared++;
  }
  expect(compared).toBe(tensors.size);
});

test('process_image is compared byte for byte where it resizes what it decodes', () => {
  const all = rows.flatMap((row) => row.process_image.map((p) => ({ row, p })));
  const bytes = all.filter(({ row, p }) => comparable(row, p));
  expect([all.length, bytes.length]).toEqual([91, 71]);
});

interface Table {
  columns: string[];
  rows: (number | string)[][];
}

test('smart_resize, all rows, errors in the same words', () => {
  const { columns, rows: table }: Table = jsonOf('smart_resize.json');
  const [given, made] = [
    ['factor', 'min_pixels', 'max_pixels', 'height', 'width'],
    ['resized_height', 'resized_width'],
  ];
  expect(columns).toEqual([...given, ...made]);
  expect(table.length).toBe(300);
  for (const row of table) {
    const [factor, min, max, height, width] = row.slice(0, 5) as number[];
    if (row[5] === 'error') {
      expect(() => smartResize(height, width, factor, min, max)).toThrow(ImageError);
      expect(() => smartResize(height, width, factor, min, max)).toThrow(String(row[6]));
    } else
      expect(smartResize(height, width, factor, min, max), row.join()).toEqual({
        height: row[5],
        width: row[6],
      });
  }
});

test('process_image sizes, all rows; a side of 0 is an error', () => {
  const { columns, rows: table }: Table = jsonOf('process_image_dims.json');
  expect(columns).toEqual(['min_pixels', 'max_pixels', 'height', 'width', 'out_height', 'out_width']);
  expect(table.length).toBe(177);
  for (const row of table) {
    const [min, max, height, width] = row as number[];
    if (row[4] === 'error') {
      const img = { width, height, data: new Uint8Array(width * height * 3) };
      expect(() => capPixels(img, min, max)).toThrow('height and width must be > 0');
    } else expect(capSize(width, height, min, max), row.join()).toEqual({ height: row[4], width: row[5] });
  }
});
