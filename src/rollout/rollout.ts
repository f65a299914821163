/** Responses to prompts, graded. */

import type { Row } from '../data/row.ts';
import type { Engine, Rollout, SampleOptions } from '../engine/types.ts';
import type { SecondsPart } from '../metrics/lines.ts';
import type { Reward, RewardFunction } from '../reward/reward.ts';
import type { MadePrompt, PromptMaker } from './prompts.ts';

/** A prompt with its graded responses. */
export interface GradedGroup extends MadePrompt {
  rollouts_G: Rollout[];
  text_G: string[];
  rewards_G: Reward[];
  /** The view that each response was drawn from. */
  views_G: string[];
}

export interface RolloutContext {
  engine: Engine;
  maker: PromptMaker;
  reward: RewardFunction;
  /** Adds the seconds of a part of the step. */
  clock: <T>(part: SecondsPart, work: () => Promise<T>) => Promise<T>;
}

/** How many responses of each prompt are drawn while the policy sees which view of the pictures. */
export interface Draw {
  view: string;
  samples: number;
}

/**
 * Draws and grades responses. `draws` says how many of them see which view of the pictures; all of them form one group.
 */
export async function rollOut(
  { engine, maker, reward, clock }: RolloutContext,
  prompts: readonly MadePrompt[],
  options: Omit<SampleOptions, 'samples' | 'view'>,
  draws: readonly Draw[],
): Promise<GradedGroup[]> {
  const asked = prompts.map(({ prompt }) => prompt);
  const drawn: Rollout[][][] = [];
  for (const { view, samples } of draws) {
    const seed = view === 'original' ? options.seed : `${options.seed}/${view}`;
    drawn.push(await clock('sample', () => engine.sample(asked, { ...options, seed, view, samples })));
  }
  return clock('reward', () =>
    Promise.all(
      prompts.map(async (made, p) => {
        const rollouts_G = drawn.flatMap((rollouts_PG) => rollouts_PG[p]);
        const views_G = draws.flatMap(({ view }, d) => drawn[d][p].map(() => view));
        const text_G = rollouts_G.map(({ tokens_T }) => maker.text(tokens_T));
        const row = columnsOf(made.row);
        const rewards_G = await Promise.all(
          text_G.map((response, g) =>
            reward({ response, answer: made.row.answer, row, tokens: rollouts_G[g].tokens_T.length }),
          ),
        );
        return { ...made, rollouts_G, text_G, rewards_G, views_G };
      }),
    ),
  );
}

/** What a person's own reward function is told of the row. */
const columnsOf = ({ id, problem, answer, meta, extra }: Row): Record<string, unknown> => ({
  ...extra,
  id,
  problem,
  answer,
  meta,
});

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;

/** Mean accuracy of a group's responses. */
export const groupAccuracy = (group: GradedGroup): number => mean(group.rewards_G.map((s) => s.accuracy));

/** Sums over responses. */
export class Tally {
  groups = 0;
  responses = 0;
  tokens = 0;
  longest = 0;
  truncated = 0;
  reward = 0;
  accuracy = 0;
  format = 0;
  /** Further rewards and numbers: their sums, how many responses have them, and how many could not be scored. */
  readonly more = new Map<string, { sum: number; responses: number; unscored: number }>();
  /** Responses that the main grader could not score, and the references of their questions. */
  unscored = 0;
  readonly unreadable: string[] = [];
  /** Questions whose responses were all right, or all wrong. */
  allRight = 0;
  allWrong = 0;

  add(group: GradedGroup): void {
    this.groups++;
    group.rollouts_G.forEach(({ tokens_T, stopReason }, g) => {
      const { overall, accuracy, format, unscored, more = {} } = group.rewards_G[g];
      this.responses++;
      this.tokens += tokens_T.length;
      this.longest = Math.max(this.longest, tokens_T.length);
      if (stopReason === 'length') this.truncated++;
      this.reward += overall;
      this.accuracy += accuracy;
      this.format += format;
      if (unscored) this.unscored++;
      for (const [key, value] of Object.entries(more)) {
        const all = this.more.get(key) ?? { sum: 0, responses: 0, unscored: 0 };
        this.more.set(key, all);
        if (value === null) all.unscored++;
        else {
          all.sum += value;
          all.responses++;
        }
      }
    });
    if (group.rewards_G.some(({ unscored }) => unscored)) this.unreadable.push(group.row.answer);
    const accuracy = groupAccuracy(group);
    if (accuracy >= 1) this.allRight++;
    if (accuracy <= 0) this.allWrong++;
  }
}
