/** Rollouts with what was found out about them, as the host side of the objective takes them. */
import { PapoError } from '../errors.ts';
import type { LogpName } from './types.ts';

/** One rollout: its length, how it was graded, and its log-probabilities (in nats). */
export interface ScoredRollout {
  /** Response tokens (T), the end token included. */
  length: number;
  /** What is maximised. */
  reward: number;
  /** 1 where the answer is right, 0 where it is wrong. */
  accuracy: number;
  /**
   * Log-probabilities of the response, each [T]: `logp_old` (the policy before the update), `logp_ref` (the reference policy) and
   * one for each view that was scored (`logp_masked`, `logp_noised`, ...).
   */
  logprobs: Partial<Record<LogpName, Float32Array>>;
}

/** The rollouts of one prompt. */
export interface ScoredGroup {
  rollouts_G: ScoredRollout[];
  /** The prompt has no picture, so that no other view of it exists: terms that compare views leave it out. */
  textOnly?: boolean;
  /** Reward of the greedy rollout, where the advantage compares with it. */
  baseline?: number;
}

/** Rollouts with an accuracy above this count as correct (public code: `_get_correctness_mult_mask`). */
export const CORRECT = 0.1;

/** The log-probabilities of a rollout by name, checked. @throws PapoError where they are missing or of another length */
export function logprobsOf(rollout: ScoredRollout, name: LogpName, where: string): Float32Array {
  const found = rollout.logprobs[name];
  if (!found)
    throw new PapoError(
      `objective: ${where} has no log-probabilities "${name}"; score them before the update (an update lists them in \`scored\`)`,
    );
  if (found.length !== rollout.length)
    throw new PapoError(
      `objective: ${where} has ${rollout.length} tokens but ${found.length} log-probabilities "${name}"; score the same response`,
    );
  return found;
}
