/**
 * VPPO, "Spotlight on Token Perception for Multimodal Reinforcement Learning" (arXiv 2510.09285), as its public code has
 * it (huaixuheqing/VPPO-RL, verl/workers/actor/dp_actor.py):
 * - the visual dependency of a token is k3 of the KL from π_old to π_old under the masked image, limited to [0, 10];
 * - only the ⌈share · |o|⌉ tokens of a response with the largest dependency carry policy gradient (the average still
 *   counts all tokens);
 * - the advantage of a response is scaled by its mean dependency, first brought to [0, 1] by the smallest and largest of
 *   the mini-batch, then to [scaleMin, scaleMax], scaleMax such that the mean factor is 1.
 *
 * Departure: the public code takes that mean over a micro-batch, so that it depends on how a batch is cut for memory;
 * here it is taken over the mini-batch.
 */
import { z } from 'zod';
import { visualDependency } from '../dependency.ts';
import type { ShapedRollout, Shaping } from './shaping.ts';

const settings = z
  .strictObject({
    kind: z.literal('vppo'),
    share: z.number().gt(0).max(1).default(0.4).describe('share of tokens that carry policy gradient'),
    scaleMin: z.number().min(0).default(0.9).describe('smallest factor of a response’s advantage'),
  })
  .describe('VPPO, arXiv 2510.09285');

/** 1 for the ⌈share · T⌉ largest, 0 for the others; of equal ones the earlier. */
export function largest(values_T: Float32Array, share: number): Float32Array {
  const order = Array.from(values_T.keys()).sort((a, b) => values_T[b] - values_T[a] || a - b);
  const out = new Float32Array(values_T.length);
  // In float32, as in the public code: a product such as 2.0000000000000004 must not be rounded up to 3.
  const count = Math.ceil(Math.fround(Math.fround(share) * values_T.length));
  for (const t of order.slice(0, count)) out[t] = 1;
  return out;
}

/** The factor of each response's advantage from the mean dependencies of a mini-batch; null where a response has none. */
export function advantageScales(scores_D: readonly (number | null)[], scaleMin: number): number[] {
  const valid = scores_D.filter((s): s is number => s !== null);
  const low = Math.min(...valid);
  const range = Math.max(...valid) - low;
  if (valid.length < 2 || !(range > 1e-6)) return scores_D.map(() => 1);
  const unit = (s: number) => Math.min(1, Math.max(0, (s - low) / range));
  const middle = valid.reduce((a, s) => a + unit(s), 0) / valid.length;
  const width = (1 - scaleMin) / (middle + 1e-8);
  return scores_D.map((s) => (s === null ? 1 : scaleMin + unit(s) * width));
}

export const vppo = {
  kind: 'vppo',
  settings,
  source: 'VPPO, arXiv 2510.09285; huaixuheqing/VPPO-RL, verl/workers/actor/dp_actor.py',
  views: ['masked'],
  shape(rollouts_D, { share, scaleMin }) {
    const dependency_DT = rollouts_D.map(({ rollout }, d) =>
      visualDependency(rollout, `rollout ${d} of a mini-batch`),
    );
    const scores = dependency_DT.map((v, d) =>
      v.length > 0 && !rollouts_D[d].textOnly ? v.reduce((a, b) => a + b, 0) / v.length : null,
    );
    const scales = advantageScales(scores, scaleMin);
    return rollouts_D.map((r, d): ShapedRollout => {
      // Without a picture no token depends on one more than another: all of them stay.
      if (r.textOnly) return r;
      const keep = largest(dependency_DT[d], share);
      return {
        ...r,
        advantage_T: r.advantage_T.map((a) => a * scales[d]),
        surrogateWeight_T: r.surrogateWeight_T.map((w, t) => w * keep[t]),
      };
    });
  },
} satisfies Shaping<z.output<typeof settings>>;
