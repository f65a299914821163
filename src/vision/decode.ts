import sharp, { type Sharp } from 'sharp';
import { ImageError } from '../errors.ts';
import type { RgbImage } from './image.ts';

export interface DecodeOptions {
  /**
   * Turn the picture upright as its EXIF orientation says. Default false: `Image.open` leaves it as stored, and so
   * did the training of the published models.
   */
  applyExif?: boolean;
}

/** Pixels that a picture has at most, 8192 x 6144: an RGB copy takes 151 MB, and a few are needed. */
export const MAX_PIXELS = 8192 * 6144;

/** A picture that would be too large once decoded. */
export class TooManyPixels extends ImageError {}

const ascii = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));

/** The first bytes of what is decoded, and of what is met often and has to be converted. */
const SIGNATURES: readonly (readonly [format: string, fits: (bytes: Uint8Array) => boolean])[] = [
  ['png', (b) => ascii(b, 0, 8) === '\x89PNG\r\n\x1a\n'],
  ['jpeg', (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff],
  ['webp', (b) => ascii(b, 0, 4) === 'RIFF' && ascii(b, 8, 12) === 'WEBP'],
  ['gif', (b) => /^GIF8[79]a$/.test(ascii(b, 0, 6))],
  ['svg', (b) => /^(\ufeff|\xef\xbb\xbf)?\s*<(svg|\?xml|!)/i.test(ascii(b, 0, 64))],
  ['heif', (b) => ascii(b, 4, 8) === 'ftyp'],
  ['tiff', (b) => /^(II\*\0|MM\0\*)$/.test(ascii(b, 0, 4))],
  ['bmp', (b) => ascii(b, 0, 2) === 'BM'],
  ['pdf', (b) => ascii(b, 0, 5) === '%PDF-'],
];
const FORMATS = ['png', 'jpeg', 'webp', 'gif'];

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0].replace(/:\s*$/, '');

/**
 * Opens a picture without decoding it. Only the formats that are supported reach the library at all, so that no other of
 * its readers meets bytes of unknown origin.
 */
async function open(bytes: Uint8Array, name: string) {
  if (bytes.length === 0) throw new ImageError(`${name}: the picture is empty (0 bytes); replace it`);
  const format = SIGNATURES.find(([, fits]) => fits(bytes))?.[0];
  if (format === undefined)
    throw new ImageError(
      `${name}: cannot be decoded (not a PNG, JPEG, WebP or GIF file); the file is broken or of another kind, replace it`,
    );
  if (!FORMATS.includes(format))
    throw new ImageError(`${name}: a ${format} file; convert it to PNG, JPEG, WebP or GIF`);
  // 'warning' is the strictest level: a JPEG that ends early is an error, not grey rows.
  const input = sharp(bytes, { failOn: 'warning', ignoreIcc: true, limitInputPixels: false });
  const metadata = await input.metadata();
  const { width, height } = metadata;
  if (width * height > MAX_PIXELS)
    throw new TooManyPixels(
      `${name}: ${width} x ${height} pixels, over the bound of ${MAX_PIXELS}; make the picture smaller`,
    );
  return { input, metadata };
}

/**
 * Width and height of a picture from its header; nothing is decoded.
 * @throws ImageError as `decodeImage` does for what the header tells
 */
export async function imageSize(
  bytes: Uint8Array,
  name = 'image',
): Promise<{ width: number; height: number }> {
  const { width, height } = await readable(name, async () => (await open(bytes, name)).metadata);
  return { width, height };
}

/** The library's own words, where it has any, as one line with the picture's name. */
async function readable<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(
      `${name}: cannot be decoded (${firstLine(error)}); the file is broken or cut short, replace it`,
    );
  }
}

/** Byte 25 of a PNG file: 4 is grey with alpha. */
const PNG_COLOUR_TYPE = 25;

/**
 * Pillow opens 16-bit grey as `I;16` and then clips each sample at 255 (libImaging/Convert.c), but 16-bit grey with
 * alpha as 8-bit `RGBA` of the high bytes (PngImagePlugin, rawmode `LA;16B`).
 */
function gray16ToRgb(gray: Uint16Array, withAlpha: boolean): Uint8Array {
  const out = new Uint8Array(gray.length * 3);
  for (let i = 0; i < gray.length; i++)
    out.fill(withAlpha ? gray[i] >> 8 : Math.min(gray[i], 255), i * 3, i * 3 + 3);
  return out;
}

/** Pillow's `CMYK -> RGB` (libImaging/Convert.c, cmyk2rgb): no colour profile, 8-bit rounded products. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const out = new Uint8Array((cmyk.length / 4) * 3);
  for (let i = 0, o = 0; i < cmyk.length; i += 4, o += 3) {
    const light = 255 - cmyk[i + 3];
    for (let c = 0; c < 3; c++) {
      const product = cmyk[i + c] * light + 128;
      out[o + c] = Math.max(light - ((product + (product >> 8)) >> 8), 0);
    }
  }
  return out;
}

/** The picture after EXIF orientation 1..8, as Pillow's `ImageOps.exif_transpose`; another number changes nothing. */
function upright(img: RgbImage, orientation: number): RgbImage {
  if (!(orientation >= 2 && orientation <= 8)) return img;
  const turned = orientation >= 5;
  const width = turned ? img.height : img.width;
  const height = turned ? img.width : img.height;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(img.data.length);
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++, o += 3) {
      const u = turned ? y : x;
      const v = turned ? x : y;
      const sx = fromRight ? img.width - 1 - u : u;
      const sy = fromBottom ? img.height - 1 - v : v;
      const p = (sy * img.width + sx) * 3;
      data[o] = img.data[p];
      data[o + 1] = img.data[p + 1];
      data[o + 2] = img.data[p + 2];
    }
  return { width, height, data };
}

/**
 * Decodes PNG, JPEG, WebP or GIF (first frame) to RGB as Pillow's `Image.open(src).convert('RGB')` does: alpha is dropped and
 * not composited, colour profiles are ignored, 16-bit grey is clipped at 255, other 16-bit samples keep their high
 * byte, CMYK goes through Pillow's formula. One departure: a fully transparent GIF pixel is black.
 * Pictures of more than `MAX_PIXELS` are refused before they are decoded. Throws ImageError naming the picture then, and when
 * it is broken or cut short: never a half-grey picture.
 *
 * @example
 * import { readFileSync } from 'node:fs';
 * import { decodeImage } from 'papo';
 *
 * const { width, height, data } = await decodeImage(readFileSync('picture.png'), 'picture.png');
 * data.length === height * width * 3; // true
 */
export function decodeImage(
  bytes: Uint8Array,
  name = 'image',
  options: DecodeOptions = {},
): Promise<RgbImage> {
  return readable(name, async () => {
    const { input, metadata } = await open(bytes, name);
    const { space, orientation = 1 } = metadata;
    const { data, width, height } = await rgbBytes(input, space, bytes);
    const img = { width, height, data };
    return options.applyExif ? upright(img, orientation) : img;
  });
}

async function rgbBytes(input: Sharp, space: string, bytes: Uint8Array) {
  if (space === 'grey16') {
    const { data, info } = await input
      .toColourspace('grey16')
      .extractChannel(0)
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const gray = new Uint16Array(info.width * info.height);
    new Uint8Array(gray.buffer).set(data);
    const withAlpha = bytes[PNG_COLOUR_TYPE] === 4;
    return { data: gray16ToRgb(gray, withAlpha), width: info.width, height: info.height };
  }
  if (space === 'cmyk') {
    const { data, info } = await input
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data: cmykToRgb(data), width: info.width, height: info.height };
  }
  const { data, info } = await input
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  // A copy of its own: sharp's buffer may be a view into a larger one.
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}
