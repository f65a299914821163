/**
 * DVRP, "Thinking with Deltas" (arXiv 2601.06801, equation 4): the policy is pushed away from itself under the masked
 * image and pulled towards itself under a noised one,
 *
 *     J = J_GRPO + λ_nec KL(π‖π_mask) − λ_rob KL(π‖π_noised) − λ_ent ( H[π_mask] + H[π_noised] )
 *
 * In this project's keys: γ = λ_nec, η2 = λ_ent, and a further view with coefficient λ_rob and entropy λ_ent. The paper
 * sums KL over the whole vocabulary; here, as for PAPO, it is estimated on the sampled tokens. With `gradient: 'off'`
 * the views are scored once before the update, and the entropies are constants in the gradient.
 */
import type { ObjectiveInput } from '../config.ts';

export interface DvrpSettings {
  /** λ_nec */
  necessity: number;
  /** λ_rob */
  robustness: number;
  /** λ_ent */
  entropy: number;
  gradient: 'off' | 'on';
}

/** The keys of the objective that DVRP sets. */
export function dvrp(settings: DvrpSettings): ObjectiveInput {
  return {
    gamma: settings.necessity,
    eta2: settings.entropy,
    maskedGradient: settings.gradient,
    views: [
      {
        view: 'noised',
        coefficient: settings.robustness,
        entropy: settings.entropy,
        gradient: settings.gradient,
      },
    ],
    noise: { start: 500, steepness: 10, middle: 'half' },
  };
}
