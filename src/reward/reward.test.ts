import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { extractBoxed, formatReward, loadReward, makeReward, rewardFromConfig } from './index.ts';

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
  afterAll(() => rmSync(dir, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  write(
    'mine.mjs',
    `export const length = ({ response }) => response.length;
     export const parts = async ({ answer, row }) => ({ overall: row.weight, accuracy: answer === 'a' ? 1 : 0, format: 1 });
     export const broken = () => 'good';
     export const nan = () => Number.NaN;
     export const five = 5;`,
  );
  write('helper.mjs', 'export const half = 0.5;');
  write(
    'typed.ts',
    `import { half } from './helper.mjs';
     interface Input { response: string; answer: string }
     export function short(x: Input): number { return x.response.length < 5 ? half : 0; }
     export default (x: Input): number => Number(x.answer);`,
  );
  write('syntax.mjs', 'export const x = ;');
  const x = { response: 'abc', answer: 'a', row: { weight: 0.7 } };

  test('from JavaScript', async () => {
    expect(await (await loadReward('mine.mjs#length', dir))(x)).toEqual({
      overall: 3,
      accuracy: 3,
      format: 0,
    });
    expect(await (await loadReward('mine.mjs#parts', dir))(x)).toEqual({
      overall: 0.7,
      accuracy: 1,
      format: 1,
    });
  });

  test('from TypeScript', async () => {
    expect((await (await loadReward('typed.ts#short', dir))(x)).overall).toBe(0.5);
    const config = { grader: 'function', function: join(dir, 'typed.ts') } as const;
    expect((await (await rewardFromConfig(config, '/'))({ ...x, answer: '4' })).overall).toBe(4);
  });

  test('says what is missing', async () => {
    await expect(loadReward('none.mjs#f', dir)).rejects.toThrow(/no file .*none\.mjs/);
    await expect(loadReward('mine.mjs#f', dir)).rejects.toThrow(/no function 'f' \(it exports .*length/);
    await expect(loadReward('mine.mjs#five', dir)).rejects.toThrow(/no function 'five'/);
    await expect(loadReward('mine.mjs#', dir)).rejects.toThrow(/exportName/);
    await expect(loadReward('syntax.mjs#x', dir)).rejects.toThrow(/cannot be loaded/);
    await expect(rewardFromConfig({ grader: 'function' }, dir)).rejects.toThrow(/reward.function is missing/);
  });

  test('says what it gave instead of a number', async () => {
    await expect((await loadReward('mine.mjs#broken', dir))(x)).rejects.toThrow(
      /gave "good"; return a finite number/,
    );
    await expect((await loadReward('mine.mjs#nan', dir))(x)).rejects.toThrow(/gave NaN/);
  });
});
