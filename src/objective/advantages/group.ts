/** What estimators share that compare the rewards of one prompt's responses. */
import { PapoError } from '../../errors.ts';
import type { RewardedGroup } from './advantage.ts';

export const sum = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;

/** Rewards minus their mean; exactly 0 where all are equal, which a rounded mean would not give. */
export function centred(rewards_G: readonly number[], name: string): number[] {
  if (rewards_G.length < 2)
    throw new PapoError(
      `advantage ${name}: a prompt has ${rewards_G.length} rollout, at least 2 are compared; raise the number of samples`,
    );
  if (rewards_G.every((r) => r === rewards_G[0])) return rewards_G.map(() => 0);
  const mean = sum(rewards_G) / rewards_G.length;
  return rewards_G.map((r) => r - mean);
}

/** One number a response, on each of its tokens. */
export const spread = ({ lengths_G }: RewardedGroup, perRollout_G: readonly number[]): Float32Array[] =>
  lengths_G.map((length, g) => new Float32Array(length).fill(perRollout_G[g] ?? 0));
