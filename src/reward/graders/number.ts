import { z } from 'zod';
import { NO_ANSWER } from '../mathruler/boxed.ts';
import { evaluateText } from '../mathruler/symbolic.ts';
import { plainMath } from '../plain-math.ts';
import { grader } from './grader.ts';

/** Rounding in the last digit of a double, so that equal numbers are equal at tolerance 0. */
const ROUNDING = 1e-12;

/** Numbers within `relative`·|truth| or `absolute` of the true one, whichever allows more. Cannot score a reference that is none. */
export const number = grader({
  name: 'number',
  description: 'numbers within `tolerance`',
  judges: 'answer',
  settings: {
    tolerance: z
      .strictObject({
        absolute: z.number().min(0).default(0).describe('for number: largest difference'),
        relative: z
          .number()
          .min(0)
          .default(0)
          .describe('for number: largest difference as a share of the true answer'),
      })
      .prefault({})
      .describe('for number: how far off it may be'),
  },
  score({ given, truth }, { tolerance }) {
    const right = numberOf(truth);
    if (right === undefined) return null;
    const x = given === NO_ANSWER ? undefined : numberOf(given);
    if (x === undefined) return 0;
    const allowed = Math.max(tolerance.relative * Math.abs(right), tolerance.absolute);
    return Number(Math.abs(x - right) <= allowed + ROUNDING * Math.abs(right));
  },
});

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
