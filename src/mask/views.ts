import { random } from '../random.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import type { Mask } from './types.ts';

/** The corrupted views of one prompt's pictures. */
export interface MaskedViews {
  /** One a picture, in order. */
  images: RgbImage[];
  /**
   * How many came out equal to the picture they were made from. KL_prcp is 0 by construction where all are, so count
   * them: a mask that does nothing passes unnoticed otherwise.
   */
  unchanged: number;
}

/** True when the mask left the picture as it was. */
export function isUnchanged(original: RgbImage, masked: RgbImage, mask: Mask): boolean {
  return sameImage(masked, mask.base?.(original) ?? original);
}

/**
 * One view a picture, to be shared by all rollouts of the prompt. `key` names the prompt and the moment, such as
 * [seed, 'mask', step, promptId]; each picture has a stream of its own below it. Messages call the prompt `what`.
 */
export async function maskedViews(
  images: readonly RgbImage[],
  mask: Mask,
  key: readonly (string | number)[],
  what = 'a prompt',
): Promise<MaskedViews> {
  const views: RgbImage[] = [];
  let unchanged = 0;
  for (const [i, img] of images.entries()) {
    const view = await mask.apply(img, random(...key, i), `${what}, image ${i + 1}`);
    if (isUnchanged(img, view, mask)) unchanged++;
    views.push(view);
  }
  return { images: views, unchanged };
}
