/** How coefficients move over a run. Pure functions of what is passed in, so a resumed run needs no state but its step. */
import type { ObjectiveConfig } from './config.ts';

/**
 * γ at a rollout step. `step` counts from 0: the first rollout batch is trained with γ as it is written.
 * The anneal takes ⌊fraction · totalSteps⌋ steps, at least 1 (public code: AnnealingKLController).
 */
export function gammaAt(
  config: Pick<ObjectiveConfig, 'gamma' | 'gammaSchedule'>,
  step: number,
  totalSteps: number,
): number {
  const s = config.gammaSchedule;
  if (s.kind === 'constant') return config.gamma;
  return annealed(config.gamma, s.end, Math.trunc(totalSteps * s.fraction), step);
}

/** A straight line from `start` to `end` over `steps`, then `end`. */
export function annealed(start: number, end: number, steps: number, step: number): number {
  const progress = Math.min(step / Math.max(1, steps), 1);
  return start + (end - start) * progress;
}

/**
 * β after an update that trained `sequences` responses and measured the mean token KL_ref `kl`
 * (public code: AdaptiveKLController; arXiv 1909.08593). With a constant schedule β stays. The result is state: a
 * checkpoint has to keep it.
 */
export function nextBeta(
  config: Pick<ObjectiveConfig, 'betaSchedule'>,
  beta: number,
  kl: number,
  sequences: number,
): number {
  const s = config.betaSchedule;
  if (s.kind === 'constant') return beta;
  const error = Math.min(0.2, Math.max(-0.2, kl / s.target - 1));
  return beta * (1 + (error * sequences) / s.horizon);
}
