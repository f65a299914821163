/** Bounds that keep exponentials of log-ratios finite. */
import * as t from '../../tensor/ops.ts';

/** Log-ratios are limited to ± this before an exponential, so that neither it nor its gradient overflows. */
export const LOG_RATIO_LIMIT = 20;

export const limited = (x: t.Tensor) => t.clip(x, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT);

/** eᵏ − k − 1, never below 0. */
export const k3 = (k: t.Tensor) => t.sub(t.sub(t.exp(k), k), 1);
