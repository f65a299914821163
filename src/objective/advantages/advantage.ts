import type { Kind } from '../../open-set.ts';

/** The responses to one prompt, as far as advantages are concerned. */
export interface RewardedGroup {
  rewards_G: readonly number[];
  /** Response tokens (T) of each. */
  lengths_G: readonly number[];
  /** Reward of the greedy response, where the kind needs it. */
  baseline?: number;
}

/** How rewards become advantages. Names and formulas of the public code (verl/trainer/core_algos.py) where it has them. */
export interface Advantage<S = unknown> extends Kind {
  source: string;
  /** The fewest responses of a prompt that it can compare. */
  fewest: 1 | 2;
  /** Whether each prompt's most likely response is drawn and graded as well. */
  baseline: boolean;
  /**
   * One advantage a token for every response of a rollout batch. @returns [P][G] of [T]
   * @throws PapoError where it lacks what it compares with
   */
  advantages(groups_P: readonly RewardedGroup[], settings: S): Float32Array[][];
}
