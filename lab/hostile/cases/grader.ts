/** Answers that are made to keep the graders busy: every call within 50 ms, whatever the length. */
import { type Random, random } from '../../../src/random.ts';
import { ANSWER_GRADERS, type AnswerGrader } from '../../../src/reward/graders/index.ts';
import { makeReward } from '../../../src/reward/reward.ts';
import type { CallCase } from '../case.ts';
import { long } from '../make.ts';

const MILLISECONDS = 50;

const deep = (open: string, close: string, n: number) => `${long(n, open)}1${long(n, close)}`;

const ANSWERS: Record<string, string> = {
  '10,000 digits': long(10_000, '7'),
  '10,000 characters of a sum': long(5_000, '1+'),
  '10,000 letters': long(10_000, 'abc '),
  '10,000 commas': long(10_000, '1,'),
  'a million x': long(1_000_000),
  'a million spaces': long(1_000_000, ' '),
  'a million digits': long(1_000_000, '9'),
  'a million braces': long(1_000_000, '{'),
  'a million boxed': long(150_000, '\\boxed{'),
  'a million backslashes': long(1_000_000, '\\'),
  'a million repeats of an answer tag': long(100_000, '<answer>'),
  'a million repeats of a think tag': long(100_000, '<think>'),
  'a million dollars': long(1_000_000, '$'),
  'a million minus signs': long(1_000_000, '-'),
  'a million percent signs': long(1_000_000, '%'),
  'a million line breaks': long(1_000_000, '\n'),
  'a million emojis': long(500_000, '\u{1f600}'),
  'a million lone surrogates': long(1_000_000, '\ud800'),
  'a million combining marks': `e${long(1_000_000, '\u0301')}`,
  'deep brackets': deep('(', ')', 5_000),
  'deep braces': deep('{', '}', 5_000),
  'deep fractions': deep('\\frac{', '}{2}', 2_000),
  'deep roots': deep('\\sqrt{', '}', 2_000),
  'deep powers': `2${long(2_000, '^{2')}${long(2_000, '}')}`,
  'a tower of powers': '9^9^9^9^9^9^9^9',
  'a large power': '(1+x)^{999999999}',
  'a large power of a sum': '(a+b+c+d+e+f+g)^{60}',
  'a large factorial': '999999999!',
  'a chain of factorials': '9!!!!!!!!!!!',
  'a tiny number': '1e-999999999',
  'a large number': '1e999999999',
  'many variables': Array.from({ length: 400 }, (_, i) => `x_{${i}}`).join('+'),
  'a product of sums': long(60, '(x+y+1)'),
  'a matrix': `\\begin{pmatrix}${long(2_000, '1&')}\\end{pmatrix}`,
  'an interval of nothing': '[,]',
  'a set of many': `\\{${Array.from({ length: 3_000 }, (_, i) => i).join(',')}\\}`,
  'division by zero': '1/0',
  'nested fractions of zero': '\\frac{\\frac{0}{0}}{\\frac{0}{0}}',
  'an equation without end': long(5_000, 'x='),
  'text without end': `\\text{${long(50_000)}`,
  'NUL characters': '3\0'.repeat(1000),
  'an object key': '__proto__',
  code: 'process.exit(1)',
  'a pattern for backtracking': `${long(30_000, 'a')}!`,
  'a percent of units': long(3_000, '5 cm '),
  'decimal points': long(30_000, '.'),
  'mixed brackets': long(10_000, '([{<'),
  'LaTeX spaces': long(50_000, '\\ \\, \\; '),
  'left and right': long(3_000, '\\left('),
};

/** How an answer is met: as a response in a box, without one, and as the reference. */
const WAYS: Record<string, (text: string) => { response: string; answer: string }> = {
  'in the box': (text) => ({ response: `<think>it is</think> \\boxed{${text}}`, answer: '3' }),
  'as the whole response': (text) => ({ response: text, answer: '3' }),
  'as answer and reference': (text) => ({ response: `\\boxed{${text}}`, answer: `${text} ` }),
};

export function graderCases(seed: string): CallCase[] {
  const cases: CallCase[] = [];
  const add = (name: string, text: string, grader: AnswerGrader['name']) => {
    for (const [way, of] of Object.entries(WAYS))
      cases.push({
        kind: 'grader',
        name: `${grader}: ${name}, ${way}`,
        call: async () => (await makeReward({ grader })(of(text))).overall,
        expect: 'taken',
        after: (overall) => (Number.isFinite(overall) ? undefined : `the reward is ${overall}`),
        milliseconds: MILLISECONDS,
      });
  };
  for (const { name: grader } of ANSWER_GRADERS) {
    for (const [name, text] of Object.entries(ANSWERS)) add(name, text, grader);
    for (let i = 0; i < 10; i++) add(`drawn ${i}`, drawn(random(seed, 'grader', i)), grader);
  }
  return cases;
}

const PIECES = [
  '\\frac{',
  '}{',
  '}',
  '{',
  '(',
  ')',
  '\\sqrt{',
  '^',
  '_',
  '1',
  '2.5',
  'x',
  '+',
  '-',
  '\\boxed{',
  ',',
  '\\le ',
  '\\pi',
  '%',
  '!',
  ' ',
  '=',
  '[',
  ']',
  '$',
  '\\cdot ',
];

/** Up to 4,000 pieces of mathematics in any order. */
function drawn(rng: Random): string {
  return Array.from({ length: 1 + rng.int(4000) }, () => rng.pick(PIECES)).join('');
}
