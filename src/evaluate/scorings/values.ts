/** Answers that are no options: numbers to stated decimals, lists, texts. */
import { equalAnswers } from '../../reward/graders/equal.ts';
import { numberOf } from '../../reward/graders/number.ts';
import { gradeAnswer } from '../../reward/mathruler/grade.ts';

/** Items of a list that are compared at most. */
const MOST = 100;
const LONGEST = 5_000;

/** The items of `[1, 2]`, with or without its brackets; undefined for one value alone. */
function listOf(text: string): string[] | undefined {
  if (text.length > LONGEST) return undefined;
  const inside = /^\s*[[({]?(.*?)[\])}]?\s*$/s.exec(text)?.[1] ?? '';
  const items = inside.split(',').map((item) => item.trim().replace(/^(['"])(.*)\1$/, '$2'));
  return items.length > 1 && items.length <= MOST ? items : undefined;
}

/**
 * Whether two answers are the same value. With `precision` numbers are the same where they are less than half a unit of that
 * decimal apart (or agree exactly). A reference in brackets is a list: item by item, in order.
 */
export function sameValue(given: string, truth: string, precision?: number): boolean {
  if (/^\s*\[.*\]\s*$/s.test(truth)) {
    const [left, right] = [listOf(given), listOf(truth)];
    if (left && right)
      return left.length === right.length && right.every((item, i) => sameValue(left[i], item, precision));
  }
  const wanted = precision === undefined ? undefined : numberOf(truth);
  if (precision !== undefined && wanted !== undefined) {
    const x = numberOf(given);
    if (x === undefined) return false;
    const unit = 10 ** -precision;
    // 1.25 for 1.2 is as far as for 1.3: neither is the number to one decimal.
    return Math.abs(x - wanted) < unit / 2 - unit * 1e-9;
  }
  return gradeAnswer(given, truth) || equalAnswers(given, truth);
}
