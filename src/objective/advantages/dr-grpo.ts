import { z } from 'zod';
import type { Advantage } from './advantage.ts';
import { centred, spread } from './group.ts';

const settings = z
  .strictObject({ kind: z.literal('dr-grpo') })
  .describe('R − mean R, not divided by the deviation');

export const drGrpo = {
  kind: 'dr-grpo',
  settings,
  source: 'Dr. GRPO, arXiv 2503.20783',
  fewest: 2,
  baseline: false,
  advantages: (groups_P) => groups_P.map((g) => spread(g, centred(g.rewards_G, 'dr-grpo'))),
} satisfies Advantage<z.output<typeof settings>>;
