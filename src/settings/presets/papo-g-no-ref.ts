import { grpo } from './grpo.ts';
import { papoG } from './papo-g.ts';
import { type Preset, PUBLIC } from './preset.ts';

export const papoGNoRef = {
  name: 'papo-g-no-ref',
  title: 'PAPO on GRPO without the reference policy, with the Double Entropy Loss',
  source: {
    objective: `PAPO paper table 6, row PAPO-G without KL_ref; examples/papo_grpo of ${PUBLIC}`,
    mask: papoG.source.mask,
  },
  config: {
    objective: { ...grpo.config.objective, beta: 0, gamma: 0.01, eta1: 0.03, eta2: 0.03 },
    mask: papoG.config.mask,
  },
} satisfies Preset;
