/** Python's notions of white space, digits and numbers, where they differ from JavaScript's and a verdict hangs on them. */

const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACE_CHAR = new RegExp(`[${SPACE}]`);

/** `str.isspace` for one character. */
export const isSpace = (char: string): boolean => SPACE_CHAR.test(char);

/** `str.strip`, `lstrip` (`end = false`) or `rstrip` (`start = false`). */
export function stripSpace(text: string, start = true, end = true): string {
  let from = 0;
  let to = text.length;
  if (start) while (from < to && isSpace(text[from])) from++;
  if (end) while (to > from && isSpace(text[to - 1])) to--;
  return text.slice(from, to);
}

/** Decimal digits of every script as ASCII: Python's `float` and `int` read `٥` as 5. */
export function asciiDigits(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything beyond ASCII is what is looked for
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return text.replace(/\p{Nd}/gu, (digit) => {
    let zero = digit.codePointAt(0)!;
    // Digits of one script stand in runs of ten that begin at its zero.
    for (let i = 0; i < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1)); i++) zero--;
    return String((digit.codePointAt(0)! - zero) % 10);
  });
}

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;

/** `float(text)`: the number (which may be infinite or NaN), or `undefined` where Python raises ValueError. */
export function parseFloatPython(text: string): number | undefined {
  const plain = asciiDigits(stripSpace(text));
  if (FLOAT.test(plain)) return Number(plain.replaceAll('_', ''));
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(plain);
  if (!word) return undefined;
  if (word[2].toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Whether a number lies within 1e-7 of an integer (MathRuler `_is_int`; infinities and NaN do not). */
export const isIntegral = (x: number): boolean => Number.isFinite(x) && Math.abs(x - Math.round(x)) <= 1e-7;
