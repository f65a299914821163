import { evaluateText } from './mathruler/symbolic.ts';
import { plainMath } from './plain-math.ts';

/** How far a number may lie from the true one: within `relative`·|truth| or `absolute`, whichever allows more. */
export interface Tolerance {
  /** @default 0 */
  relative?: number;
  /** @default 0 */
  absolute?: number;
}

/** Rounding in the last digit of a double, so that equal numbers are equal at tolerance 0. */
const ROUNDING = 1e-12;

/**
 * The number that an answer gives: `-1,234.5`, `\frac{3}{4}`, `2\sqrt{3} cm`, `x = 5`, `50\%` (as 50); `undefined` where
 * it gives none or several.
 */
export function numberOf(answer: string): number | undefined {
  if (answer.length > 500) return undefined;
  let s = plainMath(answer).replace(/(\d),(?=\d{3}(?:\D|$))/g, '$1');
  s = s.replace(/^\s*\p{L}\w{0,3}\s*=\s*/u, '').trim();
  s = s.replace(/\s*%$/, '').toLowerCase();
  const direct = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(s) ? Number(s) : evaluateText(s);
  if (direct !== undefined && Number.isFinite(direct)) return direct;
  // What is left after the number can only be its unit.
  const measured = /^(.*\d[)\s]*)\s*[a-zµ²³/ ^().]*$/.exec(s)?.[1];
  const value = measured === undefined || measured === s ? undefined : evaluateText(measured);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** Whether the answer is a number within the tolerance of the true one; false where either is not a number. */
export function gradeNumber(given: string, truth: string, tolerance: Tolerance = {}): boolean {
  const [x, y] = [numberOf(given), numberOf(truth)];
  if (x === undefined || y === undefined) return false;
  const { relative = 0, absolute = 0 } = tolerance;
  return Math.abs(x - y) <= Math.max(relative * Math.abs(y), absolute) + ROUNDING * Math.abs(y);
}
