import { stripSpace } from './python.ts';

/** How a boxed answer begins. */
export const BOX = '\\boxed{';

/** What `extractBoxed` gives when a response holds no complete box. A policy may also write it, so no grader trusts it. */
export const NO_ANSWER = 'None';

/**
 * The content of the last `\boxed{...}` with balanced braces, without surrounding space; `"None"` when the last box
 * is not closed or there is none.
 *
 * Source: MathRuler grader.py `extract_boxed_content`. An escaped brace counts like any other, and an unclosed last box
 * is not replaced by an earlier complete one.
 *
 * @example
 * import { extractBoxed } from 'papo';
 *
 * extractBoxed('so \\boxed{\\frac{1}{2}}.'); // '\\frac{1}{2}'
 */
export function extractBoxed(response: string): string {
  const box = response.lastIndexOf(BOX);
  if (box < 0) return NO_ANSWER;
  const start = box + BOX.length;
  let depth = 0;
  for (let i = start; i < response.length; i++) {
    const c = response.charCodeAt(i);
    if (c === 0x7b) depth++;
    else if (c === 0x7d && depth-- === 0) return stripSpace(response.slice(start, i));
  }
  return NO_ANSWER;
}
