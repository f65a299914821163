import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { renderScene } from './builtin/draw.ts';
import { makeDataset, makeRow, signature } from './builtin/make.ts';
import { writeDataset } from './builtin/write.ts';
import { writeParquet } from './parquet-write.ts';
import type { Row } from './row.ts';
import { sampler } from './sampler.ts';
import { openData, reportText, rowsSource, splitFiles } from './source.ts';
import { SPLITS } from './split.ts';
import { TASKS } from './tasks/index.ts';

const GOLDEN = join(import.meta.dirname, '../../test/golden/parquet');
const dir = mkdtempSync(join(tmpdir(), 'papo-data-'));
afterAll(() => rmSync(dir, { recursive: true }));

const pixel = async (bytes: Uint8Array) => {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [info.width, info.height, ...data.subarray(0, 3)];
};

describe('parquet of other software', () => {
  it('reads what Python datasets writes, images and further columns', async () => {
    const source = await openData(join(GOLDEN, 'datasets.parquet'), 'train');
    expect(source.length).toBe(3);
    expect(source.report).toMatchObject({ rows: 5, skipped: { 'no answer': 1, 'no problem': 1 } });
    expect(reportText(source.report)).toBe('3 of 5 rows (no answer: 1, no problem: 1)');
    const [a, b, c] = await Promise.all([0, 1, 2].map((i) => source.row(i)));
    expect(a).toMatchObject({ id: 'datasets:0', problem: '<image>What is 1 + 1?', answer: '2' });
    expect(a.extra).toEqual({ ability: 'math', score: 0.5 });
    expect(await pixel(a.images[0])).toEqual([8, 6, 200, 10, 10]);
    expect(b.problem).toBe('<image> and <image>: how many colours? é√');
    expect(await Promise.all(b.images.map(pixel))).toEqual([
      [8, 6, 10, 200, 10],
      [8, 6, 10, 10, 200],
    ]);
    expect([c.id, c.answer]).toEqual(['datasets:4', 'A']);
    expect(await Promise.all(c.images.map(pixel))).toEqual([[8, 6, 7, 8, 9]]);
  });

  it('reads lists of binary, and skips and counts rows whose images are missing', async () => {
    const source = await openData(join(GOLDEN, 'pyarrow-binary.parquet'), 'train');
    expect(source.report).toMatchObject({ rows: 5, skipped: { 'no image': 3 } });
    const [a, b] = [await source.row(0), await source.row(1)];
    expect([a.problem, a.answer, await pixel(a.images[0])]).toEqual(['<image>a?', '1', [8, 6, 200, 10, 10]]);
    // Images that the problem does not mention are put before it.
    expect([b.problem, b.answer]).toEqual(['<image><image>e?', '5']);
    expect(await Promise.all(b.images.map(pixel))).toEqual([
      [8, 6, 10, 200, 10],
      [8, 6, 10, 10, 200],
    ]);
  });

  it('reads a single image column', async () => {
    const row = await (await openData(join(GOLDEN, 'pyarrow-single.parquet'), 'test')).row(0);
    expect([row.problem, row.answer]).toEqual(['<image>what?', 'x']);
    expect(await Promise.all(row.images.map(pixel))).toEqual([[8, 6, 200, 10, 10]]);
  });
});

const options = { seed: 'files', rows: { train: 150, validation: 21, test: 21 } };

describe('datasets of the built-in tasks', () => {
  const at = join(dir, 'made');
  const files = writeDataset(at, options);

  it('come back from their files as they were made', async () => {
    expect(files.map((f) => f.slice(at.length + 1))).toEqual([
      'train.parquet',
      'validation.parquet',
      'test.parquet',
      'README.md',
    ]);
    const made = makeDataset(options);
    for (const split of SPLITS) {
      const source = await openData(at, split);
      const rows = [...made[split]];
      expect(source.length).toBe(rows.length);
      expect(source.report.skipped).toEqual({});
      for (const i of [0, 7, rows.length - 1, 3]) expect(await source.row(i)).toEqual(rows[i]);
    }
  });

  it('never share a scene between their splits', async () => {
    const splitsOfScene = new Map<string, string>();
    for (const split of SPLITS) {
      const source = await openData(at, split);
      for (let i = 0; i < source.length; i++) {
        const key = signature((await source.row(i)).meta!.scene);
        expect(splitsOfScene.get(key) ?? split).toBe(split);
        splitsOfScene.set(key, split);
      }
    }
    expect(splitsOfScene.size).toBe(192);
  });

  it('have the same bytes for the same seed, and the same pixels as renderScene', async () => {
    writeDataset(join(dir, 'again'), options);
    for (const file of ['train.parquet', 'validation.parquet', 'test.parquet', 'README.md']) {
      expect(readFileSync(join(dir, 'again', file)).equals(readFileSync(join(at, file)))).toBe(true);
    }
    for (const i of TASKS.keys()) {
      const row = makeRow('pixels', i, { size: 168 });
      const { data, info } = await sharp(row.images[0])
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const drawn = renderScene(row.meta!.scene);
      expect([info.width, info.height]).toEqual([drawn.width, drawn.height]);
      expect(drawn.width).toBe(168);
      expect(Buffer.compare(data, drawn.data)).toBe(0);
    }
  });

  it('are found as shards and in a data folder, and a missing shard is named', async () => {
    const shards = join(dir, 'shards/data');
    mkdirSync(shards, { recursive: true });
    cpSync(join(at, 'train.parquet'), join(shards, 'train-00000-of-00002.parquet'));
    expect(() => splitFiles(join(dir, 'shards'), 'train')).toThrow(
      /train-00001-of-00002.parquet: this shard is missing/,
    );
    cpSync(join(at, 'test.parquet'), join(shards, 'train-00001-of-00002.parquet'));
    const source = await openData(join(dir, 'shards'), 'train');
    expect(source.length).toBe(171);
    expect((await source.row(150)).id).toBe('count-test-files-0');
    source.skip(150, 'unreadable image');
    source.skip(150, 'unreadable image');
    expect(source.isSkipped(150)).toBe(true);
    expect(source.isSkipped(149)).toBe(false);
    expect(reportText(source.report)).toBe('170 of 171 rows (unreadable image: 1)');
    await expect(source.row(171)).rejects.toThrow(RangeError);
  });
});

describe('bad files', () => {
  const bad = (name: string, content: string | Buffer) => {
    const file = join(dir, name);
    writeFileSync(file, content);
    return file;
  };
  const good = join(dir, 'good.parquet');
  writeParquet(good, [makeRow('good', 0)]);

  it('say in one line which file and what to do', async () => {
    const cut = join(dir, 'cut.parquet');
    cpSync(good, cut);
    truncateSync(cut, 500);
    const broken = readFileSync(good);
    broken.fill(0xff, broken.length - 200, broken.length - 8);
    const cases: [string, RegExp][] = [
      [bad('text.parquet', 'this is not a parquet file'), /text.parquet: not a parquet file; give/],
      [bad('empty.parquet', ''), /empty.parquet: not a parquet file/],
      [cut, /cut.parquet: the parquet file is cut short; download or write it again/],
      [bad('broken.parquet', broken), /broken.parquet: the parquet file is damaged .*; download/],
      [join(dir, 'nowhere'), /nowhere: no such file or directory; give/],
      [bad('line.jsonl', '{"prob'), /line.jsonl:1: this line is not a JSON object; write/],
      [bad('array.json', '[{"problem":"a","answer":"b"},'), /array.json: the JSON array is cut short/],
      [
        bad('none.jsonl', '{"problem":"<image>a","answer":"b"}\n{"prob'),
        /no usable row: 0 of 2 rows \(no image: 1, not JSON: 1\)/,
      ],
      ['/dev/zero', /^\/dev\/zero: not a regular file; give/],
    ];
    for (const [path, says] of cases) {
      const error: unknown = await openData(path, 'train').catch((e: unknown) => e);
      expect(error).toMatchObject({ name: 'DataError', message: expect.stringMatching(says) });
      expect((error as Error).message).not.toContain('\n');
    }
    mkdirSync(join(dir, 'void'));
    await expect(openData(join(dir, 'void'), 'test')).rejects.toThrow(
      /void: no test file here \(found: nothing\)/,
    );
  });

  it('leave an earlier file alone when writing fails half way', async () => {
    const before = readFileSync(good);
    function* failing(): Iterable<Row> {
      yield makeRow('good', 1);
      throw new Error('half way');
    }
    expect(() => writeParquet(good, failing())).toThrow('half way');
    expect(readFileSync(good).equals(before)).toBe(true);
    expect(() => writeParquet(join(dir, 'no/such/folder.parquet'), [])).toThrow(
      /cannot be written \(ENOENT\)/,
    );
  });

  it('damage inside a row group is told when the row is read', async () => {
    const bytes = readFileSync(good);
    const images = bytes.indexOf('PNG');
    bytes.fill(0, images - 60, images + 40);
    const file = bad('inside.parquet', bytes);
    const error: unknown = await openData(file, 'train')
      .then((s) => s.row(0))
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'DataError', message: expect.stringContaining('inside.parquet') });
  });
});

describe('JSON lines', () => {
  it('read images by path, data URL and bytes; skip and count what is missing', async () => {
    const png = Buffer.from(makeRow('json', 0).images[0]);
    writeFileSync(join(dir, 'a.png'), png);
    const base64 = png.toString('base64');
    const lines = [
      { id: 'one', problem: '<image>a\u2028é?', answer: 7, images: ['a.png'], level: 'hard' },
      { problem: 'b?', answer: 'x', images: [`data:image/png;base64,${base64}`, { bytes: base64 }] },
      { problem: 'c?', answer: 'x', images: ['missing.png'] },
      { problem: 'd?', answer: '', images: ['a.png'] },
      { answer: 'x', images: ['a.png'] },
      { problem: '<image><image>e?', answer: 'x', image: 'a.png' },
      { problem: 'f?', answer: false, image: 'a.png' },
    ];
    const file = join(dir, 'rows.jsonl');
    writeFileSync(file, `\uFEFF${lines.map((l) => JSON.stringify(l)).join('\r\n\n')}`);
    appendFileSync(file, '\n\n');
    const source = await openData(file, 'train');
    expect(source.report).toMatchObject({
      rows: 7,
      skipped: { 'no image': 2, 'no answer': 1, 'no problem': 1 },
    });
    const rows = await Promise.all([0, 1, 2].map((i) => source.row(i)));
    for (const row of rows) for (const image of row.images) expect(png.equals(image)).toBe(true);
    expect(rows.map(({ images, ...row }) => ({ ...row, images: images.length }))).toEqual([
      { id: 'one', problem: '<image>a\u2028é?', answer: '7', images: 1, extra: { level: 'hard' } },
      { id: 'rows:3', problem: '<image><image>b?', answer: 'x', images: 2 },
      { id: 'rows:13', problem: '<image>f?', answer: 'false', images: 1 },
    ]);
  });
});

describe('the sampler', () => {
  it('visits every row once an epoch, in another order each time, and resumes anywhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        fc.array(fc.nat(30), { maxLength: 8 }),
        (n, seed, takes) => {
          const [whole, parts] = [sampler(n, seed), sampler(n, seed)];
          const first = takes.flatMap((t) => parts.next(t));
          const resumed = sampler(n, seed);
          resumed.restore(JSON.parse(JSON.stringify(parts.state())));
          const all = whole.next(3 * n + first.length);
          expect([...first, ...resumed.next(3 * n)]).toEqual(all);
          for (let e = 0; e < 3; e++) expect(new Set(all.slice(e * n, (e + 1) * n)).size).toBe(n);
        },
      ),
    );
    const s = sampler(1000, 1);
    expect(s.next(1000)).not.toEqual(s.next(1000));
    expect(sampler(5, 1, { shuffle: false }).next(7)).toEqual([0, 1, 2, 3, 4, 0, 1]);
  });

  it('refuses the state of other data and data without rows', () => {
    expect(() => sampler(5, 1).restore(sampler(6, 1).state())).toThrow(/made with 6 rows, the data has 5/);
    expect(() => sampler(0, 1)).toThrow(/0 rows to sample from/);
    expect(rowsSource([]).length).toBe(0);
  });
});
