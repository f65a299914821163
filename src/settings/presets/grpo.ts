import { type Preset, PUBLIC } from './preset.ts';

export const grpo = {
  name: 'grpo',
  title: 'GRPO, the baseline: clipped surrogate and KL to the reference',
  source: { objective: `PAPO paper table 6, row GRPO; average over tokens as in ${PUBLIC}` },
  config: {
    objective: {
      advantage: 'grpo',
      average: 'token',
      gamma: 0,
      beta: 0.01,
      surrogate: { kind: 'clip', clipLow: 0.2, clipHigh: 0.3 },
    },
  },
} satisfies Preset;
