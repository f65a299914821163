import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import { decodeImage } from '../vision/decode.ts';
import { type RgbImage, sameImage } from '../vision/image.ts';
import { blackenSquares } from './blacken.ts';
import { semanticMask, semanticMaskFrom } from './semantic.ts';

const golden = new URL('../../test/golden/', import.meta.url);
const bytesOf = (path: string) => readFileSync(new URL(path, golden));
const picture = (path: string) => decodeImage(bytesOf(path), path);

interface Case {
  src: string;
  mode_in: string;
  mode_out: string;
  patch_size: number;
  black_prob: number;
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
    let kept = 0;
    for (let i = 0; i < source.data.length; i += 3) {
      const theirsKept = theirs.data[i] + theirs.data[i + 1] + theirs.data[i + 2] > 0;
      const ours = [...masked.data.subarray(i, i + 3)];
      const rgb = [...source.data.subarray(i, i + 3)];
      if (theirsKept) expect(ours).toEqual(rgb);
      else expect([rgb, [0, 0, 0]]).toContainEqual(ours);
      if (theirsKept) kept++;
    }
    expect(kept).toBeGreaterThan(0);
    expect(sameImage(masked, theirs)).toBe(false);
  });

  test('both kinds are there', () => expect([sound.length, faulty.length]).toEqual([10, 4]));
});

interface Semantic {
  image: string;
  grid_h: number;
  grid_w: number;
  patch_scores: number[];
  masked: Record<string, { k: number; patch_indices_sorted: number[]; image: string }>;
}
const semantic: Semantic[] = JSON.parse(bytesOf('dinov2/expected.json').toString('utf8')).images;

describe.each(semantic)('semantic mask of $image', (row) => {
  test.each(Object.entries(row.masked))('ratio %s: patches and picture', async (ratio, want) => {
    const p = Number(ratio);
    const scores_N = Float64Array.from(row.patch_scores);
    expect(semanticMask(scores_N, row.grid_h, row.grid_w, p)).toEqual(want.patch_indices_sorted);
    expect(want.patch_indices_sorted.length).toBe(want.k);
    const mask = semanticMaskFrom(async () => ({ scores_N, gridH: row.grid_h, gridW: row.grid_w }), p);
    const masked = await mask.apply(await picture(`dinov2/${row.image}`), random(0));
    expect(sameImage(masked, await picture(`dinov2/${want.image}`))).toBe(true);
  });
});
