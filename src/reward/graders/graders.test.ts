import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { repeated } from '../response.ts';
import { choice, choiceOf } from './choice.ts';
import { equal, equalAnswers } from './equal.ts';
import { format } from './format.ts';
import type { Grader } from './grader.ts';
import { ANSWER_GRADERS, GRADERS } from './index.ts';
import { length } from './length.ts';
import { mathruler } from './mathruler.ts';
import { number, numberOf } from './number.ts';

const subject = (given: string, truth: string) => ({
  given,
  truth,
  response: given,
  characters: given.length,
});
const gradeNumber = (given: string, truth: string, { absolute = 0, relative = 0 } = {}) =>
  number.score(subject(given, truth), { tolerance: { absolute, relative } }) === 1;

describe('equal', () => {
  test.each([
    ['2/4', '1/2'],
    ['√4', '2'],
    ['\\sqrt{4}', '2'],
    ['\\sqrt[3]{8}', '2'],
    ['\\frac12', '0.5'],
    ['\\frac{10}{2}', '5'],
    ['−5', '-5'],
    ['–5', '-5'],
    ['45°', '45'],
    ['45^\\circ', '45'],
    ['50%', '50\\%'],
    ['50%', '0.5'],
    ['50', '50\\%'],
    ['1,000', '1000'],
    ['1\\,000', '1000'],
    ['1{,}000', '1000'],
    ['2 1/2', '5/2'],
    ['-1\\frac{1}{2}', '-1.5'],
    ['2½', '2.5'],
    ['x=5', '5'],
    ['5', 'x = 5'],
    ['x_1=5', '5'],
    ['f(x)=2x+1', '1+2x'],
    ['y=2x+1', 'y=1+2x'],
    ['y^2+x^2=4', 'x^2+y^2=4'],
    ['2x+1=y', 'y-1=2x'],
    ['(A)', 'A'],
    ['A.', 'A'],
    ['\\text{B}', '(B)'],
    ['5 cm', '5'],
    ['5 cm', '5\\text{ cm}'],
    ['5\\text{ centimeters}', '5 cm'],
    ['12 cm^2', '12'],
    ['50 km/h', '50'],
    ['3 kg', '3'],
    ['\\$5', '5'],
    ['\\{1,2\\}', '\\{2,1\\}'],
    ['x=1 \\text{ or } x=2', 'x=2 or x=1'],
    ['\\pm 2', '2 or -2'],
    ['(1, 2)', '(1.0,2)'],
    ['(2/4,1)', '(1/2,1)'],
    ['\\left[0,\\infty\\right)', '[0,∞)'],
    ['2^{10}', '1024'],
    ['2^{1/2}', '\\sqrt{2}'],
    ['x²+1', '1+x^2'],
    ['\\frac{x+1}{2}', '(x+1)/2'],
    ['a+b+c', 'c+b+a'],
    ['0.1+0.2', '0.3'],
    ['3·4', '12'],
    ['\\sin 30', '\\sin 30'],
    ['\\frac{\\pi}{2}', '0.5π'],
    ['1.2\\times10^3', '1200'],
    ['Yes', 'yes'],
    ['5!', '120'],
    ['|−3|', '3'],
  ])('%s equals %s', (a, b) => {
    expect(equalAnswers(a, b)).toBe(true);
    expect(equalAnswers(b, a)).toBe(true);
  });

  test.each([
    ['None', 'None'],
    ['none', 'None'],
    ['', ''],
    [' ', '5'],
    ['5', ''],
    ['None', '5'],
    ['0.333', '1/3'],
    ['3.14', '\\pi'],
    ['5', '-5'],
    ['5 cm', '5 m'],
    ['3 days', '72 hours'],
    ['(1,2)', '[1,2]'],
    ['(1,2)', '(2,1)'],
    ['1,2', '2,1'],
    ['A', 'B'],
    ['x=5', 'y=5+1'],
    ['x', 'y'],
    ['yes', 'no'],
    ['east', 'seat'],
    ['\\sqrt{x^2}', 'x'],
    ['1/0', '1/0+1'],
    ['2x+1', '2x+2'],
    ['10%', '1000'],
    ['\\{1,2\\}', '\\{1,3\\}'],
    ['\\{1,1,2\\}', '\\{1,2,2\\}'],
  ])('%s does not equal %s', (a, b) => {
    expect(equalAnswers(a, b)).toBe(false);
    expect(equalAnswers(b, a)).toBe(false);
  });

  test('a fraction equals its multiples', () => {
    const n = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(n, n, n, fc.boolean(), (p, q, k, minus) => {
        const sign = minus ? '-' : '';
        const other = minus ? '−' : '';
        return (
          equalAnswers(`${sign}\\frac{${p * k}}{${q * k}}`, `${other}${p}/${q}`) &&
          !equalAnswers(`${sign}\\frac{${p * k + 1}}{${q * k}}`, `${p}/${q}`)
        );
      }),
    );
  });

  test('any text is compared without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (x, y) => {
        return typeof equalAnswers(x, y) === 'boolean' && equalAnswers(x, y) === equalAnswers(y, x);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hostile answers end', () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'x+1' : `{${nested(depth - 1)},${nested(depth - 1)}}`;
  const hostile: Record<string, string> = {
    sets: nested(7).replaceAll('{', '\\{').replaceAll('}', '\\}'),
    digits: '1'.repeat(1999),
    points: '1.'.repeat(900),
    power: '((((x+1)^9)^9)^9)^9=((x-1)^9)^9',
    tuple: `(${'(x+1)^9(y-1)^9,'.repeat(90)}1)`,
    braces: '{'.repeat(1999),
    roots: '\\sqrt{'.repeat(250),
    fractions: '\\frac'.repeat(390),
    bars: '|'.repeat(1999),
  };
  test.each(Object.keys(hostile))('%s', (name) => {
    const answer = hostile[name];
    for (const truth of ['5', 'x', answer.replace('1', '2'), `${answer} `, answer.replace('x', 'y')]) {
      const start = performance.now();
      expect(typeof equalAnswers(answer, truth)).toBe('boolean');
      expect(typeof gradeNumber(answer, truth)).toBe('boolean');
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });
});

describe('choices', () => {
  test.each([
    ['B', 'B'],
    ['b', 'B'],
    ['(B)', 'B'],
    ['B. 5 cm', 'B'],
    ['B) text', 'B'],
    ['B: text', 'B'],
    ['option B', 'B'],
    ['Answer: B', 'B'],
    ['The correct answer is B.', 'B'],
    ['\\text{(B)}', 'B'],
    ['\\textbf{B}', 'B'],
    ['$B$', 'B'],
    ['（B）', 'B'],
  ])('%s is %s', (answer, letter) => expect(choiceOf(answer)).toBe(letter));

  test.each(['', 'None', 'F', 'AB', 'a cat', 'Because', 'B and C', '5'])('%s is none', (answer) => {
    expect(choiceOf(answer)).toBeUndefined();
    expect(choice.score(subject(answer, answer), {})).toBeNull();
  });
});

describe('numbers', () => {
  test.each([
    ['5', 5],
    ['-1,234.5', -1234.5],
    ['\\frac{3}{4}', 0.75],
    ['2\\sqrt{3}\\text{ cm}', 2 * Math.sqrt(3)],
    ['x = 5', 5],
    ['12.5\\%', 12.5],
    ['1.2\\times 10^3', 1200],
    ['30°', 30],
    ['1e-3', 0.001],
    ['2\\pi', 2 * Math.PI],
  ])('%s is %d', (text, value) => expect(numberOf(text)).toBeCloseTo(value, 12));

  test.each(['', 'None', 'x', '1,2', '(1,2)', 'five', '1/0', '3 or 4'])('%s is none', (text) => {
    expect(numberOf(text)).toBeUndefined();
  });

  test('the tolerances', () => {
    expect(gradeNumber('3.14', '\\pi')).toBe(false);
    expect(gradeNumber('3.14', '\\pi', { absolute: 0.01 })).toBe(true);
    expect(gradeNumber('3.14', '\\pi', { relative: 0.001 })).toBe(true);
    expect(gradeNumber('314', '3.14', { relative: 0.01 })).toBe(false);
    expect(gradeNumber('0.30000000000000004', '0.3')).toBe(true);
    expect(gradeNumber('None', '5', { absolute: 10 })).toBe(false);
  });
});

/** With the defaults of its settings. */
function scored(grader: Grader, given: string, truth: string): number | null {
  return grader.score(subject(given, truth), z.object(grader.settings).parse({}));
}

describe('what cannot be scored', () => {
  test.each<[Grader, string, number | null]>([
    [mathruler, '{', null],
    [mathruler, '\\frac{1}{2', null],
    [mathruler, '7', 0],
    // Braces do not count in the looser normal form.
    [mathruler, '7}', 0],
    [equal, '', null],
    [equal, 'None', null],
    [equal, '{', null],
    [equal, '7', 0],
    [choice, 'the second', null],
    [choice, 'B', 0],
    [number, 'seven', null],
    [number, '7', 0],
  ])('$name against %s: %s', (grader, truth, score) => {
    expect(scored(grader, '3', truth)).toBe(score);
    expect(scored(grader, 'None', truth)).toBe(score);
  });

  test('is what a response would not reach by repeating it', () => {
    const file = new URL('../../../test/golden/grader/pairs.json', import.meta.url);
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { ground_truth: string }[] };
    const truths = ['', ' ', '{', 'None', ...cases.map(({ ground_truth }) => ground_truth)];
    for (const grader of ANSWER_GRADERS) {
      const unscored = truths.filter((truth) => scored(grader, 'Z99', truth) === null);
      expect(unscored.length, grader.name).toBeGreaterThan(0);
      for (const truth of unscored) expect(scored(grader, repeated(truth), truth), truth).not.toBe(1);
    }
  });
});

describe('what is said of a response beside its answer', () => {
  const response = (text: string, tokens?: number) => ({ ...subject('5', '5'), response: text, tokens });

  test('its form', () => {
    expect(format.score(response('<think>a</think> \\boxed{5}'), {})).toBe(1);
    expect(format.score(response('\\boxed{5}'), {})).toBe(0);
  });

  test.each([
    ['above', 30, 1],
    ['above', 40, 1],
    ['above', 45, 0.75],
    ['above', 60, 0],
    ['above', 600, 0],
    ['both', 40, 1],
    ['both', 35, 0.75],
    ['both', 45, 0.75],
    ['both', 0, 0],
  ] as const)('its length, %s, %d tokens: %d', (sides, tokens, score) => {
    const settings = { target: 40, slack: 20, sides, unit: 'tokens' } as const;
    expect(length.score(response('', tokens), settings)).toBeCloseTo(score, 12);
  });

  test('its length in characters of the whole response, and none in tokens that nobody counted', () => {
    const settings = { target: 0, slack: 100, sides: 'above' } as const;
    const subject = { ...response('', undefined), characters: 25 };
    expect(length.score(subject, { ...settings, unit: 'characters' })).toBe(0.75);
    expect(length.score(subject, { ...settings, unit: 'tokens' })).toBeNull();
  });
});

describe('the set', () => {
  test('has one member of each name, and no two settings of one key', () => {
    expect(new Set(GRADERS.map(({ name }) => name)).size).toBe(GRADERS.length);
    const keys = ANSWER_GRADERS.flatMap(({ settings }) => Object.keys(settings));
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of ['kind', 'weight', 'grader', 'formatWeight', 'function', 'timeout', 'further'])
      expect(
        GRADERS.some(({ settings }) => Object.hasOwn(settings, key)),
        key,
      ).toBe(false);
  });
});
