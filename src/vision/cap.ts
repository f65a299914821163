import type { RgbImage } from './image.ts';
import { resizeBicubic } from './resize.ts';

/**
 * The size that `capPixels` gives a picture: scaled down to at most `maxPixels`, then up to at least `minPixels`,
 * sides truncated to whole pixels. A side can come out as 0 for a very long and thin picture.
 */
export function capSize(
  width: number,
  height: number,
  minPixels?: number,
  maxPixels?: number,
): { width: number; height: number } {
  const scaleTo = (pixels: number) => {
    const factor = Math.sqrt(pixels / (width * height));
    width = Math.trunc(width * factor);
    height = Math.trunc(height * factor);
  };
  if (maxPixels !== undefined && width * height > maxPixels) scaleTo(maxPixels);
  if (minPixels !== undefined && width * height < minPixels) scaleTo(minPixels);
  return { width, height };
}

/**
 * The resize of PAPO's and EasyR1's `process_image`, done when a row is loaded and before the image processor's own.
 * That function resizes in the file's native mode and converts to RGB afterwards; here the picture is RGB
 * already. The pixels agree for RGB and grey files; for alpha, palette, 1-bit, 16-bit and CMYK files they do not (there,
 * palette and 1-bit files are resized without smoothing). Throws ImageError when a side would come out as 0.
 */
export function capPixels(img: RgbImage, minPixels?: number, maxPixels?: number): RgbImage {
  const once = capSize(img.width, img.height, undefined, maxPixels);
  const shrunk = resizeBicubic(img, once.width, once.height);
  const twice = capSize(shrunk.width, shrunk.height, minPixels);
  return resizeBicubic(shrunk, twice.width, twice.height);
}
