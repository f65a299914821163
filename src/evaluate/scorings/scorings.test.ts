/** Verdicts of each scoring, with the reasons that a person reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradeAnswer } from '../../reward/mathruler/grade.ts';
import { makeReward } from '../../reward/reward.ts';
import type { Item, Judgement, Response } from '../types.ts';
import { SCORINGS, scoringNamed } from './index.ts';

const item = (answer: string, more: Partial<Item> = {}): Item => ({
  key: 'k',
  row: { id: 'r', problem: '', images: [], answer },
  ...more,
});
const said = (text: string): Response => ({ text, tokens: null, stop: 'stop' });
const box = (text: string): Response => said(`<think>so</think> \\boxed{${text}}`);
const judged = (name: string, response: Response, asked: Item): Judgement =>
  scoringNamed(name).judge(response, asked) as Judgement;
const verdict = (name: string, given: string, asked: Item) => judged(name, box(given), asked).verdict;

describe('authors', () => {
  it('agrees with the reward that the paper trains with', async () => {
    const reward = makeReward();
    const answers = ['5', '1/2', '2/4', '\\frac12', 'B', 'B. 70', '5 cm', '0.5', 'x=5', '(1, 2)', 'None', ''];
    for (const given of answers)
      for (const truth of answers.slice(0, -2)) {
        const response = `<think>t</think> \\boxed{${given}}`;
        const { accuracy } = await reward({ response, answer: truth });
        expect(judged('authors', said(response), item(truth)).score).toBe(accuracy);
      }
  });

  it.each([
    ['6', '5', 'wrong', 'box says 5, reference 6'],
    ['6', '6', 'right', 'box says 6, reference 6'],
    ['B', 'B. 70', 'wrong', 'box says B. 70, reference B'],
    ['1/2', '1 / 2', 'right', 'box says 1/2, reference 1/2'],
    ['{', '1', 'bad reference', 'the reference would not be right in a box either'],
  ])('reference %s, box %s: %s', (truth, given, wanted, why) => {
    const { verdict: got, why: told } = judged('authors', box(given), item(truth));
    expect([got, told]).toEqual([wanted, why]);
  });

  it('takes the last box, whole or not', () => {
    expect(judged('authors', said('\\boxed{1} \\boxed{2}'), item('2')).verdict).toBe('right');
    expect(judged('authors', said('\\boxed{2} \\boxed{1'), item('2'))).toMatchObject({
      verdict: 'no box',
      score: 0,
      why: 'the last box is not closed',
    });
  });

  it('reads None where there is no box, as the public evaluator does', () => {
    expect(judged('authors', said('it is 5'), item('None')).verdict).toBe('right');
    expect(judged('authors', said('it is 5'), item('5')).verdict).toBe('no box');
    expect(judged('authors', box('None'), item('5'))).toMatchObject({ verdict: 'wrong', given: 'None' });
  });
});

describe('choices', () => {
  const options = ['30', '$2\\sqrt{3}$', 'the red Cube', '1/2', 'No correct answer'];
  it.each<[string, string, Judgement['verdict']]>([
    ['B', 'B', 'right'],
    ['B', 'b', 'right'],
    ['B', '(B)', 'right'],
    ['B', '\\text{B}', 'right'],
    ['B', 'B. 2\\sqrt{3}', 'right'],
    ['B', 'Answer: B', 'right'],
    ['B', '2\\sqrt{3}', 'right'],
    ['A', '30', 'right'],
    ['A', '30^\\circ', 'right'],
    ['C', 'The red cube.', 'right'],
    ['D', '0.5', 'right'],
    ['E', 'no correct answer', 'right'],
    ['B', 'A', 'wrong'],
    ['B', '30', 'wrong'],
    ['B', 'F', 'wrong'],
    ['B', 'the blue cube', 'wrong'],
    ['B', 'B, D', 'wrong'],
    ['the red Cube', 'C', 'right'],
    ['the red Cube', 'the red cube', 'right'],
    ['the red Cube', 'A', 'wrong'],
    ['F', 'F', 'bad reference'],
    ['the blue cube', 'A', 'bad reference'],
    ['', 'A', 'bad reference'],
  ])('among options: reference %s, box %s: %s', (truth, given, wanted) => {
    expect(verdict('choices', given, item(truth, { choices: options }))).toBe(wanted);
  });

  it('takes the words of an option before its letter, where options are letters', () => {
    const asked = item('C', { choices: ['C', 'A', 'B'] });
    expect(verdict('choices', 'C', asked)).toBe('right');
    expect(verdict('choices', 'A', asked)).toBe('wrong');
  });

  it.each<[string, string, Judgement['verdict']]>([
    ['B, D', 'B, D', 'right'],
    ['B, D', 'D,B', 'right'],
    ['B, D', 'BD', 'right'],
    ['B, D', '(B) and (D)', 'right'],
    ['B, D', 'B', 'wrong'],
    ['B, D', 'B, C, D', 'wrong'],
    ['B', 'B. because', 'right'],
    ['I', '(I)', 'right'],
    ['Q', 'Q', 'right'],
  ])('letters whose options are not listed: reference %s, box %s: %s', (truth, given, wanted) => {
    expect(verdict('choices', given, item(truth))).toBe(wanted);
  });

  it.each<[string, string, number | undefined, Judgement['verdict']]>([
    ['1.2', '1.24', 1, 'right'],
    ['1.2', '1.16', 1, 'right'],
    ['1.2', '1.25', 1, 'wrong'],
    ['1.2', '1.2 m', 1, 'right'],
    ['1.45', '1.4', 2, 'wrong'],
    ['1.2', '1.24', undefined, 'wrong'],
    ['6', '6.0', undefined, 'right'],
    ['6', '\\frac{12}{2}', undefined, 'right'],
    ['6', '7', undefined, 'wrong'],
    ['[0, 2, 4]', '0, 2, 4', undefined, 'right'],
    ['[0, 2, 4]', '[0,2,4]', undefined, 'right'],
    ['[0, 2, 4]', '[2, 0, 4]', undefined, 'wrong'],
    ['[0.5, 1.2]', '[0.52, 1.18]', 1, 'right'],
    ['3x + 1', '1+3x', undefined, 'right'],
  ])('values: reference %s, box %s, %s decimals: %s', (truth, given, precision, wanted) => {
    expect(verdict('choices', given, item(truth, { precision }))).toBe(wanted);
  });

  it('says what was read', () => {
    const asked = item('B', { choices: options });
    expect(judged('choices', box('30'), asked).why).toBe('box says 30 (A), reference B');
    expect(judged('choices', box('B'), asked).why).toBe('box says B, reference B');
    expect(judged('choices', box('red'), asked).why).toBe(
      'box says red, which is none of the options; reference B',
    );
  });

  it('any option in its own words or by its letter is right for it alone', () => {
    const word = fc.stringMatching(/^[a-z]{3,6} [a-z]{2,6}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 2, maxLength: 26 }),
        fc.nat(),
        fc.nat(),
        (texts, i, j) => {
          const [a, b] = [i % texts.length, j % texts.length];
          const letter = String.fromCharCode(65 + a);
          const asked = item(letter, { choices: texts });
          expect(verdict('choices', texts[b], asked)).toBe(a === b ? 'right' : 'wrong');
          expect(verdict('choices', `${String.fromCharCode(65 + b)}. ${texts[b]}`, asked)).toBe(
            a === b ? 'right' : 'wrong',
          );
        },
      ),
    );
  });
});

describe('every scoring', () => {
  it('names a missing response, a missing box and a response that was cut off', () => {
    for (const { name } of SCORINGS) {
      const failed: Response = { text: '', tokens: null, stop: 'failed', error: 'the server\nis gone' };
      expect(judged(name, failed, item('5'))).toEqual({
        verdict: 'failed',
        score: null,
        given: null,
        why: 'the server is gone',
      });
      const cut: Response = { text: 'well', tokens: 4, stop: 'length' };
      expect(judged(name, cut, item('5')).why).toBe('no box: cut off at the longest length');
      expect(judged(name, said('5'), item('5'))).toMatchObject({ verdict: 'no box', score: 0, given: null });
    }
  });

  it('is bounded in time and never throws, whatever the texts', () => {
    const odd = [
      '{'.repeat(20_000),
      `${'('.repeat(3_000)}1`,
      'A,'.repeat(4_000),
      `${' '.repeat(60_000)}\\boxed{`,
      `${'1+'.repeat(1_500)}1`,
      '\u0000\ud800',
      '9'.repeat(4_000),
    ];
    for (const { name } of SCORINGS)
      for (const truth of [...odd, '5'])
        for (const given of odd)
          for (const more of [{}, { choices: odd.slice(0, 4) }, { precision: 2 }]) {
            const start = performance.now();
            judged(name, box(given), item(truth, more));
            expect(performance.now() - start).toBeLessThan(2_000);
          }
  });

  it('a reference in a box is right, or the reference is bad', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (truth) => {
        for (const { name } of SCORINGS) {
          const { verdict: got } = judged(name, box(truth), item(truth));
          if (gradeAnswer(truth, truth) && !/[{}\\<>/]/.test(truth) && truth.trim() === truth && truth !== '')
            expect(['right', 'bad reference']).toContain(got);
        }
      }),
    );
  });
});
