import { stripSpace } from './python.ts';

const BOX = '\\boxed{';

/** What `extractBoxed` gives when a response holds no complete box. A policy may also write it, so no grader trusts it. */
export const NO_ANSWER = 'None';

/**
 * The content of the last `\boxed{...}` with balanced braces, without surrounding space; `"None"` when the last box
 * is not closed or there is none.
 *
 * Source: MathRuler `extract_boxed_content`. An escaped brace counts like any other, and an unclosed last box is not
 * replaced by an earlier complete one.
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

/**
 * Removes white space around `<`, `>` and `/`, as PAPO's reward does before it looks at a response (a 32B model wrote
 * its tags with spaces inside). It also changes answers: `\boxed{1 / 2}` is graded as `1/2`.
 *
 * Source: PAPO examples/reward_function/math.py, `re.sub(r"\s*(<|>|/)\s*", r"\1", …)`.
 */
export function tidyTags(response: string): string {
  // One pass per part, since the expression above takes quadratic time on a long run of spaces.
  if (!/[<>/]/.test(response)) return response;
  const parts = response.split(/([<>/])/);
  const last = parts.length - 1;
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part;
      return stripSpace(part, i > 0, i < last);
    })
    .join('');
}

/**
 * 1 when the whole response has the form `<think>…</think>…\boxed{…}…` (PAPER.md section 3), else 0. Give it the text
 * as `tidyTags` leaves it to match PAPO's `compute_score`.
 */
export function formatReward(response: string): 0 | 1 {
  if (!response.startsWith('<think>')) return 0;
  const closed = response.indexOf('</think>', 7);
  const box = closed < 0 ? -1 : response.indexOf(BOX, closed + 8);
  return box >= 0 && response.indexOf('}', box + BOX.length) >= 0 ? 1 : 0;
}
