import type { RgbImage } from './image.ts';

/** A black picture of the given size. */
export const blackImage = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});
