import sharp from 'sharp';
import { checkImage, type RgbImage } from './image.ts';

/**
 * The picture as an 8-bit RGB PNG without metadata. The bytes depend on the pixels and on the pinned `sharp` alone:
 * no time, no name, no adaptive filter. Throws ImageError when the data does not fit the size.
 *
 * @example
 * import { writeFileSync } from 'node:fs';
 * import { encodePng } from 'papo';
 *
 * const red = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 255, 0, 0) };
 * writeFileSync('red.png', await encodePng(red));
 */
export async function encodePng(img: RgbImage): Promise<Uint8Array> {
  checkImage(img, 'PNG encoding');
  const { width, height, data } = img;
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6, adaptiveFiltering: false, palette: false })
    .toBuffer();
  return new Uint8Array(png);
}
