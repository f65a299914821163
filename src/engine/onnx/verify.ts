/** An engine's look at its own gradient: evaluated twice, and held against the slope of the loss. */
import type { Objective } from '../../objective/types.ts';
import * as t from '../../tensor/ops.ts';
import type { Feeds } from '../../tensor/session.ts';
import type { Arrays, Executor } from './executor.ts';

/**
 * The policy gradient without ratios and limits, so that the loss is smooth and its slope can be measured. Whatever an
 * objective adds is differentiated by the same rules.
 */
export const PROBE: Objective = {
  gradientViews: [],
  arrays: ['advantage'],
  coefficients: {},
  build: ({ logp, weight, advantage }) => {
    const loss = t.neg(t.sum(t.mul(weight, t.mul(advantage, logp))));
    return { loss, terms: {} };
  },
};

/** Change of the loss, each way, by which the slope is measured: far above float32's rounding, small enough to be straight. */
const RISE = 2e-3;

export interface Verified {
  /** [P·G, block] */
  logp: Float32Array;
  repeat: number;
  slope: number;
}

/** @param handle a training program of `PROBE` with its log-probabilities @param values the current parameters */
export async function verifyGradient(
  executor: Executor,
  handle: string,
  feeds: Feeds,
  values: Arrays,
): Promise<Verified> {
  const first = await executor.differentiate(handle, feeds);
  const second = await executor.differentiate(handle, feeds);
  const names = Object.keys(first.gradients);
  let square = 0;
  let apart = 0;
  for (const name of names) {
    const [a, b] = [first.gradients[name], second.gradients[name]];
    for (let i = 0; i < a.length; i++) {
      square += a[i] * a[i];
      apart += (a[i] - b[i]) ** 2;
    }
  }
  const length = Math.sqrt(square);
  const lossAt = async (step: number) => {
    const moved: Arrays = {};
    for (const name of names) {
      const g = first.gradients[name];
      moved[name] = values[name].map((v, i) => v + step * g[i]);
    }
    const { terms } = await executor.differentiate(handle, { ...feeds, ...moved });
    return terms.loss[0] as number;
  };
  const step = RISE / square;
  const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
  return {
    logp: first.terms.logp as Float32Array,
    repeat: Math.sqrt(apart) / length,
    slope: Math.abs(slope - square) / square,
  };
}
