import { normalizeMathd } from './mathd.ts';
import { isIntegerText, normalizeLoose, splitTuple } from './normalize.ts';
import { Budget } from './polynomial.ts';
import { isZeroDifference } from './symbolic.ts';

/** Longer answers are compared as they stand: no true answer is that long, and a grade must not take long either. */
const LONGEST = 5_000;

/**
 * Whether two answers count as equal for MathRuler's `grade_answer`: the same string in either of two normal forms, or
 * element by element a difference that a computer algebra system simplifies to zero. It is stricter than mathematics:
 * unreduced fractions and expressions for an integer (`\sqrt{4}` for 2) are wrong. Bounded in time, never throws.
 *
 * Source: MathRuler grader.py `grade_answer` (arXiv 2507.06448 measures accuracy with it).
 *
 * @param given the answer taken from the response (`extractBoxed`)
 * @param truth the answer of the data set
 *
 * @example
 * import { gradeAnswer } from 'papo';
 *
 * gradeAnswer('\\frac12', '1/2'); // true
 * gradeAnswer('2/4', '1/2'); // false, as it is not reduced
 */
export function gradeAnswer(given: string, truth: string): boolean {
  if (given === truth) return true;
  if (given.length > LONGEST || truth.length > LONGEST) return false;
  if (normalizeMathd(given) === normalizeMathd(truth)) return true;
  const truthText = normalizeLoose(truth);
  const givenText = normalizeLoose(given);
  if (truthText === givenText) return true;
  if (givenText === '') return false;
  const truths = splitTuple(truthText);
  const givens = splitTuple(givenText);
  if (truths.length > 1 && (truthText[0] !== givenText[0] || truthText.at(-1) !== givenText.at(-1)))
    return false;
  if (truths.length !== givens.length) return false;
  const budget = new Budget();
  return truths.every((element, i) => gradeElement(givens[i], element, budget));
}

const FRACTION = /^-?[0-9]+[^\n]?\/0*[1-9][0-9]*[^\n]?(?=\n?(?![\s\S]))/;

function gradeElement(given: string, truth: string, budget: Budget): boolean {
  // A fraction that is not reduced counts as wrong, so no algebra here.
  if (FRACTION.test(truth) && FRACTION.test(given)) return truth === given;
  // An integer has to be written as one.
  if (isIntegerText(truth) !== isIntegerText(given)) return false;
  return isZeroDifference(truth, given, budget);
}
