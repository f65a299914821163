/** The kinds of error into which wrong answers are sorted, after the paper's four (section 1). */

/** What a program, a judge or a person can call a wrong answer. */
export const SORTED = ['perception', 'reasoning', 'calculation', 'inconsistency', 'unreadable'] as const;
export type SortedKind = (typeof SORTED)[number];

/** All rows of a table: `no answer` is told by the verdict, `unsorted` is what nobody could or did sort. */
export const KINDS = [...SORTED, 'no answer', 'unsorted'] as const;
export type ErrorKind = (typeof KINDS)[number];

/** What each is, in words that the judge, a person's sheet, reports and docs share. */
export const MEANING: Record<ErrorKind, string> = {
  perception:
    'the response states something about the picture that is not so: a wrong count, value, label, place, side or relation, or something that is not there',
  reasoning:
    'what it says of the picture holds and its arithmetic is right, but it infers wrongly: a wrong rule, operation or quantity, a step that does not follow, or an answer to another question',
  calculation:
    'it read the picture rightly and chose the right operation, but a number that it works out is wrong',
  inconsistency: 'its steps lead to one answer and the final answer is another',
  unreadable: 'it gives no reasoning that could be checked, or makes no sense',
  'no answer': 'it ends without an answer in a box, or was cut off before one',
  unsorted: 'nobody could sort it',
};

/** Where several are wrong, the first that went wrong counts, as later ones follow from it. */
export const FIRST_COUNTS =
  'Where several things went wrong, the one that came first in the response decides: what follows from it is not counted again.';

export const isSortedKind = (word: string): word is SortedKind =>
  (SORTED as readonly string[]).includes(word);
