/** How coefficients move over a run. Pure functions of what is passed in, so a resumed run needs no state but its step. */
import { z } from 'zod';

const coefficient = z.number().min(0);

/** How γ moves over a run. */
export const gammaScheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }).describe('γ stays what it is'),
  z
    .strictObject({
      kind: z.literal('linear'),
      end: coefficient.default(0).describe('γ after the anneal'),
      fraction: z.number().gt(0).max(1).default(0.5).describe('share of all steps that the anneal takes'),
    })
    .describe('γ falls in a straight line from `gamma` to `end`, then stays there'),
]);

/** How β moves over a run. */
export const betaScheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }).describe('β stays what it is'),
  z
    .strictObject({
      kind: z.literal('adaptive'),
      target: z.number().gt(0).describe('the KL_ref that β is steered towards'),
      horizon: z
        .number()
        .gt(0)
        .default(10000)
        .describe('sequences after which β has followed by its full step'),
    })
    .describe('Ziegler et al. 2019, section 2.2 (arXiv 1909.08593)'),
]);

/**
 * γ at a rollout step. `step` counts from 0: the first rollout batch is trained with γ as it is written.
 * The anneal takes ⌊fraction · totalSteps⌋ steps, at least 1 (public code: AnnealingKLController).
 *
 * @example
 * import { gammaAt } from 'papo';
 *
 * const gammaOf = (step: number) =>
 *   gammaAt({ gamma: 0.04, gammaSchedule: { kind: 'linear', end: 0, fraction: 0.5 } }, step, 100);
 * [0, 25, 50, 99].map(gammaOf); // [0.04, 0.02, 0, 0]
 */
export function gammaAt(
  config: { gamma: number; gammaSchedule: z.output<typeof gammaScheduleSchema> },
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
 *
 * @example
 * import { nextBeta } from 'papo';
 *
 * nextBeta({ betaSchedule: { kind: 'adaptive', target: 0.1, horizon: 1000 } }, 0.5, 0.3, 500); // 0.55
 */
export function nextBeta(
  config: { betaSchedule: z.output<typeof betaScheduleSchema> },
  beta: number,
  kl: number,
  sequences: number,
): number {
  const s = config.betaSchedule;
  if (s.kind === 'constant') return beta;
  const error = Math.min(0.2, Math.max(-0.2, kl / s.target - 1));
  return beta * (1 + (error * sequences) / s.horizon);
}
