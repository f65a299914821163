import { z } from 'zod';
import { PapoError } from '../../errors.ts';
import type { Advantage } from './advantage.ts';
import { spread } from './group.ts';

const settings = z
  .strictObject({ kind: z.literal('remax') })
  .describe('R minus the reward of the most likely response, which is drawn beside the others');

export const remax = {
  kind: 'remax',
  settings,
  source: 'ReMax, arXiv 2310.10505; public code, compute_remax_outcome_advantage',
  fewest: 1,
  baseline: true,
  advantages: (groups_P) =>
    groups_P.map((g, p) => {
      const { baseline } = g;
      if (baseline === undefined)
        throw new PapoError(
          `advantage remax: prompt ${p} has no baseline; give the reward of its greedy rollout, or choose another estimator`,
        );
      return spread(
        g,
        g.rewards_G.map((r) => r - baseline),
      );
    }),
} satisfies Advantage<z.output<typeof settings>>;
