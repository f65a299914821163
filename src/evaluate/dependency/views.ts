/**
 * What a question becomes when its picture is taken away or changed. Every view keeps the words of the question, and all
 * but `none` keep the size of the picture, so that a prompt has as many tokens as before.
 */
import { MARK } from '../../data/marks.ts';
import { DataError, PapoError } from '../../errors.ts';
import type { Mask } from '../../mask/types.ts';
import { maskedViews } from '../../mask/views.ts';
import { random } from '../../random.ts';
import { capPixels, capSize } from '../../vision/cap.ts';
import { decodeImage, imageSize } from '../../vision/decode.ts';
import { encodePng } from '../../vision/encode.ts';
import { resizeBicubic } from '../../vision/resize.ts';
import type { Item, Suite } from '../types.ts';

export const VIEWS = ['original', 'masked', 'blank', 'other', 'none'] as const;
export type View = (typeof VIEWS)[number];

/** What reports and help say of each. */
export const VIEW_WORDS: Record<View, string> = {
  original: 'the question as it is',
  masked: 'its picture masked, as in training',
  blank: 'a black picture of the same size',
  other: "the picture of another question of the same task, brought to this one's size",
  none: 'no picture at all, and no mark of one: the blind control',
};

/**
 * Views without any picture of the world. `other` is not among them: one other picture may happen to show the same answer,
 * which says nothing of this question's words.
 */
export const BLIND: readonly View[] = ['none', 'blank'];

export interface ViewSettings {
  /** For `masked`. */
  mask: Mask;
  /** What every draw goes by. */
  seed: string;
  /** Limits that a prompt brings pictures within: a view is made of the picture as it is then. */
  pixels: { min?: number; max?: number };
}

/** Makes a question into its view. */
export type ViewOf = (item: Item) => Promise<Item>;

/**
 * @param suite where `other` takes its pictures from
 * @throws ImageError for a picture that cannot be decoded, DataError where `other` finds no other picture; the mask's own
 */
export function viewOf(view: View, suite: Suite, settings: ViewSettings): ViewOf {
  switch (view) {
    case 'original':
      return async (item) => item;
    case 'none':
      return async (item) => withPictures(item, []);
    case 'blank':
      return (item) => eachPicture(item, (bytes, name) => blank(bytes, name, settings));
    case 'masked':
      return (item) => masked(item, suite, settings);
    case 'other':
      return (item) => other(item, suite, settings);
  }
}

/** The suite as it is asked under a view: its name and the keys of its questions stay, so that answers are paired by them. */
export function viewSuite(suite: Suite, view: View, settings: ViewSettings): Suite {
  const make = viewOf(view, suite, settings);
  return {
    ...suite,
    notes: [...suite.notes, `view ${view}: ${VIEW_WORDS[view]}`],
    item: async (i) => make(await suite.item(i)),
  };
}

function withPictures(item: Item, images: Uint8Array[]): Item {
  const { row } = item;
  const problem = images.length > 0 ? row.problem : row.problem.replaceAll(MARK, '').trim();
  return { ...item, row: { ...row, problem, images } };
}

const pictureName = ({ row }: Item, i: number) => `row ${row.id}, image ${i + 1}`;

async function eachPicture(
  item: Item,
  change: (bytes: Uint8Array, name: string) => Promise<Uint8Array>,
): Promise<Item> {
  const images: Uint8Array[] = [];
  for (const [i, bytes] of item.row.images.entries()) images.push(await change(bytes, pictureName(item, i)));
  return withPictures(item, images);
}

/** Width and height that the prompt brings a picture to before anything else. */
async function cappedSize(bytes: Uint8Array, name: string, { pixels }: ViewSettings) {
  const { width, height } = await imageSize(bytes, name);
  const once = capSize(width, height, undefined, pixels.max);
  return capSize(once.width, once.height, pixels.min);
}

async function blank(bytes: Uint8Array, name: string, settings: ViewSettings): Promise<Uint8Array> {
  const { width, height } = await cappedSize(bytes, name, settings);
  return encodePng({ width, height, data: new Uint8Array(width * height * 3) });
}

async function masked(item: Item, suite: Suite, { mask, seed, pixels }: ViewSettings): Promise<Item> {
  const before = await Promise.all(
    item.row.images.map(async (bytes, i) =>
      capPixels(await decodeImage(bytes, pictureName(item, i)), pixels.min, pixels.max),
    ),
  );
  const key = [seed, 'masked', suite.name, item.key];
  const { images, unchanged } = await maskedViews(before, mask, key, `row ${item.row.id}`);
  if (before.length > 0 && unchanged === before.length)
    throw new DataError(
      `row ${item.row.id}: the mask ${mask.name} left its picture as it was; choose a stronger one with --mask`,
    );
  return withPictures(item, await Promise.all(images.map((image) => encodePng(image))));
}

/** Questions that are looked at for another picture before all of them are. */
const DRAWS = 24;

async function other(item: Item, suite: Suite, settings: ViewSettings): Promise<Item> {
  const own = item.row.images.map((bytes) => Buffer.from(bytes));
  if (own.length === 0) return item;
  const rng = random(settings.seed, 'other', suite.name, item.key);
  const strange = (candidate: Item) =>
    candidate.row.images.filter((bytes) => own.every((mine) => !mine.equals(bytes)));
  let found: Uint8Array[] | undefined;
  for (const at of order(rng, suite.length)) {
    const candidate = await readable(suite, at);
    const pictures = candidate ? strange(candidate) : [];
    if (!candidate || pictures.length === 0) continue;
    found ??= pictures;
    if (candidate.task !== item.task) continue;
    found = pictures;
    break;
  }
  if (!found)
    throw new DataError(
      `row ${item.row.id}: ${suite.name} has no other picture than its own; leave the view 'other' out with --views`,
    );
  const images: Uint8Array[] = [];
  for (const [i, bytes] of item.row.images.entries()) {
    const size = await cappedSize(bytes, pictureName(item, i), settings);
    const picture = await decodeImage(found[i % found.length], `another picture for row ${item.row.id}`);
    images.push(await encodePng(resizeBicubic(picture, size.width, size.height)));
  }
  return withPictures(item, images);
}

/** Some at random, then all in turn: a task that is rare in a large suite is still found. */
function* order(rng: ReturnType<typeof random>, length: number): Generator<number> {
  for (let n = 0; n < DRAWS; n++) yield rng.int(length);
  const from = rng.int(length);
  for (let n = 0; n < length; n++) yield (from + n) % length;
}

async function readable(suite: Suite, at: number): Promise<Item | undefined> {
  try {
    return await suite.item(at);
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    return undefined;
  }
}
