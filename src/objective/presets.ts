/** Named configurations with the source of every group of values. */
import { ConfigError } from '../errors.ts';
import type { AdamWSettings } from '../tensor/adamw.ts';
import { type ObjectiveConfig, type ObjectiveInput, objectiveSchema } from './config.ts';
import { dvrp } from './followups/dvrp.ts';

export type PresetName =
  | 'grpo'
  | 'dapo'
  | 'papo-g'
  | 'papo-d'
  | 'papo-g-no-ref'
  | 'vppo'
  | 'noisy-rollout'
  | 'dvrp';

export type PresetSize = '3b' | '7b' | 'tiny';

/** How a corrupted view is made; the form of the mask room's configuration. */
export type PresetMask = { kind: 'random'; ratio: number } | { kind: 'noise'; step: number };

export interface PresetRollout {
  /** Prompts of a rollout batch (P). */
  prompts: number;
  /** Rollouts of a prompt (G). */
  samples: number;
  /** Optimiser steps that a rollout batch is cut into. */
  miniBatches: number;
  /** Longest prompt and response in tokens. */
  maxPromptTokens: number;
  maxTokens: number;
  temperature: number;
  topP: number;
  /** Prompts drawn at a time where groups are filtered. */
  promptsPerDraw: number;
  /** Groups are kept if their mean accuracy lies strictly between; null: all are kept. */
  dynamicSampling: { low: number; high: number; tries: number } | null;
}

export interface Preset {
  name: PresetName;
  size: PresetSize;
  title: string;
  objective: ObjectiveConfig;
  /** Views that the objective asks for and how each is made; empty where it asks for none. */
  views: Record<string, PresetMask>;
  /** The `masked` view's mask, or null where the preset has none. */
  mask: PresetMask | null;
  optimizer: AdamWSettings;
  rollout: PresetRollout;
  /** Where each group of values comes from. */
  source: { objective: string; mask: string; optimizer: string; rollout: string };
}

const PUBLIC = 'PAPO public code fb63bf4';

const adamW: AdamWSettings = {
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.01,
  gradClip: 1,
};

const paperRollout: PresetRollout = {
  prompts: 384,
  samples: 5,
  miniBatches: 3,
  maxPromptTokens: 4096,
  maxTokens: 2048,
  temperature: 1,
  topP: 0.99,
  promptsPerDraw: 384,
  dynamicSampling: null,
};

const tinyRollout: PresetRollout = {
  prompts: 32,
  samples: 8,
  miniBatches: 2,
  maxPromptTokens: 256,
  maxTokens: 64,
  temperature: 1,
  topP: 1,
  promptsPerDraw: 32,
  dynamicSampling: null,
};

const filtered = (rollout: PresetRollout, promptsPerDraw: number): PresetRollout => ({
  ...rollout,
  promptsPerDraw,
  dynamicSampling: { low: 0.01, high: 0.99, tries: 20 },
});

/** What a preset is made of before a size is chosen; `sizes` is laid over `objective`. */
interface Recipe {
  title: string;
  objective: ObjectiveInput;
  sizes?: Partial<Record<PresetSize, ObjectiveInput>>;
  views?: Record<string, PresetMask>;
  rollout?: Partial<PresetRollout>;
  filter?: boolean;
  source: { objective: string; mask?: string; optimizer?: string; rollout?: string };
}

const grpo: ObjectiveInput = {
  advantage: 'grpo',
  average: 'token',
  gamma: 0,
  beta: 0.01,
  clipLow: 0.2,
  clipHigh: 0.3,
};

const dapo: ObjectiveInput = { ...grpo, advantage: 'dapo', beta: 0, clipHigh: 0.28 };

const masked: Record<string, PresetMask> = { masked: { kind: 'random', ratio: 0.6 } };

const recipes: Record<PresetName, Recipe> = {
  grpo: {
    title: 'GRPO, the baseline: clipped surrogate and KL to the reference',
    objective: grpo,
    source: { objective: `PAPO paper table 6, row GRPO; average over tokens as in ${PUBLIC}` },
  },
  dapo: {
    title: 'DAPO, the baseline: clip-higher, token average, dynamic sampling, no reference',
    objective: dapo,
    filter: true,
    source: { objective: `PAPO paper table 6, row DAPO; examples/papo_dapo of ${PUBLIC}` },
  },
  'papo-g': {
    title: 'PAPO on GRPO',
    objective: { ...grpo, gamma: 0.02 },
    sizes: { '7b': { eta1: 0.05, eta2: 0.05 } },
    views: masked,
    source: { objective: `PAPO paper table 6, rows PAPO-G; examples/papo_grpo of ${PUBLIC}` },
  },
  'papo-d': {
    title: 'PAPO on DAPO, with the Double Entropy Loss',
    objective: { ...dapo, gamma: 0.01, eta1: 0.03, eta2: 0.03 },
    views: masked,
    filter: true,
    source: { objective: `PAPO paper table 6, row PAPO-D; examples/papo_dapo of ${PUBLIC}` },
  },
  'papo-g-no-ref': {
    title: 'PAPO on GRPO without the reference policy, with the Double Entropy Loss',
    objective: { ...grpo, beta: 0, gamma: 0.01, eta1: 0.03, eta2: 0.03 },
    views: masked,
    source: { objective: `PAPO paper table 6, row PAPO-G without KL_ref; examples/papo_grpo of ${PUBLIC}` },
  },
  vppo: {
    title: 'VPPO: policy gradient only where the image matters',
    objective: {
      ...dapo,
      advantage: 'grpo',
      entropy: 0.06,
      shaping: [{ kind: 'vppo', share: 0.4, scaleMin: 0.9 }],
    },
    views: { masked: { kind: 'random', ratio: 0.5 } },
    rollout: { samples: 8 },
    filter: true,
    source: {
      objective:
        'arXiv 2510.09285; huaixuheqing/VPPO-RL examples/configs/train_vppo_7b.sh (its only sizes are 7B and up)',
      mask: 'huaixuheqing/VPPO-RL verl/workers/perc_utils.py: 14-pixel squares, probability 0.5',
      rollout: 'huaixuheqing/VPPO-RL examples/configs: as PAPO, with 8 rollouts of each prompt',
    },
  },
  'noisy-rollout': {
    title: 'NoisyRollout: half of the rollouts see a noised image',
    objective: {
      ...grpo,
      beta: 0,
      clipHigh: 0.2,
      clipDual: null,
      entropy: -0.001,
      noisyShare: 0.5,
      noise: { start: 500, steepness: 30, middle: 40 },
    },
    views: { noised: { kind: 'noise', step: 500 } },
    rollout: {
      samples: 12,
      prompts: 512,
      miniBatches: 4,
      maxPromptTokens: 2048,
      promptsPerDraw: 512,
      topP: 1,
    },
    source: {
      objective:
        'arXiv 2504.13055; NUS-TRAIL/NoisyRollout training_scripts/qwen2_5_vl_7b_geo3k_noisyrollout.sh; it also freezes the vision tower',
      mask: 'NUS-TRAIL/NoisyRollout verl/utils/image_aug.py: forward diffusion to step 500, faded along a sigmoid',
      rollout: 'NUS-TRAIL/NoisyRollout training_scripts: 6 clean and 6 noisy rollouts of each prompt',
    },
  },
  dvrp: {
    title: 'DVRP: away from the masked view, towards the noised view',
    objective: {
      ...grpo,
      beta: 0,
      ...dvrp({ necessity: 0.01, robustness: 0.01, entropy: 0.05, gradient: 'off' }),
    },
    views: { ...masked, noised: { kind: 'noise', step: 500 } },
    source: {
      objective:
        'arXiv 2601.06801, equation 4; values from a third party’s re-implementation, as the authors published no code',
      mask: 'arXiv 2601.06801: random squares, ratio 0.6; diffusion noise from step 500',
    },
  },
};

export const presetNames = Object.keys(recipes) as PresetName[];
export const presetSizes: PresetSize[] = ['3b', '7b', 'tiny'];

function build(name: PresetName, size: PresetSize): Preset {
  const r = recipes[name];
  const tiny = size === 'tiny';
  const rollout: PresetRollout = tiny ? tinyRollout : { ...paperRollout, ...r.rollout };
  const views = r.views ?? {};
  return {
    name,
    size,
    title: r.title,
    objective: objectiveSchema.parse({ ...r.objective, ...r.sizes?.[size] }),
    views,
    mask: views.masked ?? null,
    optimizer: tiny ? { ...adamW, learningRate: 1.5e-4 } : adamW,
    rollout: r.filter ? filtered(rollout, tiny ? 32 : 128) : rollout,
    source: {
      objective: tiny ? `${r.source.objective}; tiny takes the values of 3B` : r.source.objective,
      mask: r.source.mask ?? (r.views ? `PAPO paper table 6: random squares, ratio 0.6` : 'none is used'),
      optimizer: tiny
        ? 'this project: a 1 M parameter policy, lr 1.5e-4'
        : (r.source.optimizer ?? `PAPO paper table 6; examples/configs of ${PUBLIC}`),
      rollout: tiny
        ? 'this project: 32 prompts × 8 rollouts, 2 mini-batches'
        : (r.source.rollout ?? `PAPO paper table 6; examples/configs of ${PUBLIC}`),
    },
  };
}

/** Every preset in every size: `presets['papo-g']['7b']`. */
export const presets = Object.fromEntries(
  presetNames.map((name) => [name, Object.fromEntries(presetSizes.map((size) => [size, build(name, size)]))]),
) as Record<PresetName, Record<PresetSize, Preset>>;

/** A preset by name and size, e.g. `preset('papo-g', '7b')`. @throws ConfigError where there is none. */
export function preset(name: string, size = '7b'): Preset {
  const found = (presets as Record<string, Record<string, Preset>>)[name];
  if (!found || !Object.hasOwn(presets, name))
    throw new ConfigError(`preset ${name}: unknown; one of ${presetNames.join(', ')}`);
  if (!Object.hasOwn(found, size.toLowerCase()))
    throw new ConfigError(`preset ${name}: no size ${size}; one of ${presetSizes.join(', ')}`);
  return found[size.toLowerCase()];
}
