/** Every kind of mask; schema, docs, `papo mask` and messages follow this list, in its order. */
import { blankKind } from './blank.ts';
import { functionKind } from './function.ts';
import { noiseKind } from './noise.ts';
import { patchKind } from './patch.ts';
import { randomKind } from './random.ts';
import { semanticKind } from './semantic.ts';
import { shuffleKind } from './shuffle.ts';

export const MASK_KINDS = [
  randomKind,
  patchKind,
  semanticKind,
  noiseKind,
  shuffleKind,
  blankKind,
  functionKind,
] as const;
