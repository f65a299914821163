import { canonical, isIndependent } from './algebra.ts';
import { NotAnExpression, parseExpression } from './expression.ts';
import { TooLarge } from './numeral.ts';
import { Budget } from './polynomial.ts';
import { vanishes } from './probe.ts';

/** Longer texts are not taken for expressions. */
const LONGEST = 20_000;

/** Powers that made the original hang, so it never tried them. */
const REFUSED = ['^{', '^('];
const REFUSED_PATTERN = /\^[0-9]+\^|\^[0-9][0-9]/;

/** Whether MathRuler hands an expression to sympy: at most two different letters besides "sqrt" and "frac". */
function isAllowed(text: string): boolean {
  if (REFUSED.some((bad) => text.includes(bad)) || REFUSED_PATTERN.test(text)) return false;
  const letters = new Set<string>();
  for (const [letter] of text.replaceAll('sqrt', '').replaceAll('frac', '').matchAll(/\p{L}/gu)) {
    letters.add(letter);
    if (letters.size > 2) return false;
  }
  return true;
}

/**
 * Whether `(truth) - (given)` simplifies to zero as MathRuler's `are_equal_under_sympy` has it: exact numbers and
 * symbols by mathematics, numbers with a decimal point by floating-point arithmetic (0.1 + 0.2 is not 0.3, and never a
 * root or 1/3). False for what is no expression, is undefined or is too large to settle within the step budget.
 */
export function isZeroDifference(truth: string, given: string): boolean {
  if (truth.length + given.length > LONGEST) return false;
  const text = `(${truth})-(${given})`;
  return isAllowed(text) && simplifiesToZero(text);
}

/** Whether an expression in sympy's syntax is zero, under the same rules. Never throws. */
export function simplifiesToZero(text: string): boolean {
  try {
    const expression = parseExpression(text);
    const floats = { seen: false };
    try {
      const value = canonical(expression, new Budget(), floats);
      if (value.num.size === 0) return true;
      if (floats.seen || isIndependent(value)) return false;
    } catch (error) {
      if (!(error instanceof TooLarge) || floats.seen) throw error;
    }
    return vanishes(expression);
  } catch (error) {
    if (error instanceof NotAnExpression || error instanceof TooLarge) return false;
    throw error;
  }
}
