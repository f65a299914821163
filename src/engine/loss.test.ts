/** The objective alone: its gradient is that of its value, whatever the lengths, and what is missing is named. */

import { describe, expect, it } from 'vitest';
import { makeObjective } from '../../test/golden/objective/kit.ts';
import { GraphError } from '../errors.ts';
import { type ObjectiveInput, parseObjective } from '../objective/config.ts';
import { random } from '../random.ts';
import { type LossGroup, type LossRollout, lossAndGradient, papoLoss } from './loss.ts';

const rng = random('loss');
const logprobs = (length: number) => Float32Array.from({ length }, () => -0.2 - 2 * rng.next());

/** Two prompts, five responses of unequal lengths, the policy a step away from the sampler. */
function groups(): LossGroup[] {
  const rollout = (length: number, accuracy: number): LossRollout => {
    const logp_old = logprobs(length);
    return {
      length,
      reward: accuracy,
      accuracy,
      logprobs: { logp_old, logp_ref: logprobs(length), logp_masked: logprobs(length) },
      logp: logp_old.map((x) => x + 0.1 * (rng.next() - 0.5)),
    };
  };
  return [
    { rollouts_G: [rollout(3, 1), rollout(7, 0)] },
    { rollouts_G: [rollout(1, 0), rollout(4, 1), rollout(4, 0)] },
  ];
}

const settings: [string, ObjectiveInput][] = [
  ['as it is', {}],
  ['with gradient through the masked view', { maskedGradient: 'on', eta1: 0.03, eta2: 0.03 }],
  ['averaged over sequences', { average: 'sequence', beta: 0.04 }],
];

describe('papoLoss', () => {
  it.each(settings)('%s: the gradient is the slope of the loss', async (_, objective) => {
    const given = groups();
    const { gradients_PG } = await papoLoss(given, objective);
    const live = objective.maskedGradient === 'on' ? (['logp', 'logp_masked'] as const) : (['logp'] as const);
    expect(Object.keys(gradients_PG[0][0])).toEqual(live);
    const at = (x: LossRollout, name: (typeof live)[number]) => (name === 'logp' ? x.logp : x.logprobs[name]);
    for (const [p, g, t] of [
      [0, 0, 2],
      [0, 1, 6],
      [1, 0, 0],
      [1, 2, 1],
    ])
      for (const name of live) {
        const values = at(given[p].rollouts_G[g], name) ?? new Float32Array();
        const here = values[t];
        const h = 0.01;
        const lossAt = async (value: number) => {
          values[t] = value;
          const { loss } = await papoLoss(given, objective);
          return loss;
        };
        const slope = ((await lossAt(here + h)) - (await lossAt(here - h))) / (2 * h);
        values[t] = here;
        expect(gradients_PG[p][g][name]?.length).toBe(given[p].rollouts_G[g].length);
        expect(gradients_PG[p][g][name]?.[t]).toBeCloseTo(slope, 3);
      }
  });

  it('takes the sampler for the policy unless told', async () => {
    const given = groups().map(({ rollouts_G }) => ({
      rollouts_G: rollouts_G.map(({ logp, ...rest }) => rest),
    }));
    const { terms } = await papoLoss(given);
    expect(terms.ratio).toBe(1);
    expect(terms.pg_loss).not.toBe(0);
  });

  it('follows γ where a schedule has moved it', async () => {
    const given = groups();
    const [full, none] = [await papoLoss(given), await papoLoss(given, {}, { gamma: 0 })];
    expect(none.terms).not.toHaveProperty('kl_prcp');
    expect(none.loss - full.loss).toBeCloseTo(0.02 * full.terms.kl_prcp, 5);
  });

  it('says what is missing', async () => {
    const rollout = {
      length: 2,
      reward: 1,
      accuracy: 1,
      logprobs: { logp_old: logprobs(2), logp_ref: logprobs(2) },
    };
    const rollouts_G = [rollout, { ...rollout, reward: 0 }];
    await expect(papoLoss([{ rollouts_G }])).rejects.toThrow(/rollout 0 of prompt 0 has no .* "logp_masked"/);
    await expect(papoLoss([{ rollouts_G }], { gamma: 0, maskedGradient: 'on' })).resolves.toBeDefined();
    await expect(papoLoss([{ rollouts_G }], { maskedGradient: 'on' })).rejects.toThrow(
      /response 0 has no values of logp_masked for 2 tokens/,
    );
    await expect(papoLoss([])).rejects.toThrow(/no response token/);
  });
});

describe('lossAndGradient', () => {
  it('refuses arrays of another length, and no responses', async () => {
    const objective = makeObjective(parseObjective({ beta: 0, gamma: 0 }));
    const two = Float32Array.of(-1, -1);
    const short = { logp: two, logp_old: two, advantage: Float32Array.of(1), weight: two };
    await expect(lossAndGradient(objective, [short])).rejects.toThrow(
      new GraphError('lossAndGradient: response 0 has 1 values of advantage for 2 tokens; give one for each'),
    );
    await expect(lossAndGradient(objective, [])).rejects.toThrow(GraphError);
  });
});
