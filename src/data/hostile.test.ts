/** Rows that are broken, absurd or hostile: each is left out and counted, and the others are read. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_PROBLEM } from './assemble.ts';
import { makeRow } from './builtin/make.ts';
import { MAX_IMAGE_BYTES, MAX_IMAGES } from './pictures.ts';
import { openData, type SkipReason } from './source.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-hostile-'));
afterAll(() => rmSync(dir, { recursive: true }));

const PNG = makeRow('hostile', 0).images[0];
const picture = (name: string) => {
  writeFileSync(join(dir, name), PNG);
  return name;
};
const good = { problem: 'a?', answer: '1', images: [picture('good.png')] };

let files = 0;
function write(lines: readonly string[]): string {
  const file = join(dir, `h${files++}.jsonl`);
  writeFileSync(file, lines.join('\n'));
  return file;
}
const open = (rows: readonly object[]) => openData(write(rows.map((row) => JSON.stringify(row))), 'train');

describe('one bad row', () => {
  mkdirSync(join(dir, 'folder'));
  symlinkSync('loop-b.png', join(dir, 'loop-a.png'));
  symlinkSync('loop-a.png', join(dir, 'loop-b.png'));
  symlinkSync('/dev/zero', join(dir, 'zero.png'));
  writeFileSync(join(dir, 'empty.png'), '');
  execFileSync('mkfifo', [join(dir, 'pipe.png')]);

  const image = (images: unknown) => ({ ...good, images });
  it.each<[string, object, SkipReason]>([
    ['a NUL in a path', image(['a\0.png']), 'no image'],
    ['a path of 100,000 characters', image(['x'.repeat(100_000)]), 'no image'],
    ['a loop of links', image(['loop-a.png']), 'no image'],
    ['a folder', image(['folder']), 'no image'],
    ['a pipe', image(['pipe.png']), 'no image'],
    ['a device behind a link', image(['zero.png']), 'no image'],
    ['an empty file', image(['empty.png']), 'no image'],
    ['a picture that is a number', image([7]), 'no image'],
    ['a picture that is a list of lists', image([[['good.png']]]), 'no image'],
    ['a null among pictures', image(['good.png', null]), 'no image'],
    ['a URL', image(['https://example.org/a.png']), 'image by URL'],
    ['10,000 pictures', image(Array(10_000).fill('good.png')), 'too many images'],
    ['a question of 5 MB', { ...good, problem: 'q'.repeat(5e6) }, 'too long'],
    ['a question of 5 MB of brackets', { ...good, problem: '['.repeat(5e6) }, 'too long'],
    ['options of 5 MB', { ...good, options: `[${"'a',".repeat(1e6)}]` }, 'too long'],
    ['an answer of 1 MB', { ...good, answer: '1'.repeat(1e6) }, 'too long'],
    ['a question that is an object', { ...good, problem: { a: 1 } }, 'wrong type'],
    ['an answer that is a list of two', { ...good, answer: ['1', '2'] }, 'wrong type'],
    ['an answer in an object', { ...good, answer: { value: 1 } }, 'wrong type'],
    ['a null for an answer', { ...good, answer: null }, 'no answer'],
    ['an empty box', { ...good, answer: '\\boxed{}' }, 'no answer'],
    ['white space', { ...good, problem: ' \n\t' }, 'no problem'],
    ['more marks than pictures', { ...good, problem: '<image><image>' }, 'no image'],
    ['a mark of no picture', { ...good, problem: '<image 3><image 4>' }, 'image marks'],
  ])('%s', async (_, bad, reason) => {
    const start = process.cpuUsage();
    const { report, length } = await open([good, bad, good]);
    expect([length, report.skipped]).toEqual([2, { [reason]: 1 }]);
    const { user, system } = process.cpuUsage(start);
    // Of the processor, as the machine may be busy with something else.
    expect(user + system).toBeLessThan(2e6);
  });

  it('that is no JSON, or JSON of another kind, is one of the file', async () => {
    const text = JSON.stringify(good);
    const source = await openData(write([text, '{"cut', '[1]', '7', 'null', '\uFFFF', text]), 'train');
    expect(source.report).toMatchObject({ rows: 7, skipped: { 'not JSON': 5 } });
    expect((await source.row(1)).id).toBe('h24:7');
  });

  it.each<[string, () => void, RegExp]>([
    ['removed', () => unlinkSync(join(dir, 'going.png')), /"going\.png" is not there; put it back/],
    [
      'made a pipe',
      () => {
        rmSync(join(dir, 'going.png'), { force: true });
        execFileSync('mkfifo', [join(dir, 'going.png')]);
      },
      /"going\.png" is not there/,
    ],
    [
      'made too large',
      () => {
        rmSync(join(dir, 'going.png'), { force: true });
        writeFileSync(join(dir, 'going.png'), '');
        truncateSync(join(dir, 'going.png'), MAX_IMAGE_BYTES + 1);
      },
      /its pictures take over 128 MB/,
    ],
  ])('whose picture is %s while the run goes on is left out then', async (_, happen, says) => {
    rmSync(join(dir, 'going.png'), { force: true });
    const source = await open([{ ...good, images: [picture('going.png')] }, good]);
    expect((await source.row(0)).images).toHaveLength(1);
    happen();
    const error: unknown = await source.row(0).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'DataError', message: expect.stringMatching(says) });
    expect(error).toHaveProperty('reason');
    expect((await source.row(1)).answer).toBe('1');
  });

  it('of a file that is changed under a run is told of, and the others are read', async () => {
    const text = JSON.stringify(good);
    const file = write([text, text]);
    const source = await openData(file, 'train');
    writeFileSync(file, `${'x'.repeat(text.length)}\n${text}`);
    await expect(source.row(0)).rejects.toThrow(/:1: no longer the row that it was/);
    expect((await source.row(1)).answer).toBe('1');
  });
});

describe('bounds', () => {
  it('let through what is just inside of them', async () => {
    const many = { ...good, images: Array(MAX_IMAGES).fill('good.png') };
    const source = await open([many, { ...good, problem: 'q'.repeat(MAX_PROBLEM) }]);
    expect(source.report.skipped).toEqual({});
    expect((await source.row(0)).images).toHaveLength(MAX_IMAGES);
  });

  it('reach back out of the folder only where a path says so', async () => {
    mkdirSync(join(dir, 'inner'), { recursive: true });
    const file = join(dir, 'inner/rows.jsonl');
    writeFileSync(file, JSON.stringify({ ...good, images: ['../good.png'] }));
    expect((await openData(file, 'train')).length).toBe(1);
    writeFileSync(file, JSON.stringify({ ...good, images: ['good.png'] }));
    await expect(openData(file, 'train')).rejects.toThrow('no image: 1');
  });
});

describe('any JSON at all', () => {
  it('in any column is read or counted, never a fault of ours', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(
        'good.png',
        '<image>',
        '<image 2>',
        '\\boxed{',
        '<answer>',
        'data:image/png;base64,',
        'file://',
      ),
      fc.array(fc.record({ role: fc.constantFrom('user', 'assistant', 'x'), content: fc.jsonValue() }), {
        maxLength: 3,
      }),
    );
    const column = fc.constantFrom(
      'problem',
      'answer',
      'images',
      'image',
      'image_1',
      'options',
      'id',
      'meta',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(column, value), { minLength: 1, maxLength: 6 }),
        async (rows) => {
          const file = join(dir, 'any.jsonl');
          writeFileSync(file, [good, ...rows].map((row) => JSON.stringify(row)).join('\n'));
          const source = await openData(file, 'train').catch((error: unknown) => {
            expect(error).toMatchObject({ name: 'DataError' });
            expect((error as Error).message).not.toContain('\n');
          });
          if (!source) return;
          const left = Object.values(source.report.skipped).reduce((a, b) => a + b, 0);
          expect(source.length + left).toBe(rows.length + 1);
          for (let i = 0; i < source.length; i++) {
            const { problem, images, answer } = await source.row(i);
            expect(problem.split('<image>').length - 1).toBe(images.length);
            expect(answer.trim()).not.toBe('');
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
