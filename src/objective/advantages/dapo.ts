import { z } from 'zod';
import type { Advantage } from './advantage.ts';
import { spread } from './group.ts';
import { normalized } from './grpo.ts';

const settings = z
  .strictObject({ kind: z.literal('dapo') })
  .describe('as grpo; the public code has both names');

export const dapo = {
  kind: 'dapo',
  settings,
  source: 'DAPO, arXiv 2503.14476, equation 9; public code, compute_dapo_outcome_advantage',
  fewest: 2,
  baseline: false,
  advantages: (groups_P) => groups_P.map((g) => spread(g, normalized(g.rewards_G, 'dapo'))),
} satisfies Advantage<z.output<typeof settings>>;
