import { equalAnswers } from '../../reward/graders/equal.ts';
import { gradeAnswer } from '../../reward/mathruler/grade.ts';
import type { Item, Judgement, Scoring } from '../types.ts';
import { badReference, boxOf, boxSays, noBox, noResponse, right, short, wrong } from './box.ts';
import { letterAt, lettersOf } from './letters.ts';
import { sameValue } from './values.ts';

/** Letters are looked for up to this one where a question does not list its options, or further where the reference does. */
const LAST = 'J';

/**
 * Letters and texts of options count alike, several letters in any order. What is no multiple choice is compared as a value:
 * to the stated decimals, lists item by item.
 */
export const choices: Scoring = {
  name: 'choices',
  description:
    "a letter or the text of its option ('B', 'B. 70', '70'), several letters in any order, numbers to the decimals that the set states",
  judge(response, item) {
    if (response.stop === 'failed') return noResponse(response);
    const given = boxOf(response);
    const asked = questionOf(item);
    if (typeof asked === 'string') return badReference(given, asked);
    if (given === null) return noBox(response);
    return asked(given);
  },
};

type Judge = (given: string) => Judgement;

/** How answers to a question are judged, or why none can be. */
function questionOf(item: Item): Judge | string {
  const { answer } = item.row;
  if (answer.trim() === '') return 'the reference is empty';
  const options = item.choices ?? [];
  return options.length > 0 ? amongOptions(answer, options) : withoutOptions(answer, item.precision);
}

function amongOptions(answer: string, options: readonly string[]): Judge | string {
  const letters = readAmong(answer, options, true);
  if (letters.length === 0) return `the reference ${short(answer)} is none of the ${options.length} options`;
  const wanted = letters.join(', ');
  return (given) => {
    const found = readAmong(given, options, letters.length > 1);
    const says = found.length === 0 ? short(given) : found.join(', ');
    const named = says === short(given) ? says : `${short(given)} (${says})`;
    if (found.length === 0)
      return wrong(given, `box says ${short(given)}, which is none of the options; reference ${wanted}`);
    const why = `box says ${named}, reference ${wanted}`;
    return found.join() === letters.join() ? right(given, why) : wrong(given, why);
  };
}

/** The letters of the options that a text names: by their own words, by letter, or by what is equal to one of them only. */
function readAmong(text: string, options: readonly string[], together: boolean): string[] {
  const same = (plain: (s: string) => string) =>
    options.flatMap((option, i) => (plain(option) === plain(text) ? [letterAt(i)] : []));
  for (const plain of [(s: string) => s.trim(), caseless]) {
    // A single letter means the option of that name before one whose text is that letter in the other case.
    const found = plain === caseless && /^\s*[A-Za-z]\s*$/.test(text) ? [] : same(plain);
    if (found.length > 0) return found.slice(0, 1);
  }
  const letters = lettersOf(text, letterAt(Math.min(options.length, 26) - 1), { together });
  if (letters) return letters;
  const alike = options.flatMap((option, i) =>
    gradeAnswer(text, option) || equalAnswers(text, option) ? [letterAt(i)] : [],
  );
  return alike.length === 1 ? alike : [];
}

const caseless = (text: string): string =>
  text
    .replaceAll(/\\(?:text|mathrm|textbf)\s*\{([^{}]*)\}/g, '$1')
    .replaceAll(/[$\s]+/g, ' ')
    .trim()
    .replace(/\.$/, '')
    .toLowerCase();

function withoutOptions(answer: string, precision: number | undefined): Judge {
  const letters = /[A-Z]/.test(answer) ? lettersOf(answer, 'Z', { together: true }) : undefined;
  // One capital, or several: the question tells its options itself, or the picture does.
  if (!letters || /[.:：)]\s*\S/.test(answer)) {
    return (given) => (sameValue(given, answer, precision) ? right : wrong)(given, boxSays(given, answer));
  }
  const last = [LAST, ...letters].sort().at(-1) ?? LAST;
  return (given) => {
    const found = lettersOf(given, last, { together: letters.length > 1 });
    const isRight = found ? found.join() === letters.join() : sameValue(given, answer, precision);
    return (isRight ? right : wrong)(given, boxSays(given, answer));
  };
}
