import { z } from 'zod';
import { maskKind } from '../kind.ts';
import type { Mask } from '../types.ts';

/** Diffusion steps of the schedule behind `step`. */
const STEPS = 1000;

/** Share of signal and of noise (standard deviations, the squares add up to 1) after each step 0..999. */
export function diffusionSchedule(): { signal: Float64Array; noise: Float64Array } {
  const signal = new Float64Array(STEPS);
  const noise = new Float64Array(STEPS);
  let product = 1;
  for (let t = 0; t < STEPS; t++) {
    const x = -6 + (12 * t) / (STEPS - 1);
    const beta = (0.5e-2 - 1e-5) / (1 + Math.exp(-x)) + 1e-5;
    product *= 1 - beta;
    signal[t] = Math.sqrt(product);
    noise[t] = Math.sqrt(1 - product);
  }
  return { signal, noise };
}

/**
 * Gaussian noise on every sample, the paper's rejected alternative to masking: v + std · n, rounded and clipped to
 * 0..255. `std` is in grey levels.
 */
export function noiseMask(std: number): Mask {
  return {
    name: `noise std ${std}`,
    apply(img, rng) {
      const data = new Uint8ClampedArray(img.data.length);
      for (let i = 0; i < data.length; i++) data[i] = img.data[i] + std * rng.normal();
      return { ...img, data: new Uint8Array(data.buffer) };
    },
  };
}

/**
 * The forward process of a diffusion model up to `step` of 1000: √ᾱ · x + √(1 − ᾱ) · n on values scaled to 0..1, clipped, and
 * cut down to whole grey levels. Source: NoisyRollout (arXiv 2504.13055), image_aug.py; its sigmoid schedule is that of
 * visual contrastive decoding. Even step 0 scales and adds a little noise (√(1 − ᾱ) is .0059).
 */
export function diffusionMask(step: number): Mask {
  const { signal, noise } = diffusionSchedule();
  const keep = signal[step];
  const spread = noise[step];
  return {
    name: `noise step ${step}`,
    apply(img, rng) {
      const data = new Uint8Array(img.data.length);
      for (let i = 0; i < data.length; i++) {
        const x = (keep * img.data[i]) / 255 + spread * rng.normal();
        data[i] = Math.min(Math.max(x, 0), 1) * 255;
      }
      return { ...img, data };
    },
  };
}

/** A sigmoid along which the noise of a view fades over a run. */
interface Fade {
  /** Above 0. */
  steepness: number;
  /** The training step, counted from 1, at which half of the noise is gone; `half`: the middle of the run. */
  middle: number | 'half';
}

/**
 * The diffusion step at training step `step`, counted from 1, of `steps`: ⌊start · (1 − σ(steepness · (step −
 * middle) / steps))⌋. Source: NoisyRollout (arXiv 2504.13055), verl/trainer/ray_trainer.py of its public code.
 */
export function fadedStep(start: number, { steepness, middle }: Fade, step: number, steps: number): number {
  const half = middle === 'half' ? steps / 2 : middle;
  const x = steepness * (step / steps - half / steps);
  return Math.trunc(start * (1 - 1 / (1 + Math.exp(-x))));
}

/** A `diffusionMask` of step `start` that fades while a run goes on; outside of a run it is at full strength. */
function fadingMask(start: number, fade: Fade): Mask {
  return {
    ...diffusionMask(start),
    at: (step, steps) => diffusionMask(fadedStep(start, fade, step, steps)),
  };
}

const fade = z
  .strictObject({
    steepness: z.number().gt(0).describe('steepness of the sigmoid along which it fades'),
    middle: z
      .union([z.literal('half'), z.number().min(0)])
      .describe('training step at which half of it is gone; half: the middle of the run'),
  })
  .nullable()
  .optional()
  .describe('how the noise of `step` fades over a run (NoisyRollout: 30, 40); null or left out: it stays');

export const noiseKind = maskKind({
  settings: z
    .strictObject({
      kind: z.literal('noise'),
      std: z.number().min(0).optional().describe('standard deviation in grey levels'),
      step: z.number().int().min(0).max(999).optional().describe('diffusion step, instead of `std`'),
      fade,
    })
    .refine((c) => (c.std === undefined) !== (c.step === undefined), {
      message: 'noise takes either std (grey levels) or step (0..999)',
    })
    .refine((c) => !c.fade || c.step !== undefined, {
      path: ['fade'],
      message: 'what fades is step (0..999); std stays as it is',
    })
    .describe('Gaussian noise, either of `std` grey levels or as after `step` diffusion steps'),
  effect: 'changed',
  // Half of the way to pure noise, the step at which NoisyRollout starts.
  example: { step: 500 },
  make({ std = 0, step, fade }) {
    if (step === undefined) return noiseMask(std);
    return fade ? fadingMask(step, fade) : diffusionMask(step);
  },
});
