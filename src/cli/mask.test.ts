import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointError, ConfigError, ImageError } from '../errors.ts';
import { drawMasks } from '../mask/draw.ts';
import { MASK_KINDS } from '../mask/kinds/index.ts';
import { decodeImage } from '../vision/decode.ts';
import { encodePng } from '../vision/encode.ts';
import { maskCommand } from './mask.ts';

const dino = fileURLToPath(new URL('../../test/golden/dinov2/', import.meta.url));
let dir: string;
let photo: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mask-'));
  photo = join(dir, 'photo.png');
  // The upper half is black already: it must not count as hidden.
  const data = new Uint8Array(112 * 112 * 3).fill(200).fill(0, 0, 56 * 112 * 3);
  writeFileSync(photo, await encodePng({ width: 112, height: 112, data }));
});
afterAll(() => rmSync(dir, { recursive: true }));

const read = async (path: string) => decodeImage(readFileSync(path), path);
const share = (line: string, name: string) =>
  Number(new RegExp(`${name.replace('.', '\\.')} \\(([\\d.]+) %`).exec(line)?.[1]);

describe('papo mask', () => {
  test('by default: one random mask beside the picture, never over a file unless forced', async () => {
    const line = await drawMasks(photo, {});
    const out = join(dir, 'photo.masked.png');
    expect(line).toMatch(
      /photo\.masked\.png: original, random 0\.6 \([\d.]+ % of the pixels hidden\); 232x112 pixels\n$/,
    );
    expect(line.split('\n').length).toBe(2);
    const drawn = await read(out);
    const original = await read(photo);
    let black = 0;
    for (let y = 0; y < 112; y++)
      for (let x = 0; x < 112; x++) {
        const at = (y * drawn.width + x) * 3;
        expect(drawn.data[at]).toBe(original.data[(y * 112 + x) * 3]);
        if (y >= 56 && drawn.data[at + 120 * 3] === 0) black++;
      }
    expect(black).toBeGreaterThan(0);
    expect(share(line, 'random 0.6')).toBeGreaterThan(40);
    expect(share(line, 'random 0.6')).toBeLessThan(80);
    const bytes = readFileSync(out);
    await expect(drawMasks(photo, { seed: '2' })).rejects.toThrow(
      /photo\.masked\.png: already there; .*--force/,
    );
    expect(readFileSync(out)).toEqual(bytes);
    await drawMasks(photo, { seed: '2', force: true });
    expect(readFileSync(out)).not.toEqual(bytes);
    await drawMasks(photo, { seed: '1', force: true });
    expect(readFileSync(out)).toEqual(bytes);
  });

  test('kinds and ratios by ratios; the share is that of the mask, not of dark pixels', async () => {
    const module = join(dir, 'own.mjs');
    writeFileSync(module, 'export default (img) => { img.data.fill(9, 0, 112 * 3 * 28); return img; };');
    const line = await drawMasks(
      photo,
      {
        kind: ['random', 'semantic', 'patch', 'blank', 'noise', 'function'],
        out: join(dir, 'many.png'),
      },
      { ratio: ['0', '.25', '1'], model: join(dino, 'tiny'), module: `${module}#default` },
    );
    expect(share(line, 'random 0')).toBe(0);
    expect(share(line, 'random 1')).toBe(100);
    expect(share(line, 'semantic 0.25')).toBe(25);
    expect(share(line, 'semantic 1')).toBe(100);
    expect(share(line, 'patch 1')).toBe(100);
    expect(share(line, 'blank')).toBe(100);
    expect(line).toMatch(/noise step 500 \([\d.]+ % of the pixels changed\)/);
    expect(line).toMatch(/default \(25\.0 % of the pixels changed\)/);
    expect((await read(join(dir, 'many.png'))).width).toBe(15 * 112 + 14 * 8);
  });

  test('--all takes every kind that it was given what it needs for', async () => {
    const line = await drawMasks(photo, { all: true, out: join(dir, 'all.png') }, { std: '20' });
    expect(line.match(/\d %/g)).toHaveLength(5);
    for (const name of ['random 0.6', 'patch 0.6', 'noise std 20', 'shuffle 28', 'blank'])
      expect(line).toContain(name);
    const withModel = await drawMasks(
      photo,
      { all: true, out: join(dir, 'all6.png') },
      { model: join(dino, 'tiny') },
    );
    expect(withModel).toContain('semantic 0.6');
  });

  test('as a command: options can be repeated', async () => {
    const written: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write;
    try {
      const out = join(dir, 'command.png');
      await maskCommand().parseAsync(
        [photo, '-k', 'random', '-k', 'blank', '-r', '.2', '-r', '.4', '-o', out],
        {
          from: 'user',
        },
      );
    } finally {
      process.stdout.write = write;
    }
    expect(written.join('')).toMatch(/random 0\.2 \(.*random 0\.4 \(.*blank \(100\.0 %.*; 472x112 pixels\n$/);
  });

  test.each([
    [{ kind: ['blur'] }, {}, ConfigError, /^mask\.kind: unknown kind; one of random, patch, semantic/],
    [{}, { ratio: ['1.5'] }, ConfigError, /^mask\.ratio: /],
    [{}, { ratio: ['half'] }, ConfigError, /^--ratio half: not a number/],
    [{ seed: '1.5' }, {}, ConfigError, /^--seed 1\.5: give a whole number/],
    [{ kind: ['semantic'] }, {}, ConfigError, /^--model: missing; name a DINOv2 checkpoint folder/],
    [{ kind: ['function'] }, {}, ConfigError, /^--module: missing/],
    [{ kind: ['noise'] }, { std: '1', step: '1' }, ConfigError, /noise takes either std/],
    [
      { kind: ['blank', 'patch'] },
      { std: '1' },
      ConfigError,
      /^--std: no setting of blank, patch; .* noise$/,
    ],
    [
      { kind: ['semantic'] },
      { model: 'nowhere' },
      CheckpointError,
      /nowhere: no such folder; name the folder of a DINOv2/,
    ],
    [
      { kind: ['patch'], policy: 'nowhere' },
      {},
      CheckpointError,
      /^nowhere: no such folder; name the folder of a Qwen2\.5-VL/,
    ],
  ])('%j %j is refused in one line, and nothing is written', async (options, settings, kind, message) => {
    const out = join(dir, 'refused.png');
    const done = drawMasks(photo, { ...options, out }, settings);
    await expect(done).rejects.toThrow(kind);
    await expect(done).rejects.toThrow(message);
    expect(() => readFileSync(out)).toThrow('ENOENT');
  });

  test('every kind is in the help with its settings, and draws its preview', async () => {
    let help = '';
    const command = maskCommand();
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const given = { model: join(dino, 'tiny'), module: `${join(dir, 'kept.mjs')}` };
    writeFileSync(given.module, 'export default (img) => img;');
    for (const { kind, settings, asks = {} } of MASK_KINDS) {
      expect(help).toContain(`${kind}  `);
      expect(help).toContain(settings.description);
      const keys = Object.keys(settings.shape).filter((key) => key !== 'kind' && key !== 'fade');
      for (const key of keys) expect(help).toContain(`--${key} <`);
      const own = Object.fromEntries(Object.entries(given).filter(([key]) => key in asks));
      const line = await drawMasks(photo, { kind: [kind], force: true }, own);
      expect(line).toMatch(
        new RegExp(`original, ${kind}.* \\(\\d+\\.\\d % of the pixels (hidden|changed)\\)`),
      );
    }
  });

  test('numbers can be repeated; every combination of them is drawn', async () => {
    const numbers = { ratio: ['0', '1'], side: ['4', '8', '16'] };
    const line = await drawMasks(photo, { out: join(dir, 'grid.png') }, numbers);
    expect(line.match(/random [01] \((0\.0|100\.0) %/g)).toHaveLength(6);
  });

  test('a picture that is not there or is none, and an output that cannot be', async () => {
    await expect(drawMasks(join(dir, 'none.png'), {})).rejects.toThrow(ImageError);
    await expect(drawMasks(join(dir, 'none.png'), {})).rejects.toThrow('none.png: cannot be read (ENOENT)');
    const text = join(dir, 'text.png');
    writeFileSync(text, 'no picture');
    await expect(drawMasks(text, {})).rejects.toThrow(/text\.png: cannot be decoded/);
    const inNone = join(dir, 'no', 'x.png');
    await expect(drawMasks(photo, { out: inNone })).rejects.toThrow(/x\.png: cannot be written \(ENOENT\)/);
    await expect(drawMasks(photo, { out: photo, force: true })).rejects.toThrow('that is the picture itself');
  });
});
