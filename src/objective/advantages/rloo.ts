import { z } from 'zod';
import type { Advantage } from './advantage.ts';
import { centred, spread } from './group.ts';

/** R minus the mean of the other rollouts, = (R − mean R) · G / (G − 1). */
export function leaveOneOut(rewards_G: readonly number[]): number[] {
  const n = rewards_G.length;
  return centred(rewards_G, 'rloo').map((d) => (d * n) / (n - 1));
}

const settings = z
  .strictObject({ kind: z.literal('rloo') })
  .describe('R minus the mean of the other responses');

export const rloo = {
  kind: 'rloo',
  settings,
  source: 'RLOO, arXiv 2402.14740; public code, compute_rloo_outcome_advantage',
  fewest: 2,
  baseline: false,
  advantages: (groups_P) => groups_P.map((g) => spread(g, leaveOneOut(g.rewards_G))),
} satisfies Advantage<z.output<typeof settings>>;
