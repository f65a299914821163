import { grpo } from './grpo.ts';
import { type Preset, PUBLIC } from './preset.ts';

export const papoG = {
  name: 'papo-g',
  title: 'PAPO on GRPO',
  source: {
    objective: `PAPO paper table 6, rows PAPO-G; examples/papo_grpo of ${PUBLIC}`,
    mask: 'PAPO paper table 6: random squares, ratio 0.6',
  },
  config: {
    objective: { ...grpo.config.objective, gamma: 0.02 },
    mask: { kind: 'random', ratio: 0.6 },
  },
  sizes: { '7b': { objective: { eta1: 0.05, eta2: 0.05 } } },
} satisfies Preset;
