/** What masks make of one picture, for a person to look at before a run. */
import { random } from '../random.ts';
import type { RgbImage } from '../vision/image.ts';
import { type MaskConfig, type MaskContext, maskFromConfig, parseMaskConfig, scorerOf } from './config.ts';
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

/** Kinds that hide pixels, rather than alter them as noise and a user's function may. */
const HIDING = ['random', 'patch', 'semantic', 'blank'];

/**
 * One masked picture a configuration. Equal seeds give equal pictures, and the random kinds share one stream, so that a
 * higher ratio hides what a lower one hides and more. The picture is scored once for all semantic masks of one model.
 * Throws what `maskFromConfig` throws.
 */
export async function previewMasks(
  img: RgbImage,
  configs: readonly MaskConfig[],
  seed: number,
  context: MaskContext = {},
): Promise<MaskPreview[]> {
  const scorers = new Map<string, PatchScorer>();
  const previews: MaskPreview[] = [];
  for (const config of configs) {
    const scorer = await scorerFor(config);
    const mask = await maskFromConfig(config, { ...context, scorer });
    const apply = async (picture: RgbImage) => mask.apply(picture, random(seed, 'mask', 'preview'));
    try {
      const image = await apply(img);
      const hides = HIDING.includes(config.kind);
      // Dark pixels of the picture itself must not count as hidden: the same mask on white tells.
      const shown = hides ? await apply(white(img)) : image;
      const share = unlike(shown, before(hides ? white(img) : img, mask));
      previews.push({ name: mask.name, image, share, means: hides ? 'hidden' : 'changed' });
    } finally {
      await mask.close?.();
    }
  }
  return previews;

  /** Gives the scores of the picture for any picture. */
  async function scorerFor(config: MaskConfig): Promise<PatchScorer | undefined> {
    const parsed = parseMaskConfig(config);
    if (parsed.kind !== 'semantic') return undefined;
    const key = parsed.model ?? '';
    const have = scorers.get(key);
    if (have) return have;
    const score = await scorerOf(parsed.model, context);
    const scores = await score(img);
    const fixed: PatchScorer = async () => scores;
    scorers.set(key, fixed);
    return fixed;
  }
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
