import { grpo } from './grpo.ts';
import { type Preset, PUBLIC } from './preset.ts';

export const dapo = {
  name: 'dapo',
  title: 'DAPO, the baseline: clip-higher, token average, dynamic sampling, no reference',
  source: { objective: `PAPO paper table 6, row DAPO; examples/papo_dapo of ${PUBLIC}` },
  config: {
    objective: {
      ...grpo.config.objective,
      advantage: 'dapo',
      beta: 0,
      surrogate: { kind: 'clip', clipLow: 0.2, clipHigh: 0.28 },
    },
    dynamicSampling: { enabled: true },
  },
} satisfies Preset;
