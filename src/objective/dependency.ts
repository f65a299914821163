import { LOG_RATIO_LIMIT } from './estimators/limits.ts';
import { KL_LIMIT } from './estimators/low-var-kl.ts';
import { logprobsOf, type ScoredRollout } from './rollouts.ts';
import { logpOf } from './types.ts';

/**
 * How much each token of a response depends on the picture, [T]: k3 of the KL from the policy that drew it to the same
 * policy under the masked picture, limited to [0, 10] (VPPO, arXiv 2510.09285).
 * @throws PapoError where the masked view was not scored
 */
export function visualDependency(rollout: ScoredRollout, where = 'a rollout'): Float32Array {
  const old = logprobsOf(rollout, logpOf('old'), where);
  const masked = logprobsOf(rollout, logpOf('masked'), where);
  return Float32Array.from(old, (logp, t) => {
    const k = Math.min(LOG_RATIO_LIMIT, Math.max(-LOG_RATIO_LIMIT, masked[t] - logp));
    return Math.min(KL_LIMIT, Math.max(0, Math.exp(k) - k - 1));
  });
}
