import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.ts';
import { expandImages, FORMAT_PROMPT, promptMessages } from './prompt.ts';

describe('promptMessages', () => {
  it('puts the image where its mark is and the format prompt after a blank line', () => {
    expect(promptMessages('<image>Find x.\n', 1, 'row 3')).toEqual([
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: `Find x.\n\n${FORMAT_PROMPT}` }] },
    ]);
  });

  it('is word for word what the released models saw', () => {
    expect(FORMAT_PROMPT).toBe(
      'You first think through the reasoning process as an internal monologue, enclosed within <think> </think> tags. Then, provide your final answer enclosed within \\boxed{}.',
    );
  });

  it('keeps several images in place, without a format prompt, behind a system prompt', () => {
    expect(
      promptMessages('a <image><image> b <image>', 3, 'x', { formatPrompt: '', systemPrompt: 'Be brief.' }),
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a ' },
          { type: 'image' },
          { type: 'image' },
          { type: 'text', text: ' b ' },
          { type: 'image' },
        ],
      },
    ]);
  });

  it.each([
    ['What?', 1, /row 3: 0 <image> mark\(s\) in the problem but 1 image\(s\); give one mark per image/],
    ['<image><image>', 1, /2 <image> mark\(s\) in the problem but 1/],
    ['<image>', 0, /1 <image> mark\(s\) in the problem but 0/],
  ])('rejects %j with %i image(s)', (problem, images, message) => {
    expect(() => promptMessages(problem, images, 'row 3')).toThrow(DataError);
    expect(() => promptMessages(problem, images, 'row 3')).toThrow(message);
  });

  it.each([`Find x.\n\n${FORMAT_PROMPT}`, `Find x.\n${FORMAT_PROMPT.replaceAll(' ', '  ')} \n`, 'Find x.'])(
    'does not put the format prompt twice: %j',
    (problem) => {
      const said = (format: string | undefined) =>
        (promptMessages(problem, 0, 'x', { formatPrompt: format })[0].content as { text: string }[])[0].text;
      expect(said(undefined)).toBe(`Find x.\n\n${FORMAT_PROMPT}`);
      expect(said('Answer (now)?')).toBe('Find x.\n\nAnswer (now)?');
      expect(said('')).toBe(problem);
      const twice = promptMessages('Find x. Answer (now)?', 0, 'x', { formatPrompt: 'Answer (now)?' });
      expect(twice[0].content).toEqual([{ type: 'text', text: 'Find x.\n\nAnswer (now)?' }]);
    },
  );

  it('loses nothing of the text', () => {
    const piece = fc.string().filter((text) => !text.includes('<image>'));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const problem = pieces.join('<image>');
        fc.pre(problem.split('<image>').length === pieces.length);
        const [message] = promptMessages(problem, pieces.length - 1, 'x', { formatPrompt: '' });
        const parts = message!.content as ({ type: 'text'; text: string } | { type: 'image' })[];
        expect(parts.map((part) => (part.type === 'image' ? '<image>' : part.text)).join('')).toBe(problem);
      }),
    );
  });
});

describe('expandImages', () => {
  it('repeats each pad as often as its image has tokens', () => {
    const ids = expandImages(
      [1, 9, 2, 9],
      [
        [1, 4, 4],
        [1, 2, 4],
      ],
      9,
      2,
      'row',
    );
    expect([...ids]).toEqual([1, 9, 9, 9, 9, 2, 9, 9]);
  });

  it('rejects a pad token that came with the text', () => {
    expect(() => expandImages([9, 9], [[1, 4, 4]], 9, 2, 'row 7')).toThrow(
      /row 7: the prompt has 2 image token\(s\) for 1 image\(s\); remove <\|image_pad\|>/,
    );
  });
});
