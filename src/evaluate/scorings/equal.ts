import { equalAnswers } from '../../reward/graders/equal.ts';
import { repeated } from '../../reward/response.ts';
import type { Scoring } from '../types.ts';
import { badReference, boxOf, boxSays, noBox, noResponse, right, wrong } from './box.ts';

/** For sets of one's own whose answers are mathematics. */
export const equal: Scoring = {
  name: 'equal',
  description: 'whatever is mathematically equal: 2/4 is 1/2, which it is not for MathRuler',
  judge(response, { row: { answer } }) {
    if (response.stop === 'failed') return noResponse(response);
    const given = boxOf(response);
    if (given !== null && equalAnswers(given, answer)) return right(given, boxSays(given, answer));
    if (!equalAnswers(repeated(answer), answer))
      return badReference(given, 'the reference is no answer that could be equal to one');
    return given === null ? noBox(response) : wrong(given, boxSays(given, answer));
  },
};
