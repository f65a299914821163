import { z } from 'zod';
import * as t from '../../tensor/ops.ts';
import { furtherTerm } from './further-term.ts';

/** − c log π on correct rollouts: likelihood beside reinforcement. */
export const sft = furtherTerm({
  settings: {
    sft: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'weight of the negative log-likelihood of correct rollouts (public code: 1e-3); 0 leaves it out',
      ),
  },
  metrics: {
    sft_loss: {
      unit: 'nats a token',
      meaning: '−log π on correct responses',
      only: 'where `objective.sft` is above 0',
      healthy: 'falls slowly, as correct responses grow likelier; 0 where no response was correct',
    },
  },
  terms: ({ sft }) => [
    {
      name: 'sft_loss',
      source: 'public code, use_sft_loss (verl/workers/actor/dp_actor.py)',
      coefficient: sft,
      needs: { weights: ['sftWeight'] },
      average: 'sftWeight',
      value: ({ logp }) => t.neg(logp),
    },
  ],
});
