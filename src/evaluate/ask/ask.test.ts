import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMAT_PROMPT } from '../../text/prompt.ts';
import { startFakeServer } from '../server/fake-server.testing.ts';
import { givenText, judged, votesOf, votesText } from './given.ts';
import { leaningMost, signed, stepOf } from './leaning.ts';
import { lookPage } from './look-page.ts';
import { type Colours, coloursOf, lookText } from './look-text.ts';
import { checkedFlags, wantedOf } from './options.ts';
import { openRemote } from './remote.ts';
import { piecesOf, printable, TextSoFar } from './text-so-far.ts';
import type { Look, Said, TokenLook } from './types.ts';

const said = (text: string, more: Partial<Said> = {}): Said => ({ text, tokens: 3, stop: 'stop', ...more });

/** Tokens that are bytes: the hardest case for a text that grows. */
const decode = (ids: Int32Array) => new TextDecoder().decode(Uint8Array.from(ids));

describe('the text so far', () => {
  it('comes in pieces that are the text, however it is cut, and no half character is told', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 1, max: 5 })), (text, cuts) => {
        const bytes = new TextEncoder().encode(text);
        const whole = decode(Int32Array.from(bytes));
        const soFar = new TextSoFar(decode);
        const told: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (cuts[i] ?? 1);
          told.push(soFar.add(bytes.subarray(at, end)));
          at = end;
        }
        told.push(soFar.rest());
        expect(told.join('')).toBe(whole);
        if (!whole.includes('\ufffd')) expect(told.join('|')).not.toContain('\ufffd');
        expect(piecesOf(Int32Array.from(bytes), decode).join('')).toBe(whole);
      }),
    );
  });

  it('gives a character to the token that completes it', () => {
    expect(piecesOf(Int32Array.from(new TextEncoder().encode('aé€')), decode)).toEqual([
      'a',
      '',
      'é',
      '',
      '',
      '€',
    ]);
    expect(piecesOf(Int32Array.of(97, 0xe2, 0x82), decode)).toEqual(['a', '', '\ufffd']);
  });

  it('steers no terminal', () => {
    expect(printable('a\u001b[31mb\r\nc\u202e')).toBe('a\\u001b[31mb\\u000d\nc\\u202e');
  });
});

describe('what is given', () => {
  it('is graded out of the box, and held against the reference', async () => {
    const row = { id: 'q', problem: '', images: [], answer: '' };
    const against = (text: string, answer: string) => judged(said(text), { answer, scoring: 'authors' }, row);
    expect(givenText(said('so \\boxed{4}'), undefined)).toBe('given: 4');
    expect(givenText(said('so 4', { stop: 'length' }), undefined)).toBe(
      'given: nothing, as no \\boxed{} ends; cut off at the longest length',
    );
    const right = await against('\\boxed{0.5}', '1/2');
    expect(givenText(said('\\boxed{0.5}'), right)).toMatch(/^given: 0\.5 \(right: .*1\/2/);
    expect(givenText(said('\\boxed{3}'), await against('\\boxed{3}', '4'))).toBe(
      'given: 3 (wrong: box says 3, reference 4)',
    );
    expect(givenText(said('', { stop: 'failed', error: 'too busy' }), undefined)).toBe('failed: too busy');
  });

  it('is counted by what it says, equal ones together', async () => {
    expect(votesOf(['0.5', null, '3', '1/2', '\\frac{1}{2}', null, null, null])).toEqual([
      { given: '0.5', count: 3 },
      { given: '3', count: 1 },
      { given: null, count: 4 },
    ]);
    const all = ['\\boxed{2}', '\\boxed{2}', 'no', '\\boxed{5}'].map((text) => said(text));
    const row = { id: 'q', problem: '', images: [], answer: '' };
    const judgements = await Promise.all(
      all.map((one) => judged(one, { answer: '2', scoring: 'authors' }, row)),
    );
    expect(votesText(all, judgements)).toBe(
      '4 answers: 2 say 2 (50 %), 1 says 5 (25 %), 1 has no box (25 %); right: 2 of 4',
    );
    expect(votesText([said('', { stop: 'failed' }), said('\\boxed{1}')], [])).toBe(
      '2 answers: 1 says 1 (100 %), 1 failed',
    );
  });
});

describe('options', () => {
  it.each([
    [{ samples: '0' }, '--samples 0: allowed is a whole number 1 to 512'],
    [{ samples: 'x' }, '--samples x: allowed is a whole number 1 to 512'],
    [{ topP: '0' }, '--top-p 0: allowed is a number above 0, at most 1'],
    [{ topK: '-1' }, '--top-k -1: allowed is a whole number 0 to 16777216'],
    [{ temperature: '' }, '--temperature : allowed is a number 0 to 100'],
    [{ greedy: true, temperature: '1' }, '--greedy is temperature 0; leave --temperature or --greedy out'],
    [{ greedy: true, samples: '3' }, '--samples 3: greedy answers are all the same; leave one of both out'],
    [{ answer: ' ' }, '--answer: is empty; give what the right answer is'],
    [{ scoring: 'mine' }, 'mine: no such scoring; there are authors, choices, equal'],
    [{ html: '' }, '--html: no file is named; give one such as look.html'],
  ])('%o', (flags, message) => {
    expect(() => checkedFlags(flags)).toThrow(message);
  });

  it('one answer is the likeliest, several are drawn as the run draws them', () => {
    const own = { temperature: 0.7, topP: 0.9, topK: 0, maxTokens: 50 };
    const wanted = (flags: Parameters<typeof checkedFlags>[0]) => wantedOf(checkedFlags(flags), own);
    expect(wanted({})).toEqual({ samples: 1, temperature: 0, topP: 0.9, topK: 0, maxTokens: 50, seed: '1' });
    expect(wanted({ samples: '4', seed: 'x' })).toMatchObject({ samples: 4, temperature: 0.7, seed: 'x' });
    expect(wanted({ topK: '50' })).toMatchObject({ temperature: 0.7, topK: 50 });
    expect(wanted({ topP: '0.5', temperature: '1.2', maxTokens: '9' })).toMatchObject({
      temperature: 1.2,
      topP: 0.5,
      maxTokens: 9,
    });
    expect(checkedFlags({ masks: '4' }).look).toBe(true);
    expect(checkedFlags({ html: 'a.html' }).look).toBe(true);
  });
});

const token = (text: string, logprob: number, masked: number): TokenLook => ({
  text,
  logprob,
  masked,
  klPrcp: 0.5,
});
const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
const look: Look = {
  tokens_T: [
    token('It', -0.1, -0.2),
    token(' is', -1, -0.9),
    token(' blue', -0.1, -2.4),
    token('\n', -0.5, -1),
    token('<b>', -6, -1),
    token('', 0, -0.3),
  ],
  klPrcp: 0.5,
  logprob: -7.7,
  masked: -5.8,
  mask: 'random 0.6',
  masks: 2,
  seed: '7',
  original: [picture],
  maskedPictures: [{ ...picture, data: new Uint8Array(6) }],
};

describe('how tokens leaned', () => {
  it('has steps for both ways', () => {
    expect(look.tokens_T.map(stepOf)).toEqual([0, 0, 3, 1, -4, 1]);
    expect(leaningMost(look, 2).map(({ name }) => name)).toEqual(['<b>', ' blue']);
    expect([1.26, -0.04, -3].map((x) => signed(x))).toEqual(['+1.3', '0.0', '-3.0']);
  });

  it('is words where there is no colour', () => {
    const [first, second, legend, most, sum, how] = lookText(look, 0).split('\n');
    expect([first, second]).toEqual(['It is blue{+2.3}{+0.5}', '<b>{-5.0}(end){+0.3}']);
    expect(legend).toContain('{+2.3}');
    expect(most).toBe('leaned most: <b> -5.0, blue +2.3, ↵ +0.5, (end) +0.3');
    expect(sum).toBe(
      'mean KL_prcp 0.500 over 6 tokens; log-probability -7.70 with the picture, -5.80 masked',
    );
    expect(how).toBe('(random 0.6, mean of 2 masks, seed 7)');
  });

  it.each([
    [4, '\u001b[97;44mblue\u001b[0m', '\u001b[97;41m<b>\u001b[0m'],
    [8, '\u001b[30;48;5;74mblue\u001b[0m', '\u001b[97;48;5;124m<b>\u001b[0m'],
    [
      24,
      '\u001b[38;2;0;0;0;48;2;67;147;195mblue\u001b[0m',
      '\u001b[38;2;255;255;255;48;2;178;24;43m<b>\u001b[0m',
    ],
  ] as [Colours, string, string][])(
    'is %i bits of colour, and no ground runs over a line',
    (colours, likelier, less) => {
      const text = lookText(look, colours);
      expect(text).toContain(` ${likelier}`);
      expect(text).toContain(less);
      for (const line of text.split('\n')) {
        const marks = line.split('\u001b[').slice(1);
        marks.forEach((mark, i) => {
          expect(mark.startsWith('0m')).toBe(i % 2 === 1);
        });
        expect(marks.length % 2).toBe(0);
      }
    },
  );

  it.each([
    [true, {}, 4],
    [true, { TERM: 'xterm-256color' }, 8],
    [true, { TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 24],
    [true, { COLORTERM: 'truecolor', NO_COLOR: '1' }, 0],
    [true, { COLORTERM: 'truecolor', TERM: 'dumb' }, 0],
    [false, { COLORTERM: 'truecolor' }, 0],
  ])('colours of a terminal: %s %o', (isTTY, env, colours) => {
    expect(coloursOf(isTTY, env as NodeJS.ProcessEnv)).toBe(colours);
  });

  it('is a page with both pictures and every number, that nothing in a text can break', async () => {
    const asking = {
      question: 'Is <it> "blue"?',
      pictures: [{ path: 'a<b>.png', bytes: new Uint8Array(0) }],
    };
    const text = await lookPage({ policy: 'p', asking, said: said('x'), look, given: 'given: nothing' });
    expect(text).toContain('<title>Is &lt;it&gt; &quot;blue&quot;?</title>');
    expect(text.match(/<img class="picture"/g)).toHaveLength(2);
    expect(text).not.toContain('<b>');
    expect(text).toContain('&lt;b&gt;');
    for (const number of ['-6.000', '-5.000', '+2.300', '0.5000', 'mean of 2 masks'])
      expect(text).toContain(number);
    expect(text.match(/<tr>/g)).toHaveLength(1 + look.tokens_T.length);
  });
});

it('a server is asked with every value given, the picture in its place, and the sentence at the end', async () => {
  const server = await startFakeServer();
  const asker = await openRemote({ kind: 'server', url: server.url }, undefined, () => {});
  const png = Uint8Array.from(
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    ),
  );
  const asking = { question: 'Is it blue?', pictures: [{ path: 'a.png', bytes: png }] };
  const wanted = { samples: 2, temperature: 0.5, topP: 0.9, topK: 7, maxTokens: 9, seed: '3' };
  const responses = await asker.ask(asking, wanted);
  await asker.close();
  const [{ text, body }] = server.asked();
  await server.stop();
  expect(responses).toHaveLength(2);
  expect(text).toContain('<picture>');
  expect(text.indexOf('<picture>')).toBeLessThan(text.indexOf('Is it blue?'));
  expect(text.trim().endsWith(FORMAT_PROMPT)).toBe(true);
  expect(body).toMatchObject({ temperature: 0.5, top_p: 0.9, top_k: 7, seed: 3 });
  expect(asker.look).toBeUndefined();
});
