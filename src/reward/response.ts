/** What is read of a response: its boxed answer, its tags, its form. */
import type { Subject } from './graders/grader.ts';
import { BOX, extractBoxed, NO_ANSWER } from './mathruler/boxed.ts';
import { stripSpace } from './mathruler/python.ts';

/** Of a longer response the beginning and the end are read: the form needs the one, the answer stands in the other. */
const LONGEST = 50_000;
const BEGINNING = 10_000;

const shortened = (response: string): string =>
  response.length <= LONGEST ? response : response.slice(0, BEGINNING) + response.slice(BEGINNING - LONGEST);

/** A response as graders see it. */
export function subjectOf(response: string, truth: string, tokens?: number): Subject {
  const text = tidyTags(shortened(response));
  return { given: extractBoxed(text), truth, response: text, characters: response.length, tokens };
}

/** What is read of a response that repeats an answer in a box: where braces do not match, another text. */
export const repeated = (answer: string): string =>
  answer.length > LONGEST ? NO_ANSWER : extractBoxed(tidyTags(`${BOX}${answer}}`));
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
 * 1 when the whole response has the form `<think>…</think>…\boxed{…}…`, else 0. Give it the text as `tidyTags` leaves it
 * to match PAPO's `compute_score`.
 *
 * Source: PAPO examples/reward_function/math.py `format_reward`, `<think>.*</think>.*\boxed\{.*\}.*` as a full match.
 */
export function formatReward(response: string): 0 | 1 {
  if (!response.startsWith('<think>')) return 0;
  const closed = response.indexOf('</think>', 7);
  const box = closed < 0 ? -1 : response.indexOf(BOX, closed + 8);
  return box >= 0 && response.indexOf('}', box + BOX.length) >= 0 ? 1 : 0;
}
