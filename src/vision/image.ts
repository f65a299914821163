import { ImageError } from '../errors.ts';

/** A picture, always 8-bit RGB: alpha, palettes and deeper samples are gone by the time one exists. */
export interface RgbImage {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Row-major [height, width, 3]. */
  readonly data: Uint8Array;
  /**
   * True when the picture already has the size that the image processor gives its original. `prepareImage` then cuts
   * it into patches as it is: for extreme shapes a second resize would choose another size.
   */
  readonly fitted?: boolean;
}

/** Throws ImageError unless the data holds exactly height · width · 3 bytes; `name` leads the message. */
export function checkImage(img: RgbImage, name: string): void {
  const { width, height, data } = img;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw new ImageError(`${name}: size ${width}x${height}; width and height must be whole numbers above 0`);
  if (!(data instanceof Uint8Array) || data.length !== width * height * 3)
    throw new ImageError(
      `${name}: ${data instanceof Uint8Array ? data.length : typeof data} bytes for ${width}x${height} RGB; expected ${width * height * 3} (height x width x 3)`,
    );
}

/** True when both pictures have the same size and every byte agrees. */
export function sameImage(a: RgbImage, b: RgbImage): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}

/** The pictures in a row, tops aligned, `gap` white pixels between them; shorter ones are filled up with white. */
export function sideBySide(images: readonly RgbImage[], gap = 8): RgbImage {
  if (images.length === 0) throw new ImageError('side by side: no picture given; give at least one');
  const width = images.reduce((sum, img) => sum + img.width, gap * (images.length - 1));
  const height = images.reduce((most, img) => Math.max(most, img.height), 0);
  const data = new Uint8Array(width * height * 3).fill(255);
  let left = 0;
  for (const img of images) {
    for (let y = 0; y < img.height; y++)
      data.set(img.data.subarray(y * img.width * 3, (y + 1) * img.width * 3), (y * width + left) * 3);
    left += img.width + gap;
  }
  return { width, height, data };
}
