import { z } from 'zod';
import { grader } from './grader.ts';

const MOST = 1_000_000;

/**
 * 1 + the soft overlong punishment of DAPO (arXiv 2503.14476, equation 13), with `target` for L_max − L_cache and `slack`
 * for L_cache; with `sides: both` as L1 (arXiv 2503.04697) has it, which asks for a length rather than for a bound. Cannot
 * score where lengths are counted in tokens and their number is not known.
 */
export const length = grader({
  name: 'length',
  description: '1 up to `target`, then falling in a straight line to 0 at `target` + `slack`',
  judges: 'response',
  settings: {
    target: z.number().min(0).max(MOST).describe('length of a response that still has the full score'),
    slack: z.number().gt(0).max(MOST).describe('length beyond `target` at which the score is 0'),
    sides: z
      .enum(['above', 'both'])
      .default('above')
      .describe('above: only longer responses lose; both: shorter ones too, by the same line'),
    unit: z
      .enum(['tokens', 'characters'])
      .default('tokens')
      .describe('what lengths are counted in; tokens with the one that ends the response'),
  },
  score({ tokens, characters }, { target, slack, sides, unit }) {
    const size = unit === 'tokens' ? tokens : characters;
    if (size === undefined) return null;
    const off = sides === 'both' ? Math.abs(size - target) : Math.max(0, size - target);
    return Math.max(0, 1 - off / slack);
  },
});
