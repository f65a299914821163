/**
 * NoisyRollout, "Reinforcing Visual Reasoning with Data Augmentation" (arXiv 2504.13055), as its public code has it
 * (NUS-TRAIL/NoisyRollout, verl/utils/image_aug.py and verl/trainer/ray_trainer.py): a share of the rollouts of each
 * prompt is drawn while the policy sees a noised image, and the noise fades along a sigmoid. All rollouts of a prompt
 * form one group for the advantage, and the update sees the original image only: log-probabilities, old ones included,
 * are those under the original view.
 */
import type { ObjectiveConfig } from '../config.ts';

/** How many rollouts of a prompt are drawn under which view; those of the original view first. */
export function rolloutViews(
  config: Pick<ObjectiveConfig, 'noisyShare'>,
  samples: number,
): { view: string; samples: number }[] {
  const noisy = Math.round(samples * config.noisyShare);
  return [
    { view: 'original', samples: samples - noisy },
    { view: 'noised', samples: noisy },
  ].filter((v) => v.samples > 0);
}

/**
 * The diffusion step (0..999) of the `noised` view at a training step, counted from 1 as in the public code; null where
 * the noise does not fade: ⌊start · (1 − σ(steepness · (step − middle) / totalSteps))⌋.
 */
export function noiseStepAt(
  config: Pick<ObjectiveConfig, 'noise'>,
  step: number,
  totalSteps: number,
): number | null {
  if (!config.noise) return null;
  const { start, steepness, middle } = config.noise;
  const half = middle === 'half' ? totalSteps / 2 : middle;
  const x = steepness * (step / totalSteps - half / totalSteps);
  return Math.trunc(start * (1 - 1 / (1 + Math.exp(-x))));
}
