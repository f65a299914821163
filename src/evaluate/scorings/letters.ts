/** Letters of options, as responses and references name them. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The letter of option i, counted from 0. */
export const letterAt = (i: number): string => LETTERS[i] ?? `option ${i + 1}`;

/** Longer texts name no letter. */
const LONGEST = 500;

/** Without what only sets type, and without "the answer is". */
function bare(text: string): string {
  let s = text.slice(0, LONGEST).trim();
  for (let i = 0; i < 4; i++) {
    const wrapped = /^\\(?:text|textbf|mathrm|mathbf|textit|mathbf|boxed)\s*\{([^{}]*)\}(.*)$/s.exec(s);
    if (!wrapped) break;
    s = (wrapped[1] + wrapped[2]).trim();
  }
  return s
    .replace(/^[*$"'\s]+|[*$"'.\s]+$/g, '')
    .replace(/^(?:the\s+)?(?:correct\s+)?(?:answers?|options?|choices?)(?:\s+(?:is|are))?\s*[:：]?\s*/i, '');
}

/**
 * The letters that an answer names, in alphabetical order: `B`, `b`, `(B)`, `B. 70`, `B, D`, `B and D`; a word of letters
 * (`BD`) only where `together` allows it. Undefined where it names none.
 * @param last the last letter that there is an option for
 */
export function lettersOf(
  answer: string,
  last: string,
  { together = false }: { together?: boolean } = {},
): string[] | undefined {
  if (answer.length > LONGEST) return undefined;
  const s = bare(answer);
  const known = (text: string) => {
    const letters = [...text].map((c) => c.toUpperCase());
    return letters.every((c) => c >= 'A' && c <= last) ? [...new Set(letters)].sort() : undefined;
  };
  const parts = s.split(/\s*(?:[,;&/、，；]|\s(?:and|or)\s|\s)\s*/i).filter((part) => part !== '');
  const alone = parts.map((part) => /^[([{（]?([A-Za-z])[)\]}）]?[.:]?$/.exec(part)?.[1]);
  if (alone.length > 0 && alone.every((letter) => letter !== undefined)) return known(alone.join(''));
  if (together && /^[A-Z]{2,8}$/.test(s)) return known(s);
  // A letter before a point, colon or bracket labels the option's text; "a 5" and "be" are words.
  const label =
    /^[(（[]\s*([A-Za-z])\s*[)）\]]/.exec(s) ?? /^([A-Za-z])\s*(?:[.:：、)\]](?!\d)|\s[-–—]\s)/.exec(s);
  return label ? known(label[1]) : undefined;
}
