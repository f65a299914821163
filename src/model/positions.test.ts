import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.ts';
import { buildBatch } from './batch.ts';
import { readPolicy } from './checkpoint.ts';
import { type GridThw, type RopePositions, ropeIndex, rotaryPositions } from './positions.ts';
import { windowIndex } from './qwen2_5_vl/windows.ts';

const GOLDEN = 'test/golden/qwen2_5_vl';

interface Expected {
  id: string;
  input_ids: number[];
  response_ids: number[];
  image_grid_thw: [number, number, number][];
  position_ids: number[][];
  rope_delta: number;
  mm_token_type_ids: number[];
  prompt_len: number;
  full_len: number;
  images: string[];
}

/** The prompts as one batch, prompts padded on the left and responses on the right. */
interface PaddedBatch {
  image_order: string[];
  prompt_len: number;
  response_len: number;
  pad_token_id: number;
  input_ids: number[][];
  attention_mask: number[][];
  position_ids: number[][][];
}

/** The positions of a prompt and of an answer of `length` tokens, which counts on from the last one. */
const answered = (prompt: RopePositions, length: number): number[][] =>
  prompt.map((axis) => [
    ...axis,
    ...Array.from({ length }, (_, i) => prompt[0][prompt[0].length - 1] + 1 + i),
  ]);

describe.each(['tiny_tied', 'tiny_untied'])('ropeIndex against Hugging Face, %s', (name) => {
  const { patches, tokens } = readPolicy(`${GOLDEN}/${name}`);
  const config = { ...patches, tokens };
  const { prompts, padded_batch } = JSON.parse(readFileSync(`${GOLDEN}/${name}/expected.json`, 'utf8')) as {
    prompts: Expected[];
    padded_batch: PaddedBatch;
  };

  it.each(prompts.map((p) => [p.id, p] as const))('%s', (_, p) => {
    const prompt = ropeIndex(p.input_ids, p.image_grid_thw, config);
    expect(answered(prompt, p.response_ids.length)).toEqual(p.position_ids);
    expect(prompt[0][p.input_ids.length - 1] + 1 - p.input_ids.length).toBe(p.rope_delta);
    const whole = p.input_ids.length + p.response_ids.length;
    expect([p.input_ids.length, whole]).toEqual([p.prompt_len, p.full_len]);
    expect(p.input_ids.map((id) => (id === config.tokens.image ? 1 : 0))).toEqual(p.mm_token_type_ids);
  });

  it('the padded batch holds the same prompts at the same positions', () => {
    const b = padded_batch;
    expect(b.image_order).toEqual(prompts.flatMap((p) => p.images));
    expect(b.pad_token_id).toBe(config.tokens.pad);
    expect(b.input_ids.length).toBe(prompts.length);
    prompts.forEach((p, row) => {
      const mask = b.attention_mask[row];
      const kept = <T>(values: T[]) => values.filter((_, i) => mask[i] === 1);
      expect(mask.length).toBe(b.prompt_len + b.response_len);
      const left = b.prompt_len - p.input_ids.length;
      const right = b.response_len - p.response_ids.length;
      expect(mask).toEqual([
        ...new Array<number>(left).fill(0),
        ...new Array<number>(p.full_len).fill(1),
        ...new Array<number>(right).fill(0),
      ]);
      expect(kept(b.input_ids[row])).toEqual([...p.input_ids, ...p.response_ids]);
      const padding = b.input_ids[row].filter((_, i) => mask[i] === 0);
      expect(padding.every((id) => id === config.tokens.pad)).toBe(true);
      const whole = answered(ropeIndex(p.input_ids, p.image_grid_thw, config), p.response_ids.length);
      expect(b.position_ids[row].map(kept)).toEqual(whole);
    });
  });
});

describe('ropeIndex', () => {
  const policy = readPolicy(`${GOLDEN}/tiny_tied`);
  const { patches, tokens } = policy;
  const config = { ...patches, tokens };
  const { image, video, visionStart, visionEnd } = config.tokens;
  const grid: GridThw = [1, 4, 4];
  const pads = (n: number) => new Array<number>(n).fill(image);

  it('reads an image token that the policy wrote itself as text', () => {
    const batchOf = (...answer: number[]) =>
      buildBatch(
        [{ ids_L: Int32Array.of(5, 6), images: [], responses_G: [Int32Array.from(answer)] }],
        policy,
      );
    const [written, plain] = [batchOf(image, 7), batchOf(8, 7)];
    expect(written.layout).toEqual(plain.layout);
    for (const table of ['text.cos', 'text.sin']) expect(written.feeds[table]).toEqual(plain.feeds[table]);
    expect([...(written.feeds.ids as Int32Array)]).toEqual([5, 6, image]);
    // The fastest frequency tells the positions 0, 1, 2.
    const half = policy.decoder.headDim / 2;
    const cos = written.feeds['text.cos'] as Float32Array;
    expect([0, 1, 2].map((row) => cos[row * half])).toEqual([0, 1, 2].map((at) => Math.fround(Math.cos(at))));
  });

  it.each([
    [
      'too few pads',
      [visionStart, ...pads(3), visionEnd],
      [grid],
      /image 1 has 3 image tokens; its grid 1x4x4 needs 4/,
    ],
    ['too many pads', [visionStart, ...pads(5), visionEnd], [grid], /more image tokens than the 1 image/],
    [
      'an image that is not marked',
      [visionStart, ...pads(4)],
      [grid, grid],
      /2 image\(s\) were given but only 1/,
    ],
    ['a video', [video], [], /only still images/],
  ] as const)('rejects %s', (_, ids, grids, message) => {
    expect(() => ropeIndex(ids, grids, config)).toThrow(DataError);
    expect(() => ropeIndex(ids, grids, config)).toThrow(message);
  });

  it('counts each axis on without gaps, whatever the grids', () => {
    const side = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(side, side), { maxLength: 3 }), (sides) => {
        const grids = sides.map(([h, w]): GridThw => [1, h * 2, w * 2]);
        const ids = grids.flatMap((g) => [1, ...pads((g[1] * g[2]) / 4), 2]);
        const positions = ropeIndex(ids, grids, config);
        const seen = new Set(positions.flatMap((axis) => [...axis]));
        const end = sides.reduce((sum, [h, w]) => sum + 2 + Math.max(h, w), 0);
        expect(seen.size).toBe(end);
        expect(ids.length === 0 ? -1 : positions[0][ids.length - 1]).toBe(end - 1);
      }),
    );
  });
});

interface WindowCase {
  grids: GridThw[];
  mergeSize: number;
  windowSize: number;
  patchSize: number;
  window_index: number[];
  cu_window_seqlens: number[];
  cu_seqlens: number[];
  position_ids: number[][];
}

describe('vision tower indices against Hugging Face', () => {
  const { cases } = JSON.parse(readFileSync(`${GOLDEN}/windows.json`, 'utf8')) as { cases: WindowCase[] };

  it.each(cases.map((c) => [JSON.stringify(c.grids), c] as const))('%s', (_, c) => {
    const index = windowIndex(c.grids, c);
    expect([...index.order_U]).toEqual(c.window_index);
    expect([...index.cuWindowSeqlens]).toEqual(c.cu_window_seqlens);
    expect([...index.cuSeqlens]).toEqual(c.cu_seqlens);
    expect([...index.order_U].map((unit) => index.inverse_U[unit])).toEqual(
      c.window_index.map((_unit, i) => i),
    );
    expect([...rotaryPositions(c.grids, c)]).toEqual(c.position_ids.flat());
  });
});
