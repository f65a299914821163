/** Estimators of KL(π ‖ other) from the log-probabilities of tokens that π sampled, one number a token. */
import * as t from '../tensor/ops.ts';
import type { KlPenalty } from './config.ts';

/** Log-ratios are limited to ± this before an exponential, so that neither it nor its gradient overflows. */
export const LOG_RATIO_LIMIT = 20;

/** What the public code limits `low_var_kl` of a token to. */
export const KL_LIMIT = 10;

type Estimator = (logp: t.Tensor, other: t.Tensor) => t.Tensor;

const limited = (x: t.Tensor) => t.clip(x, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT);

/** eᵏ − k − 1, never below 0. */
const k3 = (k: t.Tensor) => t.sub(t.sub(t.exp(k), k), 1);

const k1: Estimator = (logp, other) => t.sub(logp, other);
const k2: Estimator = (logp, other) => t.mul(t.square(t.sub(logp, other)), 0.5);
const lowVarKl: Estimator = (logp, other) => t.clip(k3(limited(t.sub(other, logp))), -KL_LIMIT, KL_LIMIT);

/**
 * By name. All but `full` are those of `compute_kl` in the public code (verl/trainer/core_algos.py). Its `full` is
 * π(log π − log other) summed over the vocabulary; an objective sees the sampled token alone, so here `full` is that
 * one summand. (The public actor hands it the same sampled tokens and sums them over the response by mistake.)
 */
export const estimators: Record<KlPenalty, Estimator> = {
  kl: k1,
  k1,
  abs: (logp, other) => t.abs(t.sub(logp, other)),
  mse: k2,
  k2,
  low_var_kl: lowVarKl,
  k3: lowVarKl,
  full: (logp, other) => t.mul(t.exp(logp), t.sub(logp, other)),
};

/** The paper's text for KL_prcp: r − log r − 1 with r = π/π_mask, and no limit on its value. */
export const paperKl: Estimator = (logp, masked) => k3(limited(t.sub(logp, masked)));

/** The value at which an estimator saturates, or null. */
export const limitOf = (penalty: KlPenalty): number | null =>
  estimators[penalty] === lowVarKl ? KL_LIMIT : null;
