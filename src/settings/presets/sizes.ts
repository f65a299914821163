/** What policies of one size have in common, whatever the preset. */
import { type PresetConfig, type PresetSize, PUBLIC } from './preset.ts';

const optimizer = {
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.01,
  gradClip: 1,
};

const paper: PresetConfig = {
  optimizer,
  rollout: { prompts: 384, samples: 5, maxTokens: 2048, temperature: 1, topP: 0.99, views: {} },
  train: { miniBatches: 3 },
  data: { maxPromptTokens: 4096 },
  dynamicSampling: { enabled: false, low: 0.01, high: 0.99, maxTries: 20, promptsPerRound: 128 },
};

const tiny: PresetConfig = {
  optimizer: { ...optimizer, learningRate: 1.5e-4 },
  rollout: { prompts: 32, samples: 8, maxTokens: 80, temperature: 1, topP: 1, views: {} },
  train: { miniBatches: 2 },
  data: { maxPromptTokens: 256 },
  dynamicSampling: { enabled: false, low: 0.01, high: 0.99, maxTries: 20, promptsPerRound: null },
};

/** @param source where optimiser and rollout values are from */
export const sizes: Record<PresetSize, { config: PresetConfig; source: string }> = {
  '3b': { config: paper, source: `PAPO paper table 6; examples/configs of ${PUBLIC}` },
  '7b': { config: paper, source: `PAPO paper table 6; examples/configs of ${PUBLIC}` },
  tiny: {
    config: tiny,
    source: 'this project: a 1 M parameter policy, lr 1.5e-4, 32 prompts × 8 rollouts, 2 mini-batches',
  },
};

export const presetSizes = ['3b', '7b', 'tiny'] as const satisfies readonly PresetSize[];
