import { NO_ANSWER } from '../mathruler/boxed.ts';
import { Budget } from '../mathruler/polynomial.ts';
import { simplifiesToZero } from '../mathruler/symbolic.ts';
import { plainMath } from '../plain-math.ts';
import { repeated } from '../response.ts';
import { choiceOf } from './choice.ts';
import { grader } from './grader.ts';

/** Cannot score a reference that no response could reach by repeating it: an empty one, "None", one with unmatched braces. */
export const equal = grader({
  name: 'equal',
  description: 'whatever is mathematically equal',
  judges: 'answer',
  settings: {},
  score({ given, truth }) {
    if (equalAnswers(given, truth)) return 1;
    return equalAnswers(repeated(truth), truth) ? 0 : null;
  },
});

/** Longer answers are compared as text only. */
const LONGEST = 2_000;

const UNIT_NAMES: readonly (readonly [string, string])[] = [
  ['cm', 'cm|centimet(?:er|re)s?'],
  ['mm', 'mm|millimet(?:er|re)s?'],
  ['km', 'km|kilomet(?:er|re)s?'],
  ['m', 'm|met(?:er|re)s?'],
  ['in', 'in|inch|inches'],
  ['ft', 'ft|foot|feet'],
  ['yd', 'yd|yards?'],
  ['mi', 'mi|miles?'],
  ['kg', 'kg|kilograms?'],
  ['g', 'g|grams?'],
  ['l', 'l|lit(?:er|re)s?'],
  ['ml', 'ml|millilit(?:er|re)s?'],
  ['s', 's|secs?|seconds?'],
  ['min', 'min|mins|minutes?'],
  ['h', 'h|hrs?|hours?'],
  ['day', 'days?'],
  ['week', 'weeks?'],
  ['month', 'months?'],
  ['year', 'years?'],
  ['degree', 'degs?|degrees?'],
  ['dollar', 'dollars?|usd'],
  ['cent', 'cents?'],
  ['mph', 'mph'],
  ['unit', '(?:square |cubic |sq )?units?'],
];
const ALL_UNITS = UNIT_NAMES.map(([, pattern]) => pattern).join('|');
const WITH_UNIT = new RegExp(
  `^(.*?[\\d)]|.*?\\bpi)\\s*((?:square |cubic |sq\\.? )?(?:${ALL_UNITS})(?:\\s*(?:\\/|per)\\s*(?:${ALL_UNITS}))?)\\.?\\s*(?:\\^?\\(?[23]\\)?)?$`,
  'i',
);

/**
 * Whether two answers are mathematically equal (`grader: equal`): 2/4 and 1/2, √4 and 2, `\frac12` and 0.5, -5 with a
 * Unicode minus, 1,000 and 1000, 2 1/2 and 5/2, `x=5` and 5, `(A)` and A, sets in any order. A unit may be left out by
 * one side but not contradicted; a percent sign may count as a hundredth or be left out. Decimals are exact, so 0.333
 * is not 1/3. Never true for an empty answer or the string "None". Bounded in time, never throws.
 */
export function equalAnswers(given: string, truth: string): boolean {
  const [a, b] = [given.trim(), truth.trim()];
  if (isMissing(a) || isMissing(b)) return false;
  if (a === b) return true;
  if (a.length > LONGEST || b.length > LONGEST) return false;
  const [left, right] = [tidy(a), tidy(b)];
  if (left === '' || right === '') return false;
  // Written out, some signs are longer: ½ becomes (1/2).
  if (left.length > 2 * LONGEST || right.length > 2 * LONGEST) return false;
  return equalParts(left, right, new Budget());
}

const isMissing = (text: string): boolean => text === '' || text.toLowerCase() === NO_ANSWER.toLowerCase();

const tidy = (text: string): string =>
  plainMath(text)
    .replace(/(\d),(?=\d{3}(?:\D|$))/g, '$1')
    .replace(/[。.;\s]+$/, '')
    .replace(/^\*\*(.*)\*\*$/, '$1')
    .replace(/\s+/g, ' ')
    .trim();

const squash = (text: string): string => text.toLowerCase().replace(/\s+/g, '');

/** What one step into a set or tuple costs: nested sets would be compared exponentially often. */
const COST_OF_PART = 40;

function equalParts(a: string, b: string, budget: Budget): boolean {
  if (squash(a) === squash(b)) return true;
  if (budget.left < COST_OF_PART) return false;
  budget.spend(COST_OF_PART);
  const [choiceA, choiceB] = [choiceOf(a), choiceOf(b)];
  if (choiceA !== undefined && choiceA === choiceB) return true;
  const [setA, setB] = [alternatives(a), alternatives(b)];
  if (setA && setB) return setA.length === setB.length && matchInAnyOrder(setA, setB, budget);
  const [tupleA, tupleB] = [tuple(a), tuple(b)];
  if (tupleA && tupleB) {
    return (
      tupleA.brackets === tupleB.brackets &&
      tupleA.parts.length === tupleB.parts.length &&
      tupleA.parts.every((part, i) => equalParts(part, tupleB.parts[i], budget))
    );
  }
  if (tupleA || tupleB || setA || setB) return false;
  const [relationA, relationB] = [equation(a), equation(b)];
  if (relationA && relationB) return equalEquations(relationA, relationB, budget);
  // A lone name on the left, as in `x = 5`, says which unknown is meant.
  if (relationA) return isName(relationA[0]) && equalValues(relationA[1], b, budget);
  if (relationB) return isName(relationB[0]) && equalValues(a, relationB[1], budget);
  return equalValues(a, b, budget);
}

const isName = (text: string): boolean =>
  /^[\p{L}]\w{0,3}(\([a-z]\))?$|^[\p{L}]_\(?\w+\)?$/u.test(squash(text));

function equalEquations([a, b]: [string, string], [c, d]: [string, string], budget: Budget): boolean {
  if (equalValues(a, c, budget) && equalValues(b, d, budget)) return true;
  if (equalValues(a, d, budget) && equalValues(b, c, budget)) return true;
  // The same equation with terms moved over.
  const [left, right] = [`(${a})-(${b})`, `(${c})-(${d})`].map(exactText) as [string, string];
  return (
    simplifiesToZero(`(${left})-(${right})`, true, budget) ||
    simplifiesToZero(`(${left})+(${right})`, true, budget)
  );
}

/** The members of a set, of `a or b`, or of `±a`; `undefined` for anything else. */
function alternatives(text: string): string[] | undefined {
  const set = /^\{(.*)\}$/.exec(text);
  if (set) return topLevel(set[1]);
  const parts = text.split(/\s+(?:or|and)\s+/);
  if (parts.length > 1) return parts.map((part) => part.replace(/,$/, ''));
  const sign = /^(?:([a-z])\s*=\s*)?±\s*(.+)$/.exec(text);
  return sign ? [sign[2], `-(${sign[2]})`] : undefined;
}

function matchInAnyOrder(a: readonly string[], b: readonly string[], budget: Budget): boolean {
  if (a.length > 12) return a.every((part, i) => squash(part) === squash(b[i]));
  const left = [...b];
  return a.every((part) => {
    const i = left.findIndex((other) => equalParts(part, other, budget));
    if (i >= 0) left.splice(i, 1);
    return i >= 0;
  });
}

function tuple(text: string): { brackets: string; parts: string[] } | undefined {
  const bracketed = /^([([])(.*)([)\]])$/.exec(text);
  if (bracketed) {
    const parts = topLevel(bracketed[2]);
    if (parts && parts.length > 1) return { brackets: bracketed[1] + bracketed[3], parts };
  }
  const parts = topLevel(text);
  return parts && parts.length > 1 ? { brackets: '', parts } : undefined;
}

/** Split at the commas outside brackets; `undefined` where the brackets do not match. */
function topLevel(text: string): string[] | undefined {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && --depth < 0) return undefined;
    else if (c === ',' && depth === 0) {
      out.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  if (depth !== 0 || out.length > 100) return undefined;
  out.push(text.slice(start).trim());
  return out;
}

function equation(text: string): [string, string] | undefined {
  const sides = text.split('=');
  if (sides.length !== 2 || /[<>≠≈]/.test(text)) return undefined;
  return sides[0].trim() === '' ? undefined : [sides[0].trim(), sides[1].trim()];
}

function equalValues(a: string, b: string, budget: Budget): boolean {
  const [left, right] = [measured(a), measured(b)];
  if (left.unit !== '' && right.unit !== '' && left.unit !== right.unit) return false;
  if (!left.percent && !right.percent) return sameNumber(left.value, right.value, budget);
  if (left.percent === right.percent) return sameNumber(left.value, right.value, budget);
  const [part, whole] = left.percent ? [left.value, right.value] : [right.value, left.value];
  return sameNumber(part, whole, budget) || sameNumber(`(${part})/100`, whole, budget);
}

/** A quantity without its unit; an area's or volume's exponent goes with the unit. */
function measured(text: string): { value: string; unit: string; percent: boolean } {
  const sign = /(?:%|percent)$/i.exec(text);
  const share = sign ? text.slice(0, sign.index).trimEnd() : '';
  if (/\d/.test(share)) return { value: share, unit: '', percent: true };
  const match = WITH_UNIT.exec(text);
  if (!match) return { value: text, unit: '', percent: false };
  const name = match[2].toLowerCase().trim();
  const base = UNIT_NAMES.find(([, pattern]) => new RegExp(`^(?:${pattern})$`).test(name))?.[0] ?? name;
  return { value: match[1], unit: base === 'unit' ? '' : base, percent: false };
}

function sameNumber(a: string, b: string, budget: Budget): boolean {
  if (squash(a) === squash(b)) return true;
  // Words are not products of their letters.
  if (/\p{L}{4}/u.test((a + b).replace(KNOWN, ''))) return false;
  const [left, right] = [exactText(a), exactText(b)];
  if (left.trim() === '' || right.trim() === '') return false;
  return simplifiesToZero(`(${left})-(${right})`, true, budget);
}

const KNOWN = /sqrt|sin|cos|tan|log|ln|exp|pi|arc|abs/g;

/** Decimals as fractions, so that 0.1 + 0.2 is 0.3. */
function exactText(text: string): string {
  return text
    .toLowerCase()
    .replace(/(?<![\p{L}\d_.])(\d*)\.(\d+)/gu, (_, whole: string, part: string) => {
      return `(${BigInt(whole + part)}/${10n ** BigInt(part.length)})`;
    })
    .replace(/(\d)\.(?!\d)/g, '$1')
    .replace(/\|([^|]+)\|/g, 'abs($1)')
    .replaceAll('[', '(')
    .replaceAll(']', ')');
}
