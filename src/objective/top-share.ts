/** Which tokens of a response are among the given share with the largest values. */
import * as t from '../tensor/ops.ts';

/** Below any value that a token can have; finite, so that 0 times it is 0. */
const LOWEST = -1e30;

/**
 * 1 where a token's value is at least the (1 − share) quantile of its own response, else 0; no gradient.
 * The quantile is `torch.nanquantile`'s: linear between the two neighbouring ranks.
 * @param x [D, T] values
 * @param valid [D, T] bool, false on padding
 */
export function topShare(x: t.Tensor, valid: t.Tensor, share: number): t.Tensor {
  const T = x.shape[1];
  const count = t.sum(t.cast(valid, 'float32'), [1], true);
  const rank = t.mul(t.sub(count, 1), Math.fround(1 - share));
  const below = t.cast(t.cast(rank, 'int32'), 'float32');
  const falling = t.topK(t.where(valid, t.stopGradient(x), LOWEST), T).values;
  const places = t.constant(
    Float32Array.from({ length: T }, (_, i) => i),
    [1, T],
  );
  // Ranks count from the smallest, places from the largest.
  const valueAt = (steps: number) =>
    t.sum(t.where(t.equal(places, t.sub(t.sub(count, steps), below)), falling, 0), [1], true);
  const lower = valueAt(1);
  const upper = valueAt(2);
  const threshold = t.add(lower, t.mul(t.sub(upper, lower), t.sub(rank, below)));
  return t.cast(t.greaterOrEqual(x, threshold), 'float32');
}
