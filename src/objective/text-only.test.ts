/** Prompts without a picture have no other view: nothing that compares views may reach them. */
import { describe, expect, it } from 'vitest';
import { keyOf, run } from '../../test/golden/objective/kit.ts';
import { random } from '../random.ts';
import { type ObjectiveConfig, type ObjectiveInput, parseObjective } from './config.ts';
import type { ScoredGroup } from './rollouts.ts';
import { type ArrayName, logpOf } from './types.ts';
import { updateOf } from './update.ts';

const T = 4;

/** Two prompts of two responses; the second without a picture where told. */
function groups(textOnly: boolean): ScoredGroup[] {
  const draw = random('text-only');
  const logps = () => Float32Array.from({ length: T }, () => -Math.abs(draw.normal()));
  return [false, textOnly].map((text) => ({
    textOnly: text,
    rollouts_G: [1, 0].map((reward) => ({
      length: T,
      reward,
      accuracy: reward,
      logprobs: { logp_old: logps(), logp_ref: logps(), logp_masked: logps(), logp_noised: logps() },
    })),
  }));
}

/** Gradient by the log-probabilities and the terms, for [4, T] tokens. */
async function evaluate(input: ObjectiveInput, textOnly: boolean) {
  const config = parseObjective(input);
  const { objective, miniBatches } = updateOf(config).feed(groups(textOnly), 1);
  const arrays = miniBatches.flatMap(({ arrays_PG }) => arrays_PG.flat());
  const data = Object.fromEntries(
    Object.keys(arrays[0]!).map((n) => [n, arrays.flatMap((a) => [...a[n as ArrayName]!])]),
  );
  // Off policy, so that every KL has a gradient.
  const logp = data.logp_old!.map((v, i) => v - 0.05 * ((i % 5) + 1));
  const views = Object.fromEntries(
    objective.gradientViews.map((view) => [logpOf(view), logp.map((v) => v - 0.7)]),
  );
  const { dLogp, values } = await run(objective, 4, T, { ...data, ...views, logp });
  return { dLogp: [...dLogp], values };
}

const views = [{ view: 'noised', coefficient: 0.2, entropy: 0.1 }];
const plain = { beta: 0.01, eta1: 0, gamma: 0, eta2: 0, views: [] };

describe('prompts without pictures', () => {
  it.each<[string, ObjectiveInput]>([
    ['KL_prcp', { ...plain, gamma: 0.3 }],
    [
      'KL_prcp with gradient through the masked view',
      { ...plain, gamma: 0.3, maskedGradient: 'on', eta2: 0.1 },
    ],
    [
      'KL_prcp on correct responses and the largest tokens',
      { ...plain, gamma: 0.3, perceptionRows: 'correct', topShare: 0.5 },
    ],
    ['KL_prcp averaged by sequence', { ...plain, gamma: 0.3, average: 'sequence' }],
    ['further views', { ...plain, views }],
  ])('take no part in %s, and leave the others theirs', async (_, input) => {
    const average = input.average ?? 'token';
    const [mixed, all, none] = [
      await evaluate(input, true),
      await evaluate(input, false),
      await evaluate({ ...plain, average }, true),
    ];
    const half = 2 * T;
    for (const [i, d] of mixed.dLogp.entries()) expect(d).toBeCloseTo((i < half ? all : none).dLogp[i]!, 7);
    // They do take part in it where nobody says that they have no picture.
    expect(all.dLogp.slice(half).some((d, i) => Math.abs(d - none.dLogp[half + i]!) > 1e-5)).toBe(true);
  });

  it('are no matter to an objective that looks at one view', () => {
    const key = (input: ObjectiveInput, textOnly: boolean) =>
      keyOf(updateOf(parseObjective(input)).feed(groups(textOnly), 1).objective);
    expect(key(plain, true)).toBe(key(plain, false));
    expect(key({ gamma: 0.1 }, true)).not.toBe(key({ gamma: 0.1 }, false));
  });

  it('keep all their tokens and their advantage under VPPO', () => {
    const config = parseObjective({ ...plain, shaping: [{ kind: 'vppo', share: 0.25, scaleMin: 0.5 }] });
    const fed = (c: ObjectiveConfig) => updateOf(c).feed(groups(true), 1).miniBatches[0]!.arrays_PG;
    const [seen, unseen] = fed(config);
    expect(seen!.map((a) => a.surrogateWeight!.reduce((x, y) => x + y, 0))).toEqual([1, 1]);
    expect(unseen!.map((a) => a.surrogateWeight!.reduce((x, y) => x + y, 0))).toEqual([T, T]);
    const bare = fed(parseObjective(plain));
    expect(unseen!.map((a) => [...a.advantage!])).toEqual(bare[1]!.map((a) => [...a.advantage!]));
  });
});
