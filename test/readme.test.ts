/** What the README shows is what the tool does. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openData } from '../src/data/source.ts';
import { loadFunctionMask } from '../src/mask/kinds/function.ts';
import { random } from '../src/random.ts';
import { loadReward } from '../src/reward/user-function.ts';
import { evaluationLine, progressLine } from '../src/train/progress.ts';

const README = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');
const dir = mkdtempSync(join(tmpdir(), 'papo-readme-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The code block that starts with a line of `// <file>`, as that file. */
function fileOf(name: string): string {
  const code = new RegExp(`\`\`\`js\\n(// ${name}\\n.*?)\`\`\``, 's').exec(README)?.[1];
  writeFileSync(join(dir, name), code!);
  return name;
}

it('its reward runs', async () => {
  const score = await loadReward(`${fileOf('my-reward.mjs')}#score`, dir);
  expect(await score({ response: 'it is 3', answer: '3', row: {} })).toMatchObject({
    overall: 0.993,
    accuracy: 1,
  });
});

it('its mask runs', async () => {
  const mask = await loadFunctionMask('mask.module', `${fileOf('my-mask.mjs')}#topHalf`, 0.5, dir);
  const image = { width: 2, height: 2, data: new Uint8Array(12).fill(9) };
  const masked = await mask.apply(image, random('readme'));
  expect([...masked.data]).toEqual([0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9]);
});

it('its rows are read', async () => {
  const rows = /```json\n(.*?)```/s.exec(README)![1];
  mkdirSync(join(dir, 'pictures'));
  writeFileSync(join(dir, 'pictures/7.png'), 'a picture');
  writeFileSync(join(dir, 'train.jsonl'), rows);
  const source = await openData(join(dir, 'train.jsonl'), 'train');
  expect(source.length).toBe(rows.trim().split('\n').length);
  const [first, second, third] = [await source.row(0), await source.row(1), await source.row(2)];
  expect(new TextDecoder().decode(first.images[0])).toBe('a picture');
  for (const row of [second, third])
    expect([...row.images[0].subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  expect(third.problem).toBe('What is 2 + x in <image>?');
});

const numbers = (text: string) => [...text.matchAll(/[\d.]+/g)].map(Number);
const shape = (text: string) =>
  text
    .replace(/\d+ min \d+ s|\d+ s(?= left)/g, 'TIME')
    .replace(/[\d.]+/g, '#')
    .replace(/ +/g, ' ');

it('its output is that of the command that it shows', () => {
  const output = README.slice(README.indexOf('<!-- run -->'), README.indexOf('## What it reaches'));
  const lines = output.split('\n').map((line) => line.slice(4));
  const steps = lines.filter((line) => /^step +\d+\/\d+/.test(line));
  expect(steps.length).toBeGreaterThan(2);
  for (const line of steps) {
    const [step, stepCount, reward, accuracy, klPrcp, entropy, seconds] = numbers(line);
    const view = { step, steps: stepCount, reward, accuracy: accuracy / 100, klPrcp, entropy };
    expect(shape(line)).toBe(shape(progressLine({ ...view, seconds, meanSeconds: seconds })));
  }
  const before = lines.find((line) => line.startsWith('before training'))!;
  const [sampled, greedy, rows, samples] = numbers(before);
  const all = { sampled: sampled / 100, greedy: greedy / 100 };
  expect(before).toBe(evaluationLine('before training, test', { all, rows, samples }));
  const first = (way: string) =>
    numbers(lines.find((line) => line.startsWith(`    ${way}  `)) ?? '')[way === 'greedy' ? 0 : 1];
  expect([first('temperature 1'), first('greedy')]).toEqual([sampled, greedy]);
  expect(output).toContain('runs/papo-g-seed1 (seed 1; settings in runs/papo-g-seed1/config.yaml)');
});
