/**
 * NoisyRollout, "Reinforcing Visual Reasoning with Data Augmentation" (arXiv 2504.13055), as its public code has it
 * (NUS-TRAIL/NoisyRollout, verl/utils/image_aug.py and verl/trainer/ray_trainer.py): a share of the rollouts of each
 * prompt is drawn while the policy sees a noised image, and the noise fades along a sigmoid. All rollouts of a prompt
 * form one group for the advantage, and the update sees the original image only: log-probabilities, old ones included,
 * are those under the original view.
 */
import { grpo } from './grpo.ts';
import type { Preset, PresetConfig } from './preset.ts';

const large: PresetConfig = {
  rollout: { samples: 12, prompts: 512, topP: 1 },
  train: { miniBatches: 4 },
  data: { maxPromptTokens: 2048 },
};

export const noisyRollout = {
  name: 'noisy-rollout',
  title: 'NoisyRollout: half of the rollouts see a noised image',
  source: {
    objective:
      'arXiv 2504.13055; NUS-TRAIL/NoisyRollout training_scripts/qwen2_5_vl_7b_geo3k_noisyrollout.sh; it also freezes the vision tower',
    mask: 'NUS-TRAIL/NoisyRollout verl/utils/image_aug.py: forward diffusion to step 500, faded along a sigmoid',
    rollout: 'NUS-TRAIL/NoisyRollout training_scripts: 6 clean and 6 noisy rollouts of each prompt',
  },
  config: {
    objective: {
      ...grpo.config.objective,
      beta: 0,
      surrogate: { kind: 'clip', clipLow: 0.2, clipHigh: 0.2, clipDual: null },
      entropy: -0.001,
    },
    views: { noised: { kind: 'noise', step: 500, fade: { steepness: 30, middle: 40 } } },
    rollout: { views: { noised: 0.5 } },
  },
  sizes: { '3b': large, '7b': large },
} satisfies Preset;
