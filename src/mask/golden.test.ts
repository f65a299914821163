import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import { decodeImage } from '../vision/decode.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import { blackenSquares } from './blacken.ts';
import { semanticMask, semanticMaskFrom } from './kinds/semantic.ts';

const golden = new URL('../../test/golden/', import.meta.url);
const bytesOf = (path: string) => readFileSync(new URL(path, golden));
const picture = (path: string) => decodeImage(bytesOf(path), path);

interface Case {
  src: string;
  mode_in: string;
  mode_out: string;
  patch_size: number;
  black_prob: number;
  numpy_seed: number;
  uniform_draws_row_major: number[];
  out: string;
}

/** Our masked picture for the draws of a case, having used every one of them. */
async function blackened(c: Case): Promise<{ source: RgbImage; masked: RgbImage }> {
  const source = await picture(`image/${c.src}`);
  let used = 0;
  const draw = () => c.uniform_draws_row_major[used++];
  const masked = blackenSquares(source, c.black_prob, draw, c.patch_size);
  expect(used).toBe(c.uniform_draws_row_major.length);
  return { source, masked };
}

/** What NumPy sees of a source: bits, 16-bit samples modulo 256, inks; of a palette picture the colours, [H·W·C]. */
async function rawSamples(c: Case): Promise<Uint8Array> {
  const input = sharp(bytesOf(`image/${c.src}`), { ignoreIcc: true });
  if (c.mode_in === '1')
    return (await picture(`image/${c.src}`)).data.filter((_, i) => i % 3 === 0).map((v) => v / 255);
  if (c.mode_in === 'CMYK') return input.pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer();
  if (c.mode_in === 'P') return (await picture(`image/${c.src}`)).data;
  const wide = await input.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  return wide.filter((_, i) => i % 2 === 0);
}

/** The values of the square of a picture whose corner is at (left, top), cut off at the edges. */
function pixels(img: RgbImage, left: number, top: number, side: number): number[] {
  const out: number[] = [];
  const right = Math.min(left + side, img.width);
  for (let y = top; y < Math.min(top + side, img.height); y++)
    out.push(...img.data.subarray((y * img.width + left) * 3, (y * img.width + right) * 3));
  return out;
}

/** `np.random.seed(seed)`, then `np.random.rand()` at each call: MT19937 (Matsumoto, Nishimura 1998), 53 bits a draw. */
function mt19937(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let used = 624;
  const next = () => {
    if (used === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      used = 0;
    }
    let y = state[used++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

const cases: Case[] = JSON.parse(bytesOf('image/blackening.json').toString('utf8')).cases;
/** Modes in which the public code masks pixels and not palette indices or samples of another meaning. */
const SOUND = ['RGB', 'RGBA', 'L', 'LA'];

describe("random_patch_blackening, the public code's own pictures", () => {
  const sound = cases.filter((c) => SOUND.includes(c.mode_in));
  test.each(sound)('$out ($mode_in) exactly', async (c) => {
    const { masked } = await blackened(c);
    expect(sameImage(masked, await picture(`image/${c.out}`))).toBe(true);
  });

  const faulty = cases.filter((c) => !SOUND.includes(c.mode_in));
  test.each(faulty)('$out ($mode_in): the same squares, but the colours of the RGB picture', async (c) => {
    const { source, masked } = await blackened(c);
    const theirs = await picture(`image/${c.out}`);
    expect([theirs.width, theirs.height]).toEqual([source.width, source.height]);
    const columns = Math.ceil(source.width / c.patch_size);
    const lit = new Set<number>();
    const black = new Set<number>();
    c.uniform_draws_row_major.forEach((draw, square) => {
      const [left, top] = [square % columns, Math.floor(square / columns)].map((v) => v * c.patch_size);
      const at = (img: RgbImage) => pixels(img, left, top, c.patch_size);
      if (draw < c.black_prob) {
        // Black there, so black here: index 0, ink 0 and sample 0 are what the public code writes in every mode.
        black.add(square);
        expect(at(theirs).every((v) => v === 0)).toBe(true);
        expect(at(masked).every((v) => v === 0)).toBe(true);
      } else {
        expect(at(masked)).toEqual(at(source));
        if (at(theirs).some((v) => v > 0)) lit.add(square);
      }
    });
    // Something shines in every square that was kept, so their picture alone tells the squares, too.
    expect(black.size).toBeGreaterThan(0);
    expect(lit.size).toBeGreaterThan(0);
    expect(lit.size + black.size).toBe(c.uniform_draws_row_major.length);
    expect(sameImage(masked, theirs)).toBe(false);
  });

  test.each(faulty)(
    '$out ($mode_in) keeps raw samples, which is why it is no picture to follow',
    async (c) => {
      const theirs = await sharp(bytesOf(`image/${c.out}`))
        .raw()
        .toBuffer({ resolveWithObject: true });
      const raw = await rawSamples(c);
      const { channels } = theirs.info;
      const perPixel = channels === 4 ? 4 : 1;
      const { width, height } = theirs.info;
      const columns = Math.ceil(width / c.patch_size);
      const colours = new Map<number, Set<string>>();
      for (let i = 0; i < width * height; i++) {
        const [column, row] = [i % width, Math.floor(i / width)].map((v) => Math.floor(v / c.patch_size));
        const black = c.uniform_draws_row_major[row * columns + column] < c.black_prob;
        const got = [...theirs.data.subarray(i * channels, i * channels + perPixel)];
        if (black) expect(got).toEqual(got.map(() => 0));
        else if (c.mode_in === 'P') {
          const colour = raw.subarray(3 * i, 3 * i + 3).join();
          colours.set(got[0], (colours.get(got[0]) ?? new Set()).add(colour));
        } else expect(got).toEqual([...raw.subarray(i * perPixel, (i + 1) * perPixel)]);
      }
      // A palette's index stands for one colour.
      for (const found of colours.values()) expect(found.size).toBe(1);
      expect(colours.size > 1).toBe(c.mode_in === 'P');
    },
  );

  test.each(cases)('$out is of mode $mode_out and takes the draws of NumPy for its seed', async (c) => {
    const { channels } = await sharp(bytesOf(`image/${c.out}`)).metadata();
    expect(channels).toBe({ L: 1, LA: 2, RGB: 3, RGBA: 4 }[c.mode_out]);
    const draw = mt19937(c.numpy_seed);
    expect(c.uniform_draws_row_major.map(draw)).toEqual(c.uniform_draws_row_major);
  });

  test('both kinds are there', () => expect([sound.length, faulty.length]).toEqual([10, 4]));
});

interface Semantic {
  image: string;
  grid_h: number;
  grid_w: number;
  width: number;
  height: number;
  num_patches: number;
  patch_scores: number[];
  min_gap_between_sorted_scores: number;
  masked: Record<
    string,
    { k: number; patch_indices_sorted: number[]; order: number[]; gap_at_cut: number; image: string }
  >;
}
const semantic: Semantic[] = JSON.parse(bytesOf('dinov2/expected.json').toString('utf8')).images;

describe.each(semantic)('semantic mask of $image', (row) => {
  test('scores belong to its patches, and no two are near enough to be taken for each other', async () => {
    const { width, height } = await picture(`dinov2/${row.image}`);
    expect([width, height]).toEqual([row.width, row.height]);
    expect([row.grid_w * 14, row.grid_h * 14]).toEqual([width, height]);
    expect([row.num_patches, row.num_patches]).toEqual([row.grid_w * row.grid_h, row.patch_scores.length]);
    const falling = [...row.patch_scores].sort((a, b) => b - a);
    const gaps = falling.slice(1).map((v, i) => falling[i] - v);
    expect(Math.min(...gaps)).toBeCloseTo(row.min_gap_between_sorted_scores, 12);
    for (const { k, gap_at_cut } of Object.values(row.masked))
      expect(gaps[k - 1]).toBeCloseTo(gap_at_cut, 12);
  });

  test.each(Object.entries(row.masked))('ratio %s: patches and picture', async (ratio, want) => {
    const p = Number(ratio);
    const scores_N = Float64Array.from(row.patch_scores);
    expect(semanticMask(scores_N, row.grid_h, row.grid_w, p)).toEqual(want.patch_indices_sorted);
    expect(want.patch_indices_sorted.length).toBe(want.k);
    // Patch by patch from the highest score down: each further one is the next of the order.
    const grown = want.order.map((_, i) =>
      semanticMask(scores_N, row.grid_h, row.grid_w, (i + 1) / row.num_patches),
    );
    expect(grown).toEqual(want.order.map((_, i) => want.order.slice(0, i + 1).sort((a, b) => a - b)));
    const mask = semanticMaskFrom(async () => ({ scores_N, gridH: row.grid_h, gridW: row.grid_w }), p);
    const masked = await mask.apply(await picture(`dinov2/${row.image}`), random(0));
    expect(sameImage(masked, await picture(`dinov2/${want.image}`))).toBe(true);
  });
});
