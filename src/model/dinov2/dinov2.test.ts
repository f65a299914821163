import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { furthest } from '../../../test/compare.ts';
import { CheckpointError, GraphError } from '../../errors.ts';
import { compile } from '../../tensor/program.ts';
import { Session } from '../../tensor/session.ts';
import { decodeImage } from '../../vision/decode.ts';
import type { RgbImage } from '../../vision/image.ts';
import { readSafetensors, writeSafetensors } from '../safetensors-file.ts';
import { readDinov2 } from './checkpoint.ts';
import { POSITIONS, parseDinov2Config } from './config.ts';
import { dinov2Graph } from './graph.ts';
import { dinov2Pixels, dinov2Size, interpolatePositions } from './pixels.ts';

const golden = fileURLToPath(new URL('../../../test/golden/dinov2/', import.meta.url));

/** Every chosen attention map and the hidden state of one picture. */
async function forward(dir: string, img: RgbImage, layers: number[]) {
  const { config, parameters } = readDinov2(dir);
  const gridH = img.height / config.patchSize;
  const gridW = img.width / config.patchSize;
  const { hidden, attentions } = dinov2Graph(config, gridH, gridW, layers);
  const maps = [...attentions].map(([i, map]) => [`attn${i}`, map] as const);
  const session = await Session.create(compile({ hidden, ...Object.fromEntries(maps) }), { threads: 1 });
  const out = await session.run({
    ...Object.fromEntries(parameters),
    pixels: dinov2Pixels(img, config.patchSize),
    positions: interpolatePositions(parameters.get(POSITIONS)!, config.tableSide, gridH, gridW),
  });
  await session.close();
  return out as Record<string, Float32Array>;
}

const { images } = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
  images: { image: string; num_patches: number }[];
};

describe('as Hugging Face', () => {
  test('pixels are normalised as those that the expected values were made from', () => {
    const used = JSON.parse(readFileSync(join(golden, 'tiny', 'preprocessor_used.json'), 'utf8')) as {
      do_rescale: boolean;
      do_normalize: boolean;
      rescale_factor: number;
      image_mean: number[];
      image_std: number[];
    };
    expect([used.do_rescale, used.do_normalize]).toEqual([true, true]);
    const data = Uint8Array.of(10, 120, 250);
    const want = [...data].map((v, c) => (v * used.rescale_factor - used.image_mean[c]) / used.image_std[c]);
    expect(furthest(dinov2Pixels({ width: 1, height: 1, data }, 1), want)).toBeLessThan(1e-6);
  });

  const expected = readSafetensors(join(golden, 'expected.safetensors'));

  test.each(images.map((row, k) => [row.image, k] as const))('%s', async (image, k) => {
    const img = await decodeImage(readFileSync(join(golden, image)), image);
    const wanted = [...expected].filter(([name]) => name.startsWith(`im${k}.attn`));
    const layers = wanted.map(([name]) => Number(name.slice(`im${k}.attn`.length)));
    expect(layers).toContain(9);
    expect(expected.get(`im${k}.last_hidden_state`)!.shape[0]).toBe(images[k].num_patches + 1);
    const out = await forward(join(golden, 'tiny'), img, layers);
    for (const [i, [, { data }]] of wanted.entries())
      expect(furthest(out[`attn${layers[i]}`], data)).toBeLessThan(1e-4);
    expect(furthest(out.hidden, expected.get(`im${k}.last_hidden_state`)!.data)).toBeLessThan(1e-4);
  });

  test('SwiGLU, no bias in q, k and v', async () => {
    const want = readSafetensors(join(golden, 'swiglu', 'expected.safetensors'));
    const data = Uint8Array.from(want.get('bytes')!.data);
    const out = await forward(join(golden, 'swiglu'), { width: 70, height: 42, data }, [0, 1]);
    expect(furthest(out.attn0, want.get('attn0')!.data)).toBeLessThan(1e-4);
    expect(furthest(out.attn1, want.get('attn1')!.data)).toBeLessThan(1e-4);
    expect(furthest(out.hidden, want.get('last_hidden_state')!.data)).toBeLessThan(1e-4);
  });
});

describe('positions', () => {
  test('a constant table stays constant, CLS and a fitting table stay as they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (side, gridH, gridW) => {
          const table = new Float32Array((side * side + 1) * 2).fill(0.75);
          table.set([3, 4]);
          const out = interpolatePositions(table, side, gridH, gridW);
          expect(out.length).toBe((gridH * gridW + 1) * 2);
          expect([...out.subarray(0, 2)]).toEqual([3, 4]);
          for (const v of out.subarray(2)) expect(v).toBeCloseTo(0.75, 6);
          expect(interpolatePositions(table, side, side, side)).toBe(table);
        },
      ),
    );
  });
});

describe('sizes', () => {
  test('whole patches, at least one, none longer than the limit; a fitting size stays', () => {
    const side = fc.integer({ min: 1, max: 4000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const size = dinov2Size({ width, height }, 14, 518);
        for (const s of [size.width, size.height]) {
          expect(s % 14).toBe(0);
          expect(s).toBeGreaterThanOrEqual(14);
          expect(s).toBeLessThanOrEqual(518);
        }
        expect(dinov2Size(size, 14, 518)).toEqual(size);
        if (Math.max(width, height) <= 518 && width >= 7)
          expect(Math.abs(size.width - width)).toBeLessThanOrEqual(7);
      }),
    );
  });

  test.each([
    [640, 480, 518, 392],
    [20, 21, 14, 28],
    [5000, 3, 518, 14],
    [112, 112, 112, 112],
  ])('%i x %i becomes %i x %i', (width, height, toWidth, toHeight) => {
    expect(dinov2Size({ width, height }, 14, 518)).toEqual({ width: toWidth, height: toHeight });
  });

  test('pixels: patch by patch, channel before row before column', () => {
    const data = Uint8Array.from({ length: 4 * 2 * 3 }, (_, i) => i);
    const pixels = dinov2Pixels({ width: 4, height: 2, data }, 2);
    const value = (byte: number, c: number) =>
      (byte / 255 - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c];
    // The second patch holds columns 2 and 3: bytes 6..11 and 18..23.
    const want = [0, 1, 2].flatMap((c) => [6 + c, 9 + c, 18 + c, 21 + c].map((b) => value(b, c)));
    [...pixels.subarray(12)].forEach((v, i) => {
      expect(v).toBeCloseTo(want[i], 5);
    });
  });
});

describe('folders that are not whole', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'dinov2-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** A copy of the tiny SwiGLU model with something changed. */
  function copy(name: string, change: (tensors: ReturnType<typeof readSafetensors>) => void): string {
    const to = join(dir, name);
    cpSync(join(golden, 'swiglu'), to, { recursive: true });
    const weights = join(to, 'model.safetensors');
    const tensors = readSafetensors(weights);
    change(tensors);
    rmSync(weights);
    writeSafetensors(weights, tensors);
    return to;
  }
  const up = 'encoder.layer.1.mlp.weights_in.weight';

  test.each([
    [
      'missing',
      /model\.safetensors: tensor "encoder\.layer\.1\.mlp\.weights_in\.weight" with shape \[48,16\] is missing/,
    ],
    [
      'reshaped',
      /tensor "encoder\.layer\.1\.mlp\.weights_in\.weight" has shape \[16,48\]; config\.json asks for \[48,16\]/,
    ],
    ['foreign', /tensor "encoder\.layer\.2\.norm1\.weight" with shape \[16\] is no part of the model/],
  ])('a %s tensor is named', (how, message) => {
    const to = copy(how, (tensors) => {
      if (how === 'missing') tensors.delete(up);
      else if (how === 'reshaped') tensors.set(up, { shape: [16, 48], data: tensors.get(up)!.data });
      else tensors.set('encoder.layer.2.norm1.weight', { shape: [16], data: new Float32Array(16) });
    });
    expect(() => readDinov2(to)).toThrow(CheckpointError);
    expect(() => readDinov2(to)).toThrow(message);
  });

  test('shards, and the body of a classifier, are the same model', () => {
    const whole = readDinov2(join(golden, 'swiglu'));
    const to = copy('classifier', (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(`dinov2.${name}`, tensor);
      }
      tensors.set('classifier.weight', { shape: [3, 32], data: new Float32Array(96) });
    });
    const tensors = [...readSafetensors(join(to, 'model.safetensors'))];
    expect(readDinov2(to).parameters).toEqual(whole.parameters);
    for (const file of ['model', 'expected']) rmSync(join(to, `${file}.safetensors`));
    expect(() => readDinov2(to)).toThrow('no weights; put model.safetensors');
    const weight_map: Record<string, string> = {};
    for (const [i, part] of [tensors.slice(0, 9), tensors.slice(9)].entries()) {
      writeSafetensors(join(to, `part${i}.safetensors`), new Map(part));
      for (const [name] of part) weight_map[name] = `part${i}.safetensors`;
    }
    const index = join(to, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map }));
    expect(readDinov2(to).parameters).toEqual(whole.parameters);
    writeFileSync(index, JSON.stringify({ weight_map: { ...weight_map, x: '../x.safetensors' } }));
    expect(() => readDinov2(to)).toThrow('expected a .safetensors file beside the index');
  });

  test.each([
    [{ model_type: 'dinov2_with_registers' }, '"model_type" is "dinov2_with_registers"; expected "dinov2"'],
    [{}, '"model_type" is missing'],
    [{ model_type: 'dinov2', hidden_act: 'relu' }, '"hidden_act" is "relu"'],
    [{ model_type: 'dinov2', hidden_size: -1 }, '"hidden_size" is -1'],
    [
      { model_type: 'dinov2', image_size: [224, 448] },
      '"image_size" is [224,448]; expected a whole number from 1 to 16,384, or that number for each side',
    ],
    [
      { model_type: 'dinov2', num_attention_heads: 7 },
      '"num_attention_heads" is 7; expected a divisor of "hidden_size" 768',
    ],
  ])('config %j is refused', (json, message) => {
    expect(() => parseDinov2Config(json, 'here/config.json')).toThrow(CheckpointError);
    expect(() => parseDinov2Config(json, 'here/config.json')).toThrow(`here/config.json: ${message}`);
  });

  test('a config without keys is DINOv2 base, and a layer that is not there is named', () => {
    const config = parseDinov2Config({ model_type: 'dinov2', image_size: 518 }, 'config.json');
    expect(config).toMatchObject({ hiddenSize: 768, layers: 12, headDim: 64, mlpSize: 3072, tableSide: 37 });
    expect(() => dinov2Graph(config, 2, 2, [6, 12])).toThrow(GraphError);
    expect(() => dinov2Graph(config, 2, 2, [6, 12])).toThrow('no layer 12; the model has layers 0..11');
  });
});
