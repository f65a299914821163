import { z } from 'zod';
import { ConfigError } from '../../errors.ts';
import { type ProcessorConfig, resizeForPatches } from '../../vision/processor.ts';
import { blackenSquares } from '../blacken.ts';
import { maskKind, ratioSetting } from '../kind.ts';
import type { Mask } from '../types.ts';

/**
 * Whole patches of the vision tower, each black with probability `ratio`. The picture is first brought to the size
 * that the processor gives it; the result is marked as fitted, so `prepareImage` cuts it along the same lines and both
 * views have the same grid.
 */
export function patchMask(ratio: number, config: ProcessorConfig): Mask {
  return {
    name: `patch ${ratio}`,
    base: (img) => resizeForPatches(img, config),
    apply: (img, rng) => blackenSquares(resizeForPatches(img, config), ratio, rng.next, config.patchSize),
  };
}

export const patchKind = maskKind({
  settings: z
    .strictObject({ kind: z.literal('patch'), ratio: ratioSetting })
    .describe('whole patches after the resize, each black with probability `ratio`'),
  effect: 'hidden',
  needs: ['processor'],
  make({ ratio }, { processor, setting }) {
    if (!processor)
      throw new ConfigError(`${setting}.kind patch: no image processor; give a checkpoint that has one`);
    return patchMask(ratio, processor);
  },
});
