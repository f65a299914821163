/** What masks make of one picture, for a person to look at before a run. */
import { random } from '../random.ts';
import type { RgbImage } from '../vision/image.ts';
import { type MaskConfig, maskFromConfig, maskKindOf, parseMaskConfig } from './config.ts';
import type { MaskContext } from './kind.ts';
import { openScorer as openByDefault } from './scorer.ts';
import type { Mask, PatchScorer } from './types.ts';

export interface MaskPreview {
  /** The mask's own name, such as `random 0.6`. */
  name: string;
  image: RgbImage;
  /** Share of the pixels, 0 to 1. */
  share: number;
  /** `hidden`: blacked out, whatever was there. `changed`: of another value than before. */
  means: 'hidden' | 'changed';
}

/**
 * One masked picture a configuration. Equal seeds give equal pictures, and the random kinds share one stream, so that a
 * higher ratio hides what a lower one hides and more. The picture is scored once for all masks of one scoring model.
 * Throws what `maskFromConfig` throws.
 */
export async function previewMasks(
  img: RgbImage,
  configs: readonly MaskConfig[],
  seed: number,
  context: MaskContext = {},
): Promise<MaskPreview[]> {
  const scoring = scoringOnce(img, context);
  const previews: MaskPreview[] = [];
  for (const config of configs) {
    const mask = await maskFromConfig(config, { ...context, ...scoring });
    const apply = async (picture: RgbImage) => mask.apply(picture, random(seed, 'mask', 'preview'));
    try {
      const image = await apply(img);
      const means = maskKindOf(parseMaskConfig(config).kind).effect;
      // Dark pixels of the picture itself must not count as hidden: the same mask on white tells.
      const [from, to] = means === 'hidden' ? [white(img), await apply(white(img))] : [img, image];
      previews.push({ name: mask.name, image, share: unlike(to, before(from, mask)), means });
    } finally {
      await mask.close?.();
    }
  }
  return previews;
}

/** Scorers that give the scores of `img` for any picture, and look at it once. */
function scoringOnce(img: RgbImage, context: MaskContext): Pick<MaskContext, 'scorer' | 'openScorer'> {
  const { scorer, openScorer = openByDefault } = context;
  const fixed = new Map<PatchScorer | string, PatchScorer>();
  const once = async (key: PatchScorer | string, open: () => PatchScorer | Promise<PatchScorer>) => {
    const known = fixed.get(key);
    if (known) return known;
    const scores = await (await open())(img);
    const made: PatchScorer = async () => scores;
    fixed.set(key, made);
    return made;
  };
  return {
    scorer: scorer && (async () => (await once(scorer, () => scorer))(img)),
    openScorer: (dir) => once(dir, () => openScorer(dir)),
  };
}

const before = (img: RgbImage, mask: Mask) => mask.base?.(img) ?? img;

const white = ({ width, height }: RgbImage): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(255),
});

/** Share of the pixels that differ in any channel. */
function unlike(a: RgbImage, b: RgbImage): number {
  let count = 0;
  for (let i = 0; i < a.data.length; i += 3)
    if (a.data[i] !== b.data[i] || a.data[i + 1] !== b.data[i + 1] || a.data[i + 2] !== b.data[i + 2])
      count++;
  return count / (a.data.length / 3);
}
