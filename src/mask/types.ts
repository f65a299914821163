import type { Random } from '../random.ts';
import type { RgbImage } from '../vision/image.ts';

/** A way to corrupt a picture: the view I_mask under which the policy is scored a second time. */
export interface Mask {
  /** For logs: the kind and its strength, such as `random 0.6`. */
  readonly name: string;
  /** A new picture; `img` is left as it was. All chance comes from `rng`. Messages call the picture `what`. */
  apply(img: RgbImage, rng: Random, what?: string): RgbImage | Promise<RgbImage>;
  /** The picture that `apply` starts from when that is not `img` itself (a mask after the resize). */
  base?(img: RgbImage): RgbImage;
  /**
   * The mask as it is at training step `step`, counted from 1, of `steps`. A mask without it never changes. Masks of
   * different strength have different names.
   */
  at?(step: number, steps: number): Mask;
  /** Ends what the mask runs in, where that is more than this thread. */
  close?(): Promise<void>;
}

/** What the semantic mask needs from a vision model: one score a patch, row-major; higher is masked sooner. */
export interface PatchScores {
  /** [gridH · gridW]. */
  readonly scores_N: Float32Array | Float64Array;
  readonly gridH: number;
  readonly gridW: number;
}

/** Scores the patches of a picture, such as DINOv2's attention received. */
export type PatchScorer = (img: RgbImage) => Promise<PatchScores>;
