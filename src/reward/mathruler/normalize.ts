import { latexToText } from './latex.ts';
import { unwrapText } from './mathd.ts';
import { isIntegral, parseFloatPython, stripSpace } from './python.ts';

const UNITS = [
  'degree',
  'cm',
  'centimeter',
  'meter',
  'mile',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
  'foot',
  'feet',
  'inch',
  'yard',
].map((unit) => ({ unit, pattern: new RegExp(`${unit}(es)?(s)? *(\\^[0-9]+)?`, 'g') }));

/**
 * The second, looser normal form: units, currency and LaTeX removed, lower case, integers in decimal.
 *
 * Source: MathRuler grader.py `_normalize` (from PRM800K). The order of the steps is the original's, since the
 * verdicts depend on it ("centimeter" loses "meter" only after "cm" was looked for, and so on).
 */
export function normalizeLoose(answer: string): string {
  let s = unwrapText(answer);
  s = s.replaceAll('\\%', '%').replaceAll('\\$', '$').replaceAll('$', '').replaceAll('%', '');
  s = s.replaceAll(' or ', ' , ').replaceAll(' and ', ' , ');
  s = s.replaceAll('million', '*10^6').replaceAll('billion', '*10^9').replaceAll('trillion', '*10^12');
  for (const { unit, pattern } of UNITS) if (s.includes(unit)) s = s.replace(pattern, '');
  s = s.replace(/\^ *\\circ/g, '');
  if (s[0] === '{' && s.at(-1) === '}') s = s.slice(1, -1);
  s = s.replace(/,\\! */g, '');
  const number = parseFloatPython(s);
  if (number !== undefined && isIntegral(number)) s = integerText(Math.round(number));
  if (s.includes('\\')) s = latexToPlain(s) ?? s;
  s = s.replace(/- */g, '-');
  s = s.replace(/([0-9]) +([0-9])/g, '$1+$2');
  s = s.replace(/[ {}]/g, '').toLowerCase();
  if (isIntegerText(s)) s = integerText(Math.trunc(parseFloatPython(s.replaceAll(',', ''))!));
  return s;
}

const integerText = (x: number): string => BigInt(x).toString();

/** The LaTeX as plain text with the names that the expression parser knows, or `undefined` where it cannot be read. */
function latexToPlain(latex: string): string | undefined {
  const fractions = latex.replaceAll('\\tfrac', '\\frac').replaceAll('\\dfrac', '\\frac');
  // The space before a fraction is what later makes `2\frac{1}{2}` a mixed number.
  const text = latexToText(fractions.replaceAll('\\frac', ' \\frac'));
  if (text === undefined) return undefined;
  const named = text.replaceAll('√', 'sqrt').replaceAll('π', 'pi').replaceAll('∞', 'inf');
  return stripSpace(named.replaceAll('∪', 'U').replaceAll('·', '*').replaceAll('×', '*'));
}

/** Removes the commas of `1,234,567` and leaves those of `1,23`. */
export function stripThousands(text: string): string {
  let s = text;
  while (s.includes(',')) {
    const next = s.replace(/(\p{Nd}),(\p{Nd}{3})(?!\p{Nd})/gu, '$1$2');
    if (next === s) break;
    s = next;
  }
  return s;
}

/** Whether the text reads as an integer, written in any way that Python's `float` accepts, with or without commas. */
export function isIntegerText(text: string): boolean {
  const x = parseFloatPython(stripThousands(text));
  return x !== undefined && isIntegral(x);
}

/** The elements of a tuple or interval, or the whole text as the only one; empty for the empty text. */
export function splitTuple(text: string): string[] {
  const s = stripThousands(text);
  if (s === '') return [];
  if (s.length > 2 && /^[()[\]][^()[\]]*[()[\]]$/.test(s)) {
    return s
      .slice(1, -1)
      .split(',')
      .map((part) => stripSpace(part));
  }
  return [s];
}
