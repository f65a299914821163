import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choicesText, withChoices } from './choices.ts';
import { bareAnswer } from './fields.ts';
import { placePictures } from './marks.ts';

describe('marks', () => {
  it.each<[string, number[], string | undefined, number[]]>([
    ['a <image> b <image>', [1, 2], 'a <image> b <image>', [0, 1]],
    ['no mark', [1, 2], '<image><image>no mark', [0, 1]],
    ['one <image>', [1, 2], '<image>one <image>', [0, 1]],
    ['<image 2> then <image_1>', [1, 2], '<image> then <image>', [1, 0]],
    ['<image 3>', [1, 3], '<image><image>', [0, 1]],
    ['<image_4> and <image_7>', [1, 2], '<image> and <image>', [0, 1]],
    ['<image1> or <image 1>?', [1], '<image> or image 1?', [0]],
    ['<image> and <image 1>', [1, 2], '<image> and <image>', [1, 0]],
    ['<image><image>', [1], undefined, []],
    ['<image_4>', [1, 2], undefined, []],
    ['<image 1>', [], undefined, []],
    ['', [], '', []],
  ])('%j with pictures %j', (problem, numbers, text, order) => {
    expect(placePictures(problem, numbers)).toEqual(
      text === undefined ? undefined : { problem: text, order },
    );
  });

  it('stand for every picture once, in some order', () => {
    const piece = fc.constantFrom('<image>', '<image 1>', '<image_2>', '<image3>', ' word ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(5), (pieces, count) => {
        const placed = placePictures(
          pieces.join(''),
          Array.from({ length: count }, (_, i) => i + 1),
        );
        if (!placed) return;
        expect([...placed.order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(placed.problem.split('<image>').length - 1).toBe(count);
        expect(placed.problem).not.toMatch(/<image[ _]?\d/);
      }),
    );
  });
});

describe('answers and choices', () => {
  it.each([
    ['42', '42'],
    [' \\boxed{\\frac{1}{2}} ', '\\frac{1}{2}'],
    ['so \\boxed{1}, no \\boxed{2}', '2'],
    ['\\boxed{open', '\\boxed{open'],
    ['<answer>\\boxed{B}</answer>', 'B'],
    ['<think>x</think>\n<answer>\n3\n</answer>', '3'],
    ['<answer>cut', '<answer>cut'],
    ['1 + 1 = 2\n#### 2', '2'],
    ['C# #### or not', 'C# #### or not'],
  ])('%j is %j', (text, answer) => {
    expect(bareAnswer(text)).toBe(answer);
  });

  it('lists options with letters unless they have them, and only once', () => {
    expect(choicesText(['1', '2'])).toBe('A. 1\nB. 2');
    expect(choicesText(['A. 1', 'B. 2'])).toBe('A. 1\nB. 2');
    expect(choicesText('["x", "y"]')).toBe('A. x\nB. y');
    expect(choicesText("['it', \"it's\", 'a, b', 3]")).toBe("A. it\nB. it's\nC. a, b\nD. 3");
    expect(choicesText({ label: ['A', 'B'], text: ['l', 'r'] })).toBe('A. l\nB. r');
    expect(choicesText({ A: 'l', B: 'r', C: null })).toBe('A. l\nB. r');
    expect(choicesText(null)).toBe('');
    expect(choicesText('[broken')).toBe('[broken');
    expect(withChoices('Q?', '')).toBe('Q?');
    expect(withChoices('Q? (A) 1 (B) 2', 'A. 1\nB. 2')).toBe('Q? (A) 1 (B) 2');
    expect(withChoices('Is it 1 or 2?', 'A. 1\nB. 2')).toBe('Is it 1 or 2?\nA. 1\nB. 2');
  });
});
