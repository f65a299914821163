import { stripSpace } from './python.ts';

/** Thrown where the Python original would raise, so that its catch-all applies. */
class Malformed extends Error {}

/**
 * The string form in which the MATH data set compares answers; two answers with the same form are equal.
 *
 * Source: MathRuler math_normalize.py `normalize_answer` (from PRM800K, from Hendrycks' MATH). Where the original
 * fails on a malformed answer (`\frac` or `\sqrt` with nothing after it) it gives the answer back as it stood.
 */
export function normalizeMathd(answer: string): string {
  const text = unwrapText(stripSpace(answer), true);
  try {
    return stripString(text);
  } catch (error) {
    if (error instanceof Malformed) return text;
    throw error;
  }
}

/** What stands in a `\text{…}` that wraps the whole string, else the string. */
export function unwrapText(text: string, strip = false): string {
  // The wrapped part holds no line break, and Python's `$` also stands before a last one.
  const inner = /^\\text\{([^\n]+?)\}(?=\n?(?![\s\S]))/.exec(text)?.[1];
  if (inner === undefined) return text;
  return strip ? stripSpace(inner) : inner;
}

function stripString(text: string): string {
  let s = text.replaceAll('\n', '').replaceAll('\\!', '').replaceAll('\\\\', '\\');
  s = s.replaceAll('tfrac', 'frac').replaceAll('dfrac', 'frac');
  s = s.replaceAll('\\left', '').replaceAll('\\right', '');
  s = s.replaceAll('^{\\circ}', '').replaceAll('^\\circ', '');
  s = s.replaceAll('\\$', '');
  s = removeRightUnits(s);
  s = s.replaceAll('\\%', '').replaceAll('%', '');
  s = s.replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (s === '') return s;
  if (s[0] === '.') s = `0${s}`;
  const sides = s.split('=');
  if (sides.length === 2 && [...sides[0].slice(0, 6)].length <= 2) s = sides[1];
  s = fixSqrt(s).replaceAll(' ', '');
  s = fixFracs(s);
  if (s === '0.5') s = '\\frac{1}{2}';
  return fixSlash(s);
}

function removeRightUnits(s: string): string {
  const parts = s.split('\\text{ ');
  if (parts.length > 2) throw new Malformed();
  return parts[0];
}

const firstChar = (s: string): string => String.fromCodePoint(s.codePointAt(0)!);

/** `\sqrt3` as `\sqrt{3}`. */
function fixSqrt(s: string): string {
  const [head, ...parts] = s.split('\\sqrt');
  return (
    head! +
    parts
      .map((part) => {
        if (part === '') throw new Malformed();
        if (part[0] === '{') return `\\sqrt${part}`;
        const radicand = firstChar(part);
        return `\\sqrt{${radicand}}${part.slice(radicand.length)}`;
      })
      .join('')
  );
}

/** `\frac12` and `\frac1{72}` with braces around both parts; unchanged where a part is missing. */
function fixFracs(s: string): string {
  const [head, ...parts] = s.split('\\frac');
  const fixed: string[] = [head!];
  for (const part of parts) {
    if (part === '') throw new Malformed();
    if (part[0] === '{') {
      fixed.push(`\\frac${part}`);
      continue;
    }
    const a = firstChar(part);
    const rest = part.slice(a.length);
    if (rest === '') return s;
    const b = firstChar(rest);
    fixed.push(b === '{' ? `\\frac{${a}}${rest}` : `\\frac{${a}}{${b}}${rest.slice(b.length)}`);
  }
  return fixed.join('');
}

/** `3/4` as `\frac{3}{4}`, for two integers written in the shortest way. */
function fixSlash(s: string): string {
  // Python refuses to read integers of more than 4,300 digits, so such a fraction stays as it is.
  const match = /^(0|-?[1-9][0-9]{0,4299})\/(0|-?[1-9][0-9]{0,4299})$/.exec(s);
  return match ? `\\frac{${match[1]}}{${match[2]}}` : s;
}
