import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solution } from '../../data/builtin/solution.ts';
import { random } from '../../random.ts';
import { builtinItems } from '../suite.testing.ts';
import { latexFaults, textMeasures } from './text.ts';

describe('LaTeX that means nothing', () => {
  it.each([
    ['<think> red : 2 </think> \\boxed{2}', []],
    ['By $\\frac{1}{2}\\cdot\\sqrt{x^2}$ and $\\angle ABC = 30^\\circ$ it is \\boxed{\\frac{1}{2}}', []],
    ['\\left( \\begin{matrix} 1 \\end{matrix} \\right) \\text{ cm} \\{a\\}', []],
    ['so \\fracc{1}{2} \\boxed{2}', ['no such command: \\fracc']],
    ['\\boxed{\\nonsense}', []],
    ['\\frac{}{} is', ['empty: \\frac{}{}']],
    ['\\frac{1}{ } is', ['empty: \\frac{1}{ }']],
    ['\\circ\\circ \\circ', ['3 or more in a row: \\circ']],
    ['\\quad\\quad\\quad', []],
    ['\\sin\\sinh\\sin', []],
    ['\\sqrt{2 \\boxed{2}', ['braces that do not close']],
    ['2} {', ['braces that do not close']],
    ['\\left( x', ['\\left without \\right']],
    ['\\begin{array}', ['\\begin without \\end']],
    ['\\boxed{2', []],
  ])('%s', (text, faults) => {
    expect(latexFaults(text)).toEqual(faults);
  });

  it('is none in right solutions of any built-in task', () => {
    for (const { row } of builtinItems(45)) {
      if (!row.meta) throw new Error('built-in');
      const text = solution({ meta: row.meta }, random('solution', row.id));
      expect(textMeasures(text)).toMatchObject({ latexFaults: 0, unreasoned: false });
    }
  });

  it('is looked for in any text without failing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\\', 'boxed', 'frac', '{', '}', ' ', 'a'), maxLength: 40 }),
        (text) => {
          const { repeated, distinct } = textMeasures(text);
          return (
            latexFaults(text).length >= 0 && repeated >= 0 && repeated <= 1 && distinct > 0 && distinct <= 1
          );
        },
      ),
    );
  });
});

describe('repetition', () => {
  it('is the share of words in runs of three that come three times', () => {
    expect(textMeasures('a b c d e f').repeated).toBe(0);
    expect(textMeasures('a b c a b c x').repeated).toBe(0);
    expect(textMeasures('a b c a b c a b c x').repeated).toBeCloseTo(0.9);
    expect(textMeasures('x x x x x').repeated).toBe(1);
    expect(textMeasures('').repeated).toBe(0);
  });

  it('has few different pairs', () => {
    expect(textMeasures('a b c d').distinct).toBe(1);
    expect(textMeasures('a a a a a').distinct).toBe(0.25);
    expect(textMeasures('one').distinct).toBe(1);
  });
});

it('an answer without reasoning has fewer than three words before its box', () => {
  expect(textMeasures('<think> </think> \\boxed{3}').unreasoned).toBe(true);
  expect(textMeasures('\\boxed{3}').unreasoned).toBe(true);
  expect(textMeasures('<think> red : 3 . so 3 </think> \\boxed{3}').unreasoned).toBe(false);
});
