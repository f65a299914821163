import { dapo } from './dapo.ts';
import type { Preset, PresetConfig } from './preset.ts';

const large: PresetConfig = { rollout: { samples: 8 } };

export const vppo = {
  name: 'vppo',
  title: 'VPPO: policy gradient only where the image matters',
  source: {
    objective:
      'arXiv 2510.09285; huaixuheqing/VPPO-RL examples/configs/train_vppo_7b.sh (its only sizes are 7B and up)',
    mask: 'huaixuheqing/VPPO-RL verl/workers/perc_utils.py: 14-pixel squares, probability 0.5',
    rollout: 'huaixuheqing/VPPO-RL examples/configs: as PAPO, with 8 rollouts of each prompt',
  },
  config: {
    ...dapo.config,
    objective: {
      ...dapo.config.objective,
      advantage: 'grpo',
      entropy: 0.06,
      shaping: [{ kind: 'vppo', share: 0.4, scaleMin: 0.9 }],
    },
    mask: { kind: 'random', ratio: 0.5 },
  },
  sizes: { '3b': large, '7b': large },
} satisfies Preset;
