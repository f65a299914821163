import { z } from 'zod';
import * as t from '../../tensor/ops.ts';
import { estimatorOf, estimatorSchema } from '../estimators/index.ts';
import { logpOf } from '../types.ts';
import { furtherTerm } from './further-term.ts';

/** A KL to a further view of the pictures, beside KL_prcp. */
const viewSchema = z.strictObject({
  view: z
    .string()
    .regex(/^(?!(original|masked|old|ref|prcp)$)[a-z][a-zA-Z0-9]*$/, {
      message:
        'a view is a word that starts small and is not original, masked, old, ref or prcp (KL to the masked view is gamma)',
    })
    .describe('name of the view, e.g. noised'),
  coefficient: z
    .number()
    .describe('what its KL is multiplied with in the loss: above 0 pulls the two together, below 0 apart'),
  penalty: estimatorSchema('the KL'),
  gradient: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      'whether the gradient also flows through that view (on), or its log-probabilities are data (off)',
    ),
  entropy: z
    .number()
    .min(0)
    .default(0)
    .describe('weight of the entropy under that view; it moves the policy only with gradient on'),
});

/**
 * + c KL(π ‖ π_view) + e H[π_view] for each view. DVRP, "Thinking with Deltas" (arXiv 2601.06801, equation 4) pulls the
 * policy so towards itself under a noised picture; it sums KL over the whole vocabulary, while here, as for PAPO, KL is
 * estimated on the sampled tokens.
 */
export const viewKl = furtherTerm({
  settings: {
    views: z
      .array(viewSchema)
      .refine((v) => new Set(v.map((x) => x.view)).size === v.length, {
        message: 'two terms name the same view',
      })
      .default([])
      .describe('KL terms to further views of the images'),
  },
  metrics: {
    'kl_<view>': {
      unit: 'nats a token',
      meaning: 'KL(π ‖ π under a further view of `objective.views`), by its `penalty`',
      healthy:
        'follows its coefficient: above 0 it falls or stays small, below 0 it grows; like KL_prcp it must not reach the limit of its estimator',
    },
    'entropy_<view>': {
      unit: 'nats a token',
      meaning: 'entropy under that view, estimated as −log π of the sampled tokens',
      healthy: 'at least that of the original view, from which the tokens were sampled; it must not soar',
    },
  },
  terms: ({ views }) =>
    views.flatMap(({ view, coefficient, penalty, gradient, entropy }) => [
      {
        name: `kl_${view}`,
        source: 'DVRP, arXiv 2601.06801, equation 4',
        coefficient,
        needs: { views: { [view]: gradient } },
        comparesViews: true,
        value: (x) => estimatorOf(penalty).kl(x.logp, x[logpOf(view)]),
      },
      {
        name: `entropy_${view}`,
        source: 'DVRP, arXiv 2601.06801, equation 4',
        coefficient: entropy,
        needs: { views: { [view]: gradient } },
        average: 'tokenWeight',
        comparesViews: true,
        value: (x) => t.neg(x[logpOf(view)]),
      },
    ]),
});
