import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openPictures, tailsOf } from './archive.ts';
import { optionsIn, optionsOf } from './choices.ts';
import { zipOf } from './zip.testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-archive-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};
const bytes = (text: string) => Buffer.from(text);
const admit = () => {};
const read = async (store: Awaited<ReturnType<typeof openPictures>>, path: string) =>
  Buffer.from(await store.read(path, admit)).toString();

describe('pictures in archives', () => {
  it.each([false, true])('are found by the ends of their paths, deflated: %s', async (deflate) => {
    const zip = file(
      `a${deflate}.zip`,
      zipOf(
        { 'geo/': bytes(''), 'geo/1.png': bytes('one'.repeat(99)), 'x/geo/1.png': bytes('deep') },
        { deflate },
      ),
    );
    const store = await openPictures([], [zip]);
    expect(store.has('./data/images/geo/1.png')).toBe(true);
    expect(store.has('./data/images/geo/2.png')).toBe(false);
    expect(store.has('1.png')).toBe(false);
    expect(await read(store, './data/images/geo/1.png')).toBe('one'.repeat(99));
    expect(await read(store, 'x/geo/1.png')).toBe('deep');
    await expect(store.read('geo/2.png', admit)).rejects.toThrow('geo/2.png: is in none of');
  });

  it('in folders come first, and no path leads out of them', async () => {
    mkdirSync(join(dir, 'images/geo'), { recursive: true });
    file('images/geo/1.png', bytes('unpacked'));
    file('secret.png', bytes('secret'));
    const store = await openPictures(
      [dir],
      [file('b.zip', zipOf({ 'geo/1.png': bytes('packed'), 'geo/2.png': bytes('two') }))],
    );
    expect(await read(store, './data/images/geo/1.png')).toBe('unpacked');
    expect(await read(store, 'geo/2.png')).toBe('two');
    const inner = await openPictures([join(dir, 'images')], []);
    expect(inner.has('../secret.png')).toBe(false);
    expect(tailsOf('a/../b')).toEqual([]);
    expect(tailsOf('.\\data\\a\\b.png')).toEqual(['data/a/b.png', 'a/b.png']);
  });

  it('tell their size before they are read', async () => {
    const store = await openPictures([], [file('c.zip', zipOf({ 'g/1.png': bytes('12345') }))]);
    const sizes: number[] = [];
    await store.read('g/1.png', (n) => sizes.push(n));
    expect(sizes).toEqual([5]);
    const refuse = () => {
      throw new Error('too much');
    };
    await expect(store.read('g/1.png', refuse)).rejects.toThrow('too much');
  });

  it('archives that are missing, cut short or none are named', async () => {
    await expect(openPictures([], [join(dir, 'none.zip')])).rejects.toThrow(
      'none.zip: cannot be read (ENOENT)',
    );
    const whole = zipOf({ 'g/1.png': bytes('12345') });
    await expect(openPictures([], [file('cut.zip', whole.subarray(0, 60))])).rejects.toThrow(
      /cut\.zip: is no whole zip archive .*; download it again/,
    );
    await expect(openPictures([], [file('text.zip', bytes('not a zip'.repeat(9)))])).rejects.toThrow(
      'is no whole zip archive',
    );
    const torn = Buffer.from(zipOf({ 'g/1.png': bytes('12345'.repeat(200)) }, { deflate: true }));
    torn.fill(0xff, 40, 50);
    const store = await openPictures([], [file('torn.zip', torn)]);
    await expect(store.read('g/1.png', admit)).rejects.toThrow(/torn\.zip: g\/1\.png cannot be read/);
  });
});

describe('options', () => {
  it.each<[unknown, string[] | undefined]>([
    ['A. 30; B. 60; C. 90; D. No correct answer', ['30', '60', '90', 'No correct answer']],
    [`['<image 1>', "it's none"]`, ['<image 1>', "it's none"]],
    ["['one']", ['one']],
    [
      ['x', 'y'],
      ['x', 'y'],
    ],
    [
      ['A. x', 'B. y'],
      ['x', 'y'],
    ],
    ['["p", "q"]', ['p', 'q']],
    [{ label: ['A', 'B'], text: ['u', 'v'] }, ['u', 'v']],
    [null, undefined],
    ['', undefined],
    ['a text', undefined],
  ])('of a column %j', (value, wanted) => expect(optionsOf(value)).toEqual(wanted));

  it.each<[string, string[] | undefined]>([
    ['Find x.\nChoices:\nA:14cm²\nB:2.5\nC:cannot be told', ['14cm²', '2.5', 'cannot be told']],
    ['Which? A. 1 B. 2', ['1', '2']],
    ['As (A) and (B) show, which?\n(A) up (B) down', ['up', 'down']],
    ['A、一\nB、二', ['一', '二']],
    ['Line AB. and C. meet', undefined],
    ['A. 1\nB. 2\n\nAnswer with a letter.', ['1', '2']],
    ['no options', undefined],
  ])('in a text %j', (text, wanted) => expect(optionsIn(text)).toEqual(wanted));
});
