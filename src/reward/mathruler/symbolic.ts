import { canonical, isIndependent, type Work } from './algebra.ts';
import { NotAnExpression, parseExpression } from './expression.ts';
import { TooLarge } from './numeral.ts';
import { Budget } from './polynomial.ts';
import { evaluateNumber, vanishes } from './probe.ts';

/** Longer texts are not taken for expressions. */
const LONGEST = 20_000;

/** Longer ones are not evaluated at one point after the other. */
const LONGEST_PROBED = 2_000;

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
export function isZeroDifference(truth: string, given: string, budget = new Budget()): boolean {
  if (truth.length + given.length > LONGEST) return false;
  const text = `(${truth})-(${given})`;
  return isAllowed(text) && simplifiesToZero(text, false, budget);
}

/**
 * Whether an expression in sympy's syntax is zero, under the same rules. Never throws.
 *
 * @param budget what may be spent; several comparisons of one grade share it
 * @param functions whether `sin`, `log` and the like are functions; MathRuler's limit of two letters keeps them out
 */
export function simplifiesToZero(text: string, functions = false, budget = new Budget()): boolean {
  if (text.length > LONGEST) return false;
  try {
    const expression = parseExpression(text, functions);
    const work: Work = { budget, keepProducts: false, floats: false };
    try {
      const value = canonical(expression, work);
      if (value.num.size === 0) return true;
      // In floating point it matters what is added first, so both ways of the original are tried.
      if (work.floats) return canonical(expression, { ...work, keepProducts: true }).num.size === 0;
      if (isIndependent(value)) return false;
    } catch (error) {
      if (!(error instanceof TooLarge) || work.floats) throw error;
    }
    return text.length <= LONGEST_PROBED && vanishes(expression);
  } catch (error) {
    if (error instanceof NotAnExpression || error instanceof TooLarge) return false;
    throw error;
  }
}

/** The value of an expression without symbols, or `undefined` where it has none or is not real. */
export function evaluateText(text: string): number | undefined {
  try {
    return evaluateNumber(parseExpression(text, true));
  } catch (error) {
    if (error instanceof NotAnExpression || error instanceof TooLarge) return undefined;
    throw error;
  }
}
