/**
 * DVRP, "Thinking with Deltas" (arXiv 2601.06801, equation 4): the policy is pushed away from itself under the masked
 * image and pulled towards itself under a noised one,
 *
 *     J = J_GRPO + λ_nec KL(π‖π_mask) − λ_rob KL(π‖π_noised) − λ_ent ( H[π_mask] + H[π_noised] )
 *
 * In this project's keys: γ = λ_nec, η2 = λ_ent, and a further view with coefficient λ_rob and entropy λ_ent. With
 * gradient off the views are scored once before the update, and the entropies are constants in the gradient.
 */
import { grpo } from './grpo.ts';
import { papoG } from './papo-g.ts';
import type { Preset } from './preset.ts';

const [necessity, robustness, entropy] = [0.01, 0.01, 0.05];

export const dvrp = {
  name: 'dvrp',
  title: 'DVRP: away from the masked view, towards the noised view',
  source: {
    objective:
      'arXiv 2601.06801, equation 4; values from a third party’s re-implementation, as the authors published no code',
    mask: 'arXiv 2601.06801: random squares, ratio 0.6; diffusion noise from step 500',
  },
  config: {
    objective: {
      ...grpo.config.objective,
      beta: 0,
      gamma: necessity,
      eta2: entropy,
      maskedGradient: 'off',
      views: [{ view: 'noised', coefficient: robustness, entropy, gradient: 'off' }],
    },
    mask: papoG.config.mask,
    views: { noised: { kind: 'noise', step: 500, fade: { steepness: 10, middle: 'half' } } },
  },
} satisfies Preset;
