import { describe, expect, it } from 'vitest';
import { MARK } from '../../data/marks.ts';
import { blankKind } from '../../mask/kinds/blank.ts';
import { randomMask } from '../../mask/kinds/random.ts';
import { capSize } from '../../vision/cap.ts';
import { decodeImage } from '../../vision/decode.ts';
import { encodePng } from '../../vision/encode.ts';
import type { RgbImage } from '../../vision/image.ts';
import { builtinItems, suiteOf } from '../suite.testing.ts';
import type { Item } from '../types.ts';
import { VIEWS, type ViewSettings, viewOf, viewSuite } from './views.ts';

const items = builtinItems(27);
const suite = suiteOf(items);
const settings: ViewSettings = { mask: randomMask(0.6), seed: 'seed', pixels: {} };

const picture = async (item: Item, i = 0) => decodeImage(item.row.images[i], 'picture');
const equal = (a: RgbImage, b: RgbImage) => Buffer.from(a.data).equals(b.data);
const share = (data: Uint8Array) => data.filter((v) => v === 0).length / data.length;

/** A picture whose pixels are never black. */
async function bright(id: string, width: number, height: number, value: number): Promise<Item> {
  const png = await encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
  return { key: id, row: { id, problem: `${MARK}What?`, images: [png], answer: '1' } };
}

describe('views', () => {
  it.each(VIEWS)('%s leaves the question, its key and the original as they are', async (view) => {
    const before = structuredClone(items[3].row);
    const made = await viewOf(view, suite, settings)(items[3]);
    expect(items[3].row).toEqual(before);
    expect({ ...made, row: null }).toEqual({ ...items[3], row: null });
    expect(made.row.problem.replaceAll(MARK, '')).toBe(before.problem.replaceAll(MARK, ''));
    expect({ ...made.row, problem: '', images: [] }).toEqual({ ...before, problem: '', images: [] });
    const marks = made.row.problem.split(MARK).length - 1;
    expect(marks).toBe(made.row.images.length);
    expect(marks).toBe(view === 'none' ? 0 : 1);
  });

  it('original is the very question', async () => {
    expect(await viewOf('original', suite, settings)(items[0])).toBe(items[0]);
  });

  it('blank is black and of the size that the prompt brings the picture to', async () => {
    const item = await bright('a', 120, 80, 200);
    const all = await picture(await viewOf('blank', suite, settings)(item));
    expect([all.width, all.height, share(all.data)]).toEqual([120, 80, 1]);
    const pixels = { max: 2000 };
    const capped = await picture(await viewOf('blank', suite, { ...settings, pixels })(item));
    expect([capped.width, capped.height]).toEqual(Object.values(capSize(120, 80, undefined, 2000)));
  });

  it('masked blackens the share of the picture that the mask says, at the same places each time', async () => {
    const item = await bright('a', 140, 140, 200);
    const make = viewOf('masked', suite, settings);
    const first = await picture(await make(item));
    expect([first.width, first.height]).toEqual([140, 140]);
    expect(share(first.data)).toBeGreaterThan(0.5);
    expect(share(first.data)).toBeLessThan(0.7);
    expect(equal(await picture(await make(item)), first)).toBe(true);
    const another = viewOf('masked', suite, { ...settings, seed: 'another' });
    expect(equal(await picture(await another(item)), first)).toBe(false);
    const question = { ...item, key: 'b' };
    expect(equal(await picture(await make(question)), first)).toBe(false);
  });

  it('masked is masked at the size of the prompt, not before', async () => {
    const item = await bright('a', 280, 280, 200);
    const max = 140 * 140;
    const small = await picture(await viewOf('masked', suite, { ...settings, pixels: { max } })(item));
    expect([small.width, small.height]).toEqual([140, 140]);
    // Squares of 14 pixels at that size: a resize afterwards would have left values between.
    expect(new Set(small.data)).toEqual(new Set([0, 200]));
  });

  it('masked refuses a mask that hides nothing', async () => {
    const none = { ...settings, mask: randomMask(0) };
    await expect(viewOf('masked', suite, none)(items[0])).rejects.toThrow(/left its picture as it was/);
  });

  it('any mask will do', async () => {
    const mask = await blankKind.open(
      { kind: 'blank' },
      { baseDir: '.', setting: 'mask', openScorer: () => Promise.reject() },
    );
    const made = await viewOf('masked', suite, { ...settings, mask })(items[0]);
    expect(share((await picture(made)).data)).toBe(1);
  });

  it('other shows a picture of another question of the same task, the same each time', async () => {
    const make = viewOf('other', suite, settings);
    const pixels = await Promise.all(items.map(async (item) => Buffer.from((await picture(item)).data)));
    for (const [i, item] of items.entries()) {
      const shown = Buffer.from((await picture(await make(item))).data);
      const from = pixels.findIndex((data) => data.equals(shown));
      expect(from).toBeGreaterThanOrEqual(0);
      expect(from).not.toBe(i);
      expect(items[from].task).toBe(item.task);
      expect((await make(item)).row.images).toEqual((await make(item)).row.images);
    }
  });

  it("other has this picture's size and passes over equal pictures", async () => {
    const [a, twin, b] = await Promise.all([
      bright('a', 60, 40, 9),
      bright('twin', 60, 40, 9),
      bright('b', 30, 90, 77),
    ]);
    const shown = await picture(await viewOf('other', suiteOf([a, twin, b]), settings)(a));
    expect([shown.width, shown.height, shown.data[0]]).toEqual([60, 40, 77]);
    const alone = viewOf('other', suiteOf([a, twin]), settings)(a);
    await expect(alone).rejects.toThrow(/no other picture/);
  });

  it('a question without a picture stays as it is', async () => {
    const item: Item = { key: 't', row: { id: 't', problem: '2 + 2?', images: [], answer: '4' } };
    for (const view of VIEWS) expect(await viewOf(view, suite, settings)(item)).toEqual(item);
  });

  it('a suite under a view keeps its name, and says which view it is', async () => {
    const seen = viewSuite(suite, 'none', settings);
    expect([seen.name, seen.length]).toEqual([suite.name, suite.length]);
    expect((await seen.item(2)).row.images).toEqual([]);
    expect(seen.notes.join()).toMatch(/view none/);
  });
});
