import { grader } from './grader.ts';

/** Cannot score a reference that names no choice. */
export const choice = grader({
  name: 'choice',
  description: 'the letter of a multiple-choice answer, A to E',
  judges: 'answer',
  settings: {},
  score({ given, truth }) {
    const right = choiceOf(truth);
    return right === undefined ? null : Number(choiceOf(given) === right);
  },
});

/** The letter of a multiple-choice answer: `B`, `b`, `(B)`, `B.`, `B) 5 cm`, `B: text`, `option B`, `\text{B}`; else `undefined`. */
export function choiceOf(answer: string): string | undefined {
  let s = answer.slice(0, 500).trim();
  for (let i = 0; i < 4; i++) {
    const wrapped = /^\\(?:text|textbf|mathrm|mathbf|textit|boxed)\s*\{([^{}]*)\}(.*)$/s.exec(s);
    if (!wrapped) break;
    s = (wrapped[1] + wrapped[2]).trim();
  }
  s = s
    .replace(/^[*$"'\s]+|[*$"'\s]+$/g, '')
    .replace(/^(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)(?:\s+is)?\s*[:：]?\s*/i, '');
  const letter = /^[([{（]?\s*([A-Ea-e])\s*[)\]}）]?\s*$/.exec(s) ?? /^[(（]\s*([A-Ea-e])\s*[)）]/.exec(s);
  // A letter before a point, colon or bracket labels the option's text; "a 5" and "be" are words.
  const label = letter ?? /^([A-Ea-e])\s*(?:[.:：、)\]]|\s[-–—]\s)/.exec(s);
  return label ? label[1].toUpperCase() : undefined;
}
