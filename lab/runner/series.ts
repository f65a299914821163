/** What the steps of a run come to as single numbers. */
import type { ReadLine } from '../../src/metrics/lines.ts';
import { standardError } from '../../src/statistics.ts';

/** Steps that are averaged, at the end and behind each step. */
export const WINDOW = 10;
/** Steps that the beginning is read off. */
export const FIRST = 5;

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A value of each step, in order; steps that have none are left out. */
export function series(lines: readonly ReadLine[], key: string): { step: number; value: number }[] {
  return lines.flatMap((line) => {
    const value = (line as Record<string, unknown>)[key];
    return line.kind === 'step' && typeof value === 'number' && typeof line.step === 'number'
      ? [{ step: line.step, value }]
      : [];
  });
}

/** Mean over the steps from `step` − 9 to `step` that have a value; undefined where none has. */
export function trailing(
  values: readonly { step: number; value: number }[],
  step: number,
): number | undefined {
  const inside = values.filter((v) => v.step > step - WINDOW && v.step <= step);
  return inside.length === 0 ? undefined : mean(inside.map((v) => v.value));
}

export const STEPS_TO_HALF = `steps to half of the final gain: how many steps it takes training accuracy, as the mean of a step and the ${WINDOW - 1} before it, to pass the middle between the mean of the first ${FIRST} steps and the mean of the last ${WINDOW} (steps that fall back below it count as well, so that no single lucky one decides); none where those two means differ by less than twice their standard error`;

/** In steps, of the accuracies of all steps; undefined where no gain stands out or there are fewer than 15 steps. */
export function stepsToHalf(accuracy: readonly { step: number; value: number }[]): number | undefined {
  if (accuracy.length < FIRST + WINDOW) return undefined;
  const values = accuracy.map((a) => a.value);
  const [first, last] = [values.slice(0, FIRST), values.slice(-WINDOW)];
  const [before, after] = [mean(first), mean(last)];
  if (!(after - before > 2 * Math.hypot(standardError(first), standardError(last)))) return undefined;
  const middle = (before + after) / 2;
  const below = values.filter(
    (_, i) => i + 1 >= WINDOW && mean(values.slice(i + 1 - WINDOW, i + 1)) <= middle,
  );
  return accuracy[WINDOW - 1 + below.length]?.step;
}
