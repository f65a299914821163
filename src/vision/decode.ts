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

const FORMATS = ['png', 'jpeg', 'webp', 'gif'];

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
 * Throws ImageError naming the picture when it is broken or cut short: never a half-grey picture.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name = 'image',
  options: DecodeOptions = {},
): Promise<RgbImage> {
  if (bytes.length === 0) throw new ImageError(`${name}: the picture is empty (0 bytes); replace it`);
  try {
    // 'warning' is the strictest level: a JPEG that ends early is an error, not grey rows.
    const input = sharp(bytes, { failOn: 'warning', ignoreIcc: true });
    const { format, space, orientation = 1 } = await input.metadata();
    if (!FORMATS.includes(format))
      throw new ImageError(`${name}: a ${format} file; convert it to PNG, JPEG, WebP or GIF`);
    const { data, width, height } = await rgbBytes(input, space, bytes);
    const img = { width, height, data };
    return options.applyExif ? upright(img, orientation) : img;
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0].replace(/:\s*$/, '');
    throw new ImageError(`${name}: cannot be decoded (${why}); the file is broken or cut short, replace it`);
  }
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
