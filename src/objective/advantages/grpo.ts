import { z } from 'zod';
import type { Advantage } from './advantage.ts';
import { centred, spread, sum } from './group.ts';

const EPS = 1e-6;

/** (R − mean R) / (std R + 1e-6) over the rollouts of one prompt, std with n − 1. */
export function normalized(rewards_G: readonly number[], name = 'grpo'): number[] {
  const d = centred(rewards_G, name);
  const std = Math.sqrt(sum(d.map((x) => x * x)) / (d.length - 1));
  return d.map((x) => x / (std + EPS));
}

const settings = z
  .strictObject({ kind: z.literal('grpo') })
  .describe('(R − mean R) / std R over the responses of one prompt');

export const grpo = {
  kind: 'grpo',
  settings,
  source: 'GRPO, arXiv 2402.03300; public code, compute_grpo_outcome_advantage',
  fewest: 2,
  baseline: false,
  advantages: (groups_P) => groups_P.map((g) => spread(g, normalized(g.rewards_G))),
} satisfies Advantage<z.output<typeof settings>>;
