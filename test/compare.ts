/** How tests compare arrays of numbers. */

/**
 * Largest absolute difference of two arrays. NaN, which neither `toBeLessThan` nor `toBeGreaterThan` accepts, where a
 * value is not a number on either side or the lengths differ, so that nothing passes by being unmeasurable.
 */
export function furthest(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.NaN;
  let worst = 0;
  for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i] - want[i]));
  return worst;
}
