import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeRow } from '../data/builtin/make.ts';
import type { Row } from '../data/row.ts';
import { UnusableRow } from '../data/skip.ts';
import { rowsSource } from '../data/source.ts';
import { DataError } from '../errors.ts';
import { blankMask } from '../mask/kinds/blank.ts';
import { randomMask } from '../mask/kinds/random.ts';
import type { Mask } from '../mask/types.ts';
import { resolveConfig, setLayer } from '../settings/resolve.ts';
import { fakeMaker, fakeRows } from '../train/fake-engine.testing.ts';
import { shuffled } from './data.ts';
import { openPolicy } from './policy.ts';
import { type PromptMaker, promptMaker } from './prompts.ts';
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
    const [t, h, w] = prompt.views.original[0].gridThw;
    const pads = prompt.ids_L.filter((id) => id === text.tokenizer.special.imagePad).length;
    expect(pads).toBe((t * h * w) / text.processor.mergeSize ** 2);
    expect(prompt.views.masked[0].gridThw).toEqual([t, h, w]);
    expect(text.tokenizer.decode(prompt.ids_L)).toContain('enclosed within \\boxed{}.');
  });

  it('is masked before the resize, by its key alone', async () => {
    const maker = promptMaker(policyText());
    const pixels = async (key: string, mask: Mask = masked.masked) => {
      const { prompt, unchanged } = await maker.make(row, { masked: mask }, [key]);
      return { image: prompt.views.masked[0], original: prompt.views.original[0], unchanged };
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
        const at = (dy: number, dx: number) => rgb.data[((y + dy) * rgb.width + x + dx) * 3];
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
    const { width, height } = prompt.views.masked[0].rgb;
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

describe('a row of another origin', () => {
  const textOf = async (of: Row, ...set: string[]) => {
    const text = policyText(...set);
    return text.tokenizer.decode((await promptMaker(text).make(of, masked, ['key'])).prompt.ids_L);
  };

  it('without a picture is a prompt without one, in every view', async () => {
    const { prompt, unchanged } = await promptMaker(policyText()).make(
      { id: 'text', problem: '1 + 1?', images: [], answer: '2' },
      masked,
      ['key'],
    );
    expect(prompt.views).toEqual({ original: [], masked: [] });
    expect(unchanged).toBe(0);
    expect(policyText().tokenizer.decode(prompt.ids_L)).not.toContain('<|image_pad|>');
  });

  it('keeps its system message unless one is set', async () => {
    const own = { ...row, system: 'Be kind.' };
    expect(await textOf(own)).toContain('system\nBe kind.');
    const set = await textOf(own, 'data.systemPrompt=Be brief.');
    expect(set).toContain('system\nBe brief.');
    expect(set).not.toContain('kind');
  });

  it('is refused for its length before it is tokenized, for its pixels before they are decoded', async () => {
    const maker = promptMaker(policyText());
    const long = { ...row, problem: `<image>${'q '.repeat(2.5e6)}` };
    await expect(maker.make(long, {}, [])).rejects.toMatchObject({
      reason: 'too long',
      message: expect.stringContaining(
        'has 5000007 characters, over 16 for each of data.maxPromptTokens 2000',
      ),
    });
    const wide = Buffer.from(row.images[0]);
    wide.writeUInt32BE(6000, 16);
    wide.writeUInt32BE(6000, 20);
    wide.writeUInt32BE(crc32(wide.subarray(12, 29)), 29);
    const two = { ...row, problem: '<image><image>', images: [wide, wide] };
    await expect(maker.make(two, {}, [])).rejects.toThrow(
      `row ${row.id}: its pictures have over 50331648 pixels together; make them smaller`,
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

  it('skips a row whose picture is gone, and counts it under its reason', async () => {
    const source = rowsSource(fakeRows(10));
    const read = source.row;
    const gone = {
      ...source,
      row: (i: number) => (i === 3 ? Promise.reject(new UnusableRow('no image', 'gone')) : read(i)),
    };
    const told: string[] = [];
    const rows = shuffled(gone, 1, (why) => told.push(why.message));
    const stream = new PromptStream({ rows, maker: fakeMaker, seed: 1, position: 0 });
    expect((await ids(stream, 18)).length).toBe(18);
    expect(stream.skipped).toBe(2);
    expect(told).toEqual(['gone']);
    expect(source.report.skipped).toEqual({ 'no image': 1 });
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
