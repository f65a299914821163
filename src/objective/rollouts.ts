/** Rollouts with what was found out about them, as the host side of the objective takes them. */
import { PapoError } from '../errors.ts';

export interface ScoredRollout {
  /** Response tokens (T), the end token included. */
  length: number;
  /** What is maximised. */
  reward: number;
  /** 1 where the answer is right, 0 where it is wrong. */
  accuracy: number;
  /**
   * Log-probabilities of the response, each [T]: `old` (the policy before the update), `ref` (the reference policy) and
   * each view that was scored, by its name (`masked`, `noised`, ...).
   */
  logprobs: Record<string, Float32Array>;
  /** A critic's values, [T]; for the advantage estimator gae only. */
  values_T?: ArrayLike<number>;
}

/** The rollouts of one prompt. */
export interface ScoredGroup {
  rollouts_G: ScoredRollout[];
  /** The prompt has no picture, so that no other view of it exists: terms that compare views leave it out. */
  textOnly?: boolean;
  /** Reward of the greedy rollout; for the advantage estimator remax only. */
  baseline?: number;
}

/** Rollouts with an accuracy above this count as correct (public code: `_get_correctness_mult_mask`). */
export const CORRECT = 0.1;

/** A rollout on its way to the objective; shapings change `advantage_T` and `surrogateWeight_T`. */
export interface ShapedRollout {
  rollout: ScoredRollout;
  /** As of its group. */
  textOnly: boolean;
  /** [T] */
  advantage_T: Float32Array;
  /** [T], multiplied with the clipped surrogate. */
  surrogateWeight_T: Float32Array;
}

/** Changes advantages and surrogate weights, knowing all rollouts of a mini-batch. */
export type Shaping = (rollouts_D: readonly ShapedRollout[]) => ShapedRollout[];

/** The log-probabilities of a rollout by name, checked. */
export function logprobsOf(rollout: ScoredRollout, name: string, where: string): Float32Array {
  const found = rollout.logprobs[name];
  if (!found)
    throw new PapoError(
      `objective: ${where} has no log-probabilities "${name}"; score them before the update (they are listed by needsOf)`,
    );
  if (found.length !== rollout.length)
    throw new PapoError(
      `objective: ${where} has ${rollout.length} tokens but ${found.length} log-probabilities "${name}"; score the same response`,
    );
  return found;
}
