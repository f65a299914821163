import { dapo } from './dapo.ts';
import { papoG } from './papo-g.ts';
import { type Preset, PUBLIC } from './preset.ts';

export const papoD = {
  name: 'papo-d',
  title: 'PAPO on DAPO, with the Double Entropy Loss',
  source: {
    objective: `PAPO paper table 6, row PAPO-D; examples/papo_dapo of ${PUBLIC}`,
    mask: papoG.source.mask,
  },
  config: {
    ...dapo.config,
    objective: { ...dapo.config.objective, gamma: 0.01, eta1: 0.03, eta2: 0.03 },
    mask: papoG.config.mask,
  },
} satisfies Preset;
