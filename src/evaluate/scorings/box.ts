/** What scorings read of a response, and the judgements that they have in common. */
import { BOX, NO_ANSWER } from '../../reward/mathruler/boxed.ts';
import { subjectOf } from '../../reward/response.ts';
import type { Judgement, Response } from '../types.ts';

/** What stands in the last box with balanced braces; null where the last box is not closed, or there is none. */
export function boxOf({ text }: Response): string | null {
  const { given, response } = subjectOf(text, '');
  // A box that holds this word is one all the same.
  return given === NO_ANSWER && !/\\boxed\{\s*None\s*\}(?!.*\\boxed\{)/s.test(response) ? null : given;
}

/** Characters of a box or reference that a reason quotes at most. */
const QUOTED = 60;

export const short = (text: string): string => {
  const line = text
    .slice(0, 4 * QUOTED)
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (line === '') return '(nothing)';
  return line.length > QUOTED ? `${line.slice(0, QUOTED)}…` : line;
};

/** `box says 5, reference 6` */
export const boxSays = (given: string, reference: string): string =>
  `box says ${short(given)}, reference ${short(reference)}`;

export const right = (given: string, why: string): Judgement => ({ verdict: 'right', score: 1, given, why });

export const wrong = (given: string, why: string): Judgement => ({ verdict: 'wrong', score: 0, given, why });

export const badReference = (given: string | null, why: string): Judgement => ({
  verdict: 'bad reference',
  score: null,
  given,
  why,
});

export const noResponse = ({ error }: Response): Judgement => ({
  verdict: 'failed',
  score: null,
  given: null,
  why: error === undefined ? 'there is no response' : short(error),
});

export function noBox({ text, stop }: Response): Judgement {
  const why = text.includes(BOX)
    ? 'the last box is not closed'
    : stop === 'length'
      ? 'no box: cut off at the longest length'
      : 'no box';
  return { verdict: 'no box', score: 0, given: null, why };
}
