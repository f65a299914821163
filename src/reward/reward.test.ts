import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserFunctionError } from '../errors.ts';
import { extractBoxed, formatReward, makeReward, openReward, type RewardFunction } from './index.ts';
import { loadReward } from './user-function.ts';

describe('the boxed answer', () => {
  test.each([
    ['\\boxed{1} then \\boxed{ 2 }', '2'],
    ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
    ['\\boxed{1} then \\boxed{2', 'None'],
    ['boxed{1}', 'None'],
    ['', 'None'],
  ])('%s', (response, answer) => expect(extractBoxed(response)).toBe(answer));
});

describe('the format', () => {
  test.each([
    ['<think>a</think>\\boxed{5}', 1],
    ['<think>a</think> so \\boxed{5}.', 1],
    ['<think>a</think>\\boxed{5', 0],
    ['<think>\\boxed{5}</think>', 0],
    ['so <think>a</think>\\boxed{5}', 0],
    ['<think>a</think>b</think>\\boxed{}', 1],
  ])('%s', (response, format) => expect(formatReward(response)).toBe(format));
});

describe('makeReward', () => {
  const response = '<think> 2/4 </think> \\boxed{2/4}';
  test('weighs the format', async () => {
    const wrong = await makeReward({ formatWeight: 0.25 })({ response, answer: '3' });
    expect(wrong).toEqual({ overall: 0.25, accuracy: 0, format: 1 });
    const paper = await makeReward({ formatWeight: 0 })({ response: '\\boxed{5}', answer: '5' });
    expect(paper).toEqual({ overall: 1, accuracy: 1, format: 0 });
  });

  test('grades as asked', async () => {
    const accuracy = async (config: Parameters<typeof makeReward>[0], answer: string, text = response) =>
      (await makeReward(config)({ response: text, answer })).accuracy;
    expect(await accuracy({}, '1/2')).toBe(0);
    expect(await accuracy({ grader: 'equal' }, '1/2')).toBe(1);
    expect(await accuracy({ grader: 'number', tolerance: { absolute: 0.1 } }, '0.45')).toBe(1);
    expect(await accuracy({ grader: 'number' }, '0.45')).toBe(0);
    expect(await accuracy({ grader: 'choice' }, 'B', '\\boxed{B. five}')).toBe(1);
    expect(await accuracy({ grader: 'equal' }, 'None', 'no box')).toBe(0);
  });

  test('names what is wrong in the config', () => {
    expect(() => makeReward({ grader: 'best' as 'equal' })).toThrow(/'best'; choose one of mathruler/);
    expect(() => makeReward({ formatWeight: 2 })).toThrow(/formatWeight is 2/);
    expect(() => makeReward({ tolerance: { relative: -1 } })).toThrow(/tolerance.relative is -1/);
  });
});

describe("a person's own function", () => {
  const dir = mkdtempSync(join(tmpdir(), 'reward-'));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  write(
    'mine.mjs',
    `const given = {
       number: 0.25, above: 5, negative: -1, nan: NaN, word: 'good', nothing: undefined, list: [1],
       whole: { overall: -3.5, accuracy: 1, format: 0.5 },
       more: { overall: 0.5, length: 12, steps: 3, 'kl-like': 1e9, absent: undefined },
       accuracy: { overall: 0.5, accuracy: 5 }, inferred: { overall: 2 }, format: { overall: 0, accuracy: 0, format: 7 },
       huge: { overall: 1e7, accuracy: 0 }, text: { overall: 1, verdict: 'right' }, infinite: { overall: 1, x: Infinity },
       key: { overall: 1, 'a key': 1 }, none: { accuracy: 1 },
     };
     export const score = ({ response, answer, row }) => {
       if (response === 'throw') throw new TypeError('no tag in ' + row.url);
       if (response === 'see') return { overall: 0, accuracy: answer === 'a' ? 1 : 0, weight: row.weight };
       return given[response];
     };
     export const later = async (x) => score(x);
     export const five = 5;`,
  );
  write('half.ts', 'export enum Half { of = 0.5 }\nexport type Input = { response: string };');
  write('third.ts', 'export const third: number = 0.25;');
  write(
    'typed.ts',
    `import { Half, type Input } from './half.ts';
     import { third } from './third.js';
     export const short = (x: Input): number => (x.response.length < 5 ? Half.of : third);
     export default (x: Input): number => x.response.length / 10;`,
  );
  write('plain.mjs', `import { short } from './typed.ts'; export { short };`);
  const row = { id: 'geo-12', weight: 0.7, url: `data:image/png;base64,${'A'.repeat(900)}` };
  let score: RewardFunction;
  const given = (response: string, reward = score) => Promise.resolve(reward({ response, answer: 'a', row }));
  beforeAll(async () => {
    score = await loadReward('mine.mjs#score', dir);
  });
  afterAll(async () => {
    await score.close!();
    rmSync(dir, { recursive: true });
  });

  test('gives a number, parts, and further numbers', async () => {
    expect(await given('number')).toEqual({ overall: 0.25, accuracy: 0.25, format: 0 });
    expect(await given('whole')).toEqual({ overall: -3.5, accuracy: 1, format: 0.5 });
    const more = { length: 12, steps: 3, 'kl-like': 1e9 };
    expect(await given('more')).toEqual({ overall: 0.5, accuracy: 0.5, format: 0, more });
    expect(await given('see')).toEqual({ overall: 0, accuracy: 1, format: 0, more: { weight: 0.7 } });
  });

  test.each([
    ['above', 'gave 5; a number alone is the accuracy too and lies from 0 to 1'],
    ['negative', 'gave -1; a number alone is the accuracy too'],
    ['nan', 'gave NaN; return a number from 0 to 1, or { overall, accuracy, format }'],
    ['word', 'gave "good"; return a number'],
    ['nothing', 'gave undefined; return a number'],
    ['list', 'gave [1]; return a number'],
    ['accuracy', 'gave {"overall":0.5,"accuracy":5}; accuracy'],
    ['inferred', 'gave {"overall":2}; accuracy (overall, where it is left out) is a number from 0 to 1'],
    ['format', 'gave {"overall":0,"accuracy":0,"format":7}; format is a number from 0 to 1'],
    ['huge', 'gave {"overall":10000000,"accuracy":0}; overall is a number from -1,000,000 to 1,000,000'],
    ['text', 'gave {"overall":1,"verdict":"right"}; verdict is not a finite number, as all further keys are'],
    ['infinite', 'gave {"overall":1,"x":"Infinity"}; x is not a finite number'],
    ['key', 'gave {"overall":1,"a key":1}; the key "a key" has more than letters, digits, - _ and .'],
    ['none', 'gave {"accuracy":1}; overall is a number'],
    ['throw', 'threw TypeError: no tag in data:image/png;base64,AAA'],
  ])('%s is refused by function, row and reason', async (response, words) => {
    const error: Error = await given(response).then(
      () => new Error('nothing was thrown'),
      (e) => e,
    );
    expect(error).toBeInstanceOf(UserFunctionError);
    expect(error.message).toContain(`reward.function mine.mjs#score, row geo-12: ${words}`);
    expect(error.message.length).toBeLessThan(360);
  });

  test('in TypeScript that imports TypeScript, whatever Node is used', async () => {
    // Naming a function is enough.
    const short = await openReward({ function: join(dir, 'typed.ts#short') }, '/');
    expect((await given('abc', short)).overall).toBe(0.5);
    expect((await given('abcdef', short)).overall).toBe(0.25);
    const fromPlain = await loadReward('plain.mjs#short', dir);
    expect((await given('abc', fromPlain)).overall).toBe(0.5);
    await Promise.all([short.close!(), fromPlain.close!()]);
  });

  test('says what is missing', async () => {
    await expect(loadReward('none.mjs#f', dir)).rejects.toThrow(/no file .*none\.mjs/);
    await expect(loadReward('#f', dir)).rejects.toThrow(/exportName/);
    await expect(loadReward('mine.mjs#', dir)).rejects.toThrow(/exportName/);
    await expect(loadReward('.', dir)).rejects.toThrow(/is not a file/);
    await expect(loadReward('mine.mjs#five', dir)).rejects.toThrow(
      'reward.function mine.mjs#five: no function of that name (it exports later, score)',
    );
    await expect(openReward({ grader: 'function' }, dir)).rejects.toThrow(/reward.function is missing/);
    await expect(openReward({ grader: 'equal', function: 'mine.mjs' }, dir)).rejects.toThrow(
      /leave one of them out/,
    );
  });
});
