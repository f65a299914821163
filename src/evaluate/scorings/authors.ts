import { NO_ANSWER } from '../../reward/mathruler/boxed.ts';
import { gradeAnswer } from '../../reward/mathruler/grade.ts';
import { repeated } from '../../reward/response.ts';
import type { Scoring } from '../types.ts';
import { badReference, boxOf, boxSays, noBox, noResponse, right, wrong } from './box.ts';

/**
 * Source: the public evaluator of arXiv 2507.06448: white space around `<`, `>` and `/` removed, the last balanced box (the
 * text "None" where there is none), MathRuler's `grade_answer`. No tolerance, no letter out of `B. 70`.
 */
export const authors: Scoring = {
  name: 'authors',
  description: "MathRuler on the last box, as the paper's numbers are measured: 'B. 70' is not 'B'",
  judge(response, { row: { answer } }) {
    if (response.stop === 'failed') return noResponse(response);
    const given = boxOf(response);
    if (gradeAnswer(given ?? NO_ANSWER, answer))
      return right(
        given ?? NO_ANSWER,
        given === null ? 'no box counts as None, the reference' : boxSays(given, answer),
      );
    if (!gradeAnswer(repeated(answer), answer))
      return badReference(given, 'the reference would not be right in a box either');
    return given === null ? noBox(response) : wrong(given, boxSays(given, answer));
  },
};
