/** What the questions of sets and of suites of one's own have in common. */
import { optionsIn } from '../../data/choices.ts';
import { lettersOf } from '../scorings/letters.ts';

/** A set's own names of its questions where they differ from each other; the place in the file is added where they do not. */
export function uniqueKeys(own: readonly string[], place: (i: number) => string): string[] {
  const times = new Map<string, number>();
  for (const key of own) times.set(key, (times.get(key) ?? 0) + 1);
  return own.map((key, i) => (key === '' ? place(i) : times.get(key) === 1 ? key : `${key}#${place(i)}`));
}

/** The options that a question lists, where its reference is one of their letters. */
export function choicesIn(problem: string, answer: string): string[] | undefined {
  const listed = optionsIn(problem);
  if (!listed || listed.length > 26) return undefined;
  const last = String.fromCharCode(64 + listed.length);
  return lettersOf(answer, last) ? listed : undefined;
}
