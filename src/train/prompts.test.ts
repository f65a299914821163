import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Row } from '../data/row.ts';
import { rowsSource } from '../data/source.ts';
import { makeRow } from '../data/tasks/make.ts';
import { DataError } from '../errors.ts';
import { blankMask } from '../mask/blank.ts';
import { randomMask } from '../mask/random.ts';
import type { Mask } from '../mask/types.ts';
import { fakeMaker, fakeRows } from './fake-engine.testing.ts';
import { openPolicy } from './policy.ts';
import { type PromptMaker, promptMaker } from './prompts.ts';
import { shuffled } from './run-data.ts';
import { resolveConfig, setLayer } from './settings.ts';
import { PromptStream } from './stream.ts';

const POLICY = fileURLToPath(new URL('../../test/golden/qwen2_5_vl/tiny_tied', import.meta.url));
const policyText = (...set: string[]) =>
  openPolicy(resolveConfig([`policy=${POLICY}`, 'data.maxPromptTokens=2000', ...set].map(setLayer))).text;
const row: Row = makeRow('prompts', 0);
const masked = { masked: randomMask(0.6) };

describe('a prompt', () => {
  it('has as many pad tokens as the picture has merged patches, in every view', async () => {
    const text = policyText();
    const { prompt } = await promptMaker(text).make(row, masked, ['key']);
    const [t, h, w] = prompt.views.original[0]!.gridThw;
    const pads = prompt.ids_L.filter((id) => id === text.tokenizer.special.imagePad).length;
    expect(pads).toBe((t * h * w) / text.processor.mergeSize ** 2);
    expect(prompt.views.masked![0]!.gridThw).toEqual([t, h, w]);
    expect(text.tokenizer.decode(prompt.ids_L)).toContain('enclosed within \\boxed{}.');
  });

  it('is masked before the resize, by its key alone', async () => {
    const maker = promptMaker(policyText());
    const pixels = async (key: string, mask: Mask = masked.masked) => {
      const { prompt, unchanged } = await maker.make(row, { masked: mask }, [key]);
      return { image: prompt.views.masked![0]!, original: prompt.views.original[0]!, unchanged };
    };
    const [a, again, b] = [await pixels('a'), await pixels('a'), await pixels('b')];
    expect(again.image.pixelValues_NC).toEqual(a.image.pixelValues_NC);
    expect(b.image.pixelValues_NC).not.toEqual(a.image.pixelValues_NC);
    expect(a.unchanged).toBe(0);
    // The picture that was resized is the corrupted one in the original's size: whole 14-pixel squares are black.
    const { rgb } = a.image;
    expect([rgb.width, rgb.height]).toEqual([a.original.rgb.width, a.original.rgb.height]);
    let black = 0;
    for (let y = 0; y < rgb.height; y += 14)
      for (let x = 0; x < rgb.width; x += 14) {
        const at = (dy: number, dx: number) => rgb.data[((y + dy) * rgb.width + x + dx) * 3]!;
        if (at(0, 0) + at(13, 13) + at(7, 3) === 0) black++;
      }
    expect(black / ((rgb.width * rgb.height) / 196)).toBeGreaterThan(0.4);
  });

  it('counts pictures that a mask left as they were', async () => {
    const { unchanged } = await promptMaker(policyText()).make(row, { masked: randomMask(0) }, ['key']);
    expect(unchanged).toBe(1);
    const blank = await promptMaker(policyText()).make(row, { masked: blankMask() }, ['key']);
    expect(blank.unchanged).toBe(0);
  });

  it('takes the words that the policy was trained with, or those that are set', async () => {
    const words = async (...set: string[]) => {
      const text = policyText(...set);
      const { prompt } = await promptMaker(text).make(row, {}, []);
      return text.tokenizer.decode(prompt.ids_L);
    };
    expect(await words("data.formatPrompt='Answer now.'")).toContain('Answer now.');
    expect(await words("data.formatPrompt=''")).not.toContain('boxed');
    expect(await words('data.systemPrompt=Be brief.')).toContain('system\nBe brief.');
  });

  it('brings pictures within the limits that are set, before the mask', async () => {
    const maker = promptMaker(policyText('data.maxPixels=6272'));
    const { prompt } = await maker.make(row, masked, ['key']);
    const { width, height } = prompt.views.masked![0]!.rgb;
    expect(width * height).toBeLessThanOrEqual(6272);
  });

  it('that is too long, or whose marks and pictures differ in number, names the row', async () => {
    const long = promptMaker(policyText('data.maxPromptTokens=20'));
    await expect(long.make(row, {}, [])).rejects.toThrow(
      new RegExp(`^row ${row.id}: the prompt has \\d+ tokens, over data.maxPromptTokens 20`),
    );
    const maker = promptMaker(policyText());
    await expect(maker.make({ ...row, images: [] }, {}, [])).rejects.toThrow(
      `row ${row.id}: 1 <image> mark(s) in the problem but 0 image(s)`,
    );
  });
});

describe('the stream of prompts', () => {
  const open = (rows = fakeRows(10), maker: PromptMaker = fakeMaker, position = 0) =>
    new PromptStream({ rows: shuffled(rowsSource(rows), 1), maker, seed: 1, position });
  const ids = async (stream: PromptStream, count: number) =>
    (await stream.take(count, {})).map((made) => made.row.id);

  it('visits every row once an epoch, in another order each', async () => {
    const stream = open();
    const [first, second] = [await ids(stream, 10), await ids(stream, 10)];
    expect(new Set(first).size).toBe(10);
    expect(new Set(second).size).toBe(10);
    expect(second).not.toEqual(first);
  });

  it('goes on from a position as if it had never stopped, whatever was made ahead', async () => {
    const whole = await ids(open(), 25);
    const stream = open();
    stream.prefetch(7, {});
    const head = await ids(stream, 4);
    stream.prefetch(5, masked);
    const later = open(undefined, undefined, stream.position);
    expect([...head, ...(await ids(later, 21))]).toEqual(whole);
  });

  it('makes a prompt again where the views have changed, and once where they have not', async () => {
    const made: string[] = [];
    const maker: PromptMaker = {
      ...fakeMaker,
      make: (r, views, key) => {
        made.push(Object.keys(views).join());
        return fakeMaker.make(r, views, key);
      },
    };
    const stream = open(undefined, maker);
    stream.prefetch(3, masked);
    await stream.take(3, masked);
    expect(made).toEqual(['masked', 'masked', 'masked']);
    stream.prefetch(2, {});
    const taken = await stream.take(2, masked);
    expect(taken.every(({ prompt }) => prompt.views.masked)).toBe(true);
    expect(made).toHaveLength(3 + 2 + 2);
  });

  it('passes a fault of ours on instead of skipping the row', async () => {
    const maker: PromptMaker = {
      ...fakeMaker,
      make: () => Promise.reject(new TypeError('a bug')),
    };
    await expect(open(undefined, maker).take(2, {})).rejects.toThrow(TypeError);
    const refuses: PromptMaker = { ...fakeMaker, make: () => Promise.reject(new DataError('no')) };
    await expect(open(undefined, refuses).take(2, {})).rejects.toThrow('8 rows one after another');
  });
});
