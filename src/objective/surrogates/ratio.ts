import type { Metric } from '../../metric.ts';
import * as t from '../../tensor/ops.ts';
import { limited } from '../estimators/limits.ts';
import type { SurrogateInputs } from './surrogate.ts';

/** How the ratio of a token is logged. */
export const ratioMetric: Metric = {
  unit: 'ratio',
  meaning: 'mean of π/π_old over tokens',
  healthy: '1 in the first update of a rollout batch, and close to 1 in those that follow',
};

/** log π − log π_old of each token, limited so that its exponential is finite. */
export const logRatioOf = ({ logp, logp_old }: SurrogateInputs): t.Tensor => limited(t.sub(logp, logp_old));

/** exp of log-ratios clipped to [1 − low, 1 + high]; a low of 1 or more leaves them without a lower bound. */
export function clippedRatio(logRatio: t.Tensor, low: number, high: number): t.Tensor {
  const least = low < 1 ? Math.log(1 - low) : -Infinity;
  return t.exp(
    Number.isFinite(least)
      ? t.clip(logRatio, least, Math.log(1 + high))
      : t.minimum(logRatio, Math.log(1 + high)),
  );
}

/** 1 where true, as something that has a mean. */
export const share = (condition: t.Tensor): t.Tensor => t.cast(condition, 'float32');
