import { z } from 'zod';
import { maskKind } from '../kind.ts';
import type { Mask } from '../types.ts';

/** Everything black: ratio 1.0 of the paper's ablation, where training is prone to collapse. */
export function blankMask(): Mask {
  return { name: 'blank', apply: (img) => ({ ...img, data: new Uint8Array(img.data.length) }) };
}

export const blankKind = maskKind({
  settings: z.strictObject({ kind: z.literal('blank') }).describe('all black'),
  effect: 'hidden',
  make: blankMask,
});
