import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tidyTags } from '../response.ts';
import { gradeAnswer } from './grade.ts';
import { latexToText } from './latex.ts';
import { normalizeLoose } from './normalize.ts';
import { Budget } from './polynomial.ts';
import { simplifiesToZero } from './symbolic.ts';

const integer = fc.integer({ min: -999, max: 9999 }).map(String);
const positive = fc.integer({ min: 2, max: 30 });
const ordinary = fc.oneof(
  integer,
  fc.tuple(positive, positive).map(([a, b]) => `\\frac{${a}}{${b}}`),
  fc.tuple(positive, positive).map(([a, b]) => `${a}\\sqrt{${b}}`),
  fc.tuple(positive, positive).map(([a, b]) => `${a}x+${b}`),
  fc.tuple(positive, positive).map(([a, b]) => `(${a}, ${b}]`),
  fc.tuple(positive, positive).map(([a, b]) => `${a}.${b}\\text{ cm}`),
  fc.constantFrom('A', '(B)', '\\pi', 'x=5', '\\{1,2\\}', '45^\\circ', '2\\frac{1}{2}', 'yes', '\\infty'),
);
const pieces = fc.constantFrom(
  ...'\\frac \\sqrt \\text \\vec \\begin{pmatrix} \\end{pmatrix} \\left( \\\\ { } ( ) [ ] ^ _ + - * / = , . ! 0 1 9 x y'.split(
    ' ',
  ),
  ...[
    '√',
    '²',
    '∞',
    '𝟙',
    '\u0301',
    '\n',
    ' ',
    '1,000',
    '1e9',
    '**',
    '^9',
    'sqrt(',
    '0x1f',
    '1j',
    'ln(',
    '½',
    "''",
  ],
);
const soup = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

describe('what MathRuler takes for equal', () => {
  test.each([
    ['1/(1+sqrt(2))', 'sqrt(2)-1'],
    ['sqrt(3+2sqrt(2))', '1+sqrt(2)'],
    ['ln(6)', 'ln(2)+ln(3)'],
    ['6^n', '2^n3^n'],
    ['2*2^n', '2**(n+1)'],
    ['n!/(n-1)!', 'n'],
    ['x/y+y/x', '(x^2+y^2)/(xy)'],
    ['0.3(x+2)', '0.3x+0.6'],
    ['sqrt(12x)', '2sqrt(3)sqrt(x)'],
    ['sqrt(-4)', '2*1j'],
    ['012+0.5', '0.5'],
    ['x(x+1)', 'x^2+x'],
    ['2^3!+0.5', '64.5'],
    ['1.2.3', '1.2*.3'],
    ['x_1+y', 'y+x_1'],
    ['ab', 'ba'],
    ['-\\sqrt{6}', '-\\sqrt{6,}cm'],
  ])('%s and %s', (a, b) => {
    expect(gradeAnswer(a, b)).toBe(true);
    expect(gradeAnswer(b, a)).toBe(true);
  });
});

describe('what it does not', () => {
  test.each([
    ['sqrt(x^2)', 'x'],
    ['((x+3)**2)**(1/2)', 'x+3'],
    ['sqrt(x/y)', 'sqrt(x)/sqrt(y)'],
    ['x**(2/3)', '(x**2)**(1/3)'],
    ['0.1x+0.2x', '0.3x'],
    ['0.7(x+3)', '0.7x+2.1'],
    ['(x+0.1)^2', 'x^2+0.2x+0.01'],
    ['sqrt(0.5)', 'sqrt(2)/2'],
    ['sqrt(2)/2', '0.7071067811865476'],
    ['x^2.0', 'x^2'],
    ['x/3', '0.3333333333333333x'],
    ['1/0+1', '1/0+2'],
    ['x(x+1)!', 'x(x+1)!*1'],
    ['\\frac{2}{4}', '\\frac{1}{2}'],
    ['\\sqrt{4}', '2'],
    ['None', '5'],
    ['', '5'],
  ])('%s and %s', (a, b) => expect(gradeAnswer(a, b)).toBe(false));
});

describe('properties', () => {
  test('an ordinary answer equals itself', () => {
    fc.assert(fc.property(ordinary, (x) => gradeAnswer(x, x)));
  });

  test('the order of two ordinary answers does not matter', () => {
    fc.assert(
      fc.property(ordinary, ordinary, (x, y) => gradeAnswer(x, y) === gradeAnswer(y, x)),
      { numRuns: 500 },
    );
  });

  test('a sum does not depend on the order of its terms', () => {
    const property = fc.property(positive, positive, positive, (a, b, c) => {
      return gradeAnswer(`${a}x+${b}\\pi-\\frac{${c}}{7}`, `-\\frac{${c}}{7}+${b}\\pi+${a}x`);
    });
    // Three different letters are more than MathRuler looks at: x, p and i.
    fc.assert(fc.property(positive, positive, (a, b) => !gradeAnswer(`${a}x+${b}\\pi`, `${b}\\pi+${a}x`)));
    expect(() => fc.assert(property)).toThrow();
    fc.assert(
      fc.property(positive, positive, positive, (a, b, c) => {
        return gradeAnswer(`${a}x+${b}\\sqrt{${c}}`, `\\sqrt{${c}}*${b}+${a}x`);
      }),
    );
  });

  test('a product of binomials equals its expansion and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -20, max: 20 }),
        positive,
        fc.integer({ min: 1, max: 3 }),
        (p, q, off) => {
          const left = `(x+${p})(x-${q})`.replace('+-', '-');
          const right = (constant: number) => `x^2+${p - q}x+${constant}`.replaceAll('+-', '-');
          return gradeAnswer(left, right(-p * q)) && !gradeAnswer(left, right(-p * q + off));
        },
      ),
    );
  });

  test('numbers equal what they equal', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 1, max: 60 }), (p, q) => {
        // In whole numbers: 201 / 25 * 1000 is not 8040 in floating point.
        const exact = (p * 1000) % q === 0;
        const decimal = (p / q).toFixed(3);
        const bothWhole = p % q === 0;
        if (bothWhole) return true;
        return simplifiesToZero(`(${p}/${q})-(${decimal})`) === exact;
      }),
    );
  });

  test('any text is graded without an error, the same way twice', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), soup), fc.oneof(soup, ordinary), (x, y) => {
        const verdict = gradeAnswer(x, y);
        return typeof verdict === 'boolean' && gradeAnswer(x, y) === verdict && gradeAnswer(x, x);
      }),
      { numRuns: 1500 },
    );
  });

  test('tags are tidied as the original expression does it', () => {
    const text = fc.array(fc.constantFrom('<', '>', '/', ' ', '\n', '\t', 'a', '\\boxed{1 / 2}'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const s = parts.join('');
        return tidyTags(s) === s.replace(/\s*(<|>|\/)\s*/g, '$1');
      }),
    );
  });
});

describe('hostile answers end', () => {
  const hostile: Record<string, string> = {
    tower: '9**9**9**9',
    factorial: '999999999!',
    power: '((((x+1)^9)^9)^9)^9',
    variables: '(x+y+1)^9(x-y+2)^9(x+y)^9',
    spaces: `1${' '.repeat(200_000)}1`,
    tags: '< '.repeat(100_000),
    minus: '-'.repeat(200_000),
    macros: '\\le'.repeat(60_000),
    accents: `${'\\vec{'.repeat(150)}x${'}'.repeat(150)}`,
    environments: '\\begin{a}'.repeat(20_000),
    matrix: `\\begin{pmatrix}${'1&'.repeat(4_000)}${'9'.repeat(9_000)}\\end{pmatrix}`,
    roots: 'sqrt(1+'.repeat(60) + 2 + ')'.repeat(60),
    primes: Array.from({ length: 200 }, (_, i) => `sqrt(1000000007${1000 + i})`).join('+'),
    quotients: Array.from({ length: 60 }, (_, i) => `1/(x+y+${i})`).join('+'),
    digits: Array.from({ length: 100 }, () => `1/${'7'.repeat(300)}`).join('+'),
    floats: `1.5${'*1.0000000000000000000001'.repeat(700)}`,
    commas: '1,000'.repeat(40_000),
  };

  test.each(Object.keys(hostile))('%s', (name) => {
    const answer = hostile[name];
    for (const truth of ['0.5', '5', 'x', '\\frac{1}{3}', 'x+0.5']) {
      const start = performance.now();
      expect(gradeAnswer(tidyTags(answer), truth)).toBe(false);
      // The bound of a grade is 100 ms; the rest is for a machine that does other things meanwhile.
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });

  test('the step budget ends the multiplication', () => {
    const budget = new Budget();
    expect(() => budget.spend(1e9)).toThrow();
  });

  test('nesting beyond the limit leaves LaTeX as it is', () => {
    expect(latexToText(`${'\\text{'.repeat(1000)}5${'}'.repeat(1000)}`)).toBeUndefined();
    expect(normalizeLoose(`\\x${'{'.repeat(1000)}5`)).toBe('\\x5');
  });
});
