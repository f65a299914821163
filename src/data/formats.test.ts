/** File formats and folder layouts. Arrow files are written by another library than the one that reads them. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { openArrow } from './arrow.ts';
import { makeRow } from './builtin/make.ts';
import { LazyBytes } from './record.ts';
import { openData } from './source.ts';
import { items, lines } from './spans.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-formats-'));
afterAll(() => rmSync(dir, { recursive: true }));

const PICTURES = [0, 1, 2].map((i) => Buffer.from(makeRow('formats', i).images[0]));
const names = (images: readonly Uint8Array[]) =>
  images.map((bytes) => 'ABC'[PICTURES.findIndex((png) => png.equals(bytes))]).join('');

const image = new arrow.Struct([
  new arrow.Field('bytes', new arrow.Binary(), true),
  new arrow.Field('path', new arrow.Utf8(), true),
]);
const FIELDS = [
  new arrow.Field('problem', new arrow.Utf8(), true),
  new arrow.Field('answer', new arrow.Utf8(), true),
  new arrow.Field('images', new arrow.List(new arrow.Field('item', image, true)), true),
  new arrow.Field('image', image, true),
  new arrow.Field('level', new arrow.Int64(), true),
  new arrow.Field('subject', new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()), true),
];

interface Written {
  problem: string | null;
  answer: string | null;
  images: ({ bytes: Uint8Array | null; path: string | null } | null)[] | null;
  image: null;
  level: bigint | null;
  subject: string;
}

/** Arrow bytes of rows, `perBatch` to a record batch, as `datasets` lays out a column of `List(Image())`. */
function arrowBytes(rows: Written[], perBatch: number, format: 'stream' | 'file') {
  const vectors = FIELDS.map(({ name, type }) => {
    const builder = arrow.makeBuilder<arrow.DataType, unknown>({ type, nullValues: [null, undefined] });
    const out: arrow.Data[] = [];
    for (let at = 0; at < rows.length; at += perBatch) {
      for (const row of rows.slice(at, at + perBatch)) builder.append(row[name as keyof Written]);
      out.push(builder.flush());
    }
    builder.finish();
    return out;
  });
  const schema = new arrow.Schema(FIELDS);
  const batches = vectors[0].map((_, b) => {
    const children = vectors.map((v) => v[b]);
    const { length } = children[0];
    return new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: new arrow.Struct(FIELDS), length, nullCount: 0, children }),
    );
  });
  return arrow.tableToIPC(new arrow.Table(schema, batches), format);
}

const picture = (i: number) => ({ bytes: PICTURES[i], path: null });
const row = (over: Partial<Written>): Written => ({
  problem: '<image>a?',
  answer: '1',
  images: [picture(0)],
  image: null,
  level: 3n,
  subject: 'geometry',
  ...over,
});
const ROWS = [
  row({}),
  row({
    problem: 'é and √?',
    images: [picture(1), picture(2)],
    answer: '2',
    level: null,
    subject: 'algebra',
  }),
  row({ answer: null }),
  row({ problem: 'text alone?', images: [], answer: '4' }),
  row({ images: [{ bytes: null, path: 'pictures/b.png' }], answer: '5' }),
  row({ images: [{ bytes: null, path: 'pictures/none.png' }] }),
  row({ images: null }),
  row({ problem: 'last?', images: [picture(2)], answer: '8', level: 2n ** 60n }),
];

mkdirSync(join(dir, 'pictures'));
writeFileSync(join(dir, 'pictures/b.png'), PICTURES[1]);

describe('Arrow', () => {
  it.each(['stream', 'file'] as const)(
    '%s format, several batches, pictures inside and by path',
    async (format) => {
      const file = join(dir, `rows-${format}.arrow`);
      writeFileSync(file, arrowBytes(ROWS, 3, format));
      const source = await openData(file, 'train');
      expect(source.report).toMatchObject({
        rows: 8,
        skipped: { 'no answer': 1, 'no image': 2 },
        textOnly: 1,
        layout: "question from 'problem', answer from 'answer', pictures from 'images'",
      });
      const rows = await Promise.all([4, 0, 1, 2, 3].map((i) => source.row(i)));
      expect(rows.map((r) => [r.id, r.problem, r.answer, names(r.images)])).toEqual([
        [`rows-${format}:7`, '<image>last?', '8', 'C'],
        [`rows-${format}:0`, '<image>a?', '1', 'A'],
        [`rows-${format}:1`, '<image><image>é and √?', '2', 'BC'],
        [`rows-${format}:3`, 'text alone?', '4', ''],
        [`rows-${format}:4`, '<image>a?', '5', 'B'],
      ]);
      expect(rows.map((r) => r.extra)).toEqual([
        { image: null, level: 2n ** 60n, subject: 'geometry' },
        { image: null, level: 3, subject: 'geometry' },
        { image: null, level: null, subject: 'algebra' },
        { image: null, level: 3, subject: 'geometry' },
        { image: null, level: 3, subject: 'geometry' },
      ]);
    },
  );

  it('leaves pictures in their file until they are asked for', async () => {
    const file = join(dir, 'lazy.arrow');
    writeFileSync(file, arrowBytes(ROWS, 8, 'stream'));
    const opened = await openArrow(file);
    const { images } = await opened.read(1);
    const [first, second] = images as { bytes: LazyBytes }[];
    expect(first!.bytes).toBeInstanceOf(LazyBytes);
    expect(first!.bytes.length).toBe(PICTURES[1].length);
    expect(PICTURES[2].equals(second!.bytes.read())).toBe(true);
    expect([...opened.empty]).toEqual(['image']);
  });

  it('that is cut short or damaged says so in one line, wherever it is cut', async () => {
    const bytes = arrowBytes(ROWS, 3, 'stream');
    for (const share of [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95]) {
      const file = join(dir, 'cut.arrow');
      writeFileSync(file, bytes);
      truncateSync(file, Math.floor(bytes.length * share));
      const outcome = await openData(file, 'train').then(
        (s) => s.report.rows,
        (e: unknown) => e,
      );
      if (typeof outcome === 'number')
        throw new Error(`${share}: ${outcome} rows of a file that is cut short`);
      expect(outcome).toMatchObject({ name: 'DataError' });
      expect((outcome as Error).message).toMatch(/cut\.arrow: [^\n]+$/);
    }
  });
});

describe('save_to_disk', () => {
  /** A folder as `Dataset.save_to_disk` leaves it. */
  function save(at: string, rows: Written[][]) {
    mkdirSync(at, { recursive: true });
    const files = rows.map((_, i) => `data-0000${i}-of-0000${rows.length}.arrow`);
    rows.forEach((part, i) => {
      writeFileSync(join(at, files[i]), arrowBytes(part, 2, 'stream'));
    });
    const state = { _data_files: files.map((filename) => ({ filename })), _fingerprint: 'f', _split: null };
    writeFileSync(join(at, 'state.json'), JSON.stringify(state));
    writeFileSync(join(at, 'dataset_info.json'), '{"features": {}}');
  }

  it('of one data set is for training, all its files', async () => {
    const at = join(dir, 'one');
    save(at, [ROWS.slice(0, 2), ROWS.slice(3, 4)]);
    const source = await openData(at, 'train');
    expect(source.length).toBe(3);
    expect((await source.row(2)).answer).toBe('4');
    await expect(openData(at, 'test')).rejects.toThrow(/one: no test file here/);
    rmSync(join(at, 'data-00001-of-00002.arrow'));
    await expect(openData(at, 'train')).rejects.toThrow(/data-00001-of-00002\.arrow: this shard is missing/);
  });

  it('of several has its splits', async () => {
    const at = join(dir, 'dict');
    save(join(at, 'train'), [ROWS.slice(0, 2)]);
    save(join(at, 'validation'), [ROWS.slice(3, 4)]);
    writeFileSync(join(at, 'dataset_dict.json'), '{"splits": ["train", "validation"]}');
    expect((await openData(at, 'train')).length).toBe(2);
    expect((await (await openData(at, 'validation')).row(0)).answer).toBe('4');
    await expect(openData(at, 'test')).rejects.toThrow('no test file here');
  });
});

describe('folders of pictures', () => {
  it.each([
    ['metadata.jsonl', '{"file_name": "a.png", "question": "Q, really?", "answer": "1"}\n'],
    ['metadata.csv', '\uFEFFfile_name,question,answer\r\na.png,"Q, really?",1\r\n'],
  ])('with %s, one for each split', async (table, text) => {
    const at = join(dir, `folder-${table}`);
    for (const split of ['train', 'test']) {
      mkdirSync(join(at, split), { recursive: true });
      writeFileSync(join(at, split, 'a.png'), PICTURES[split === 'train' ? 0 : 1]);
      writeFileSync(join(at, split, table), text);
    }
    for (const split of ['train', 'test'] as const) {
      const source = await openData(at, split);
      const { problem, answer, images } = await source.row(0);
      expect([problem, answer, names(images)]).toEqual([
        '<image>Q, really?',
        '1',
        split === 'train' ? 'A' : 'B',
      ]);
    }
    await expect(openData(at, 'validation')).rejects.toThrow('no validation file here');
    cpSync(join(at, 'train'), join(dir, `flat-${table}`), { recursive: true });
    expect((await openData(join(dir, `flat-${table}`), 'train')).length).toBe(1);
  });
});

describe('JSON', () => {
  it('arrays, however they are broken into lines', async () => {
    const rows = [
      { problem: 'a "]" \\ {', answer: '1', tags: [[1], { a: ']' }] },
      { problem: 'é', answer: '2' },
    ];
    for (const [i, text] of [
      JSON.stringify(rows),
      JSON.stringify(rows, null, 2),
      `\uFEFF \n[ ${rows.map((r) => JSON.stringify(r)).join(' , ')} , ]`,
    ].entries()) {
      const file = join(dir, `array${i}.json`);
      writeFileSync(file, text);
      const source = await openData(file, 'train');
      expect(source.length, text).toBe(2);
      const [a, b] = [await source.row(0), await source.row(1)];
      expect([a.problem, a.extra, b.id, b.answer]).toEqual([
        'a "]" \\ {',
        { tags: [[1], { a: ']' }] },
        `array${i}:2`,
        '2',
      ]);
    }
    const lined = join(dir, 'lines.json');
    writeFileSync(lined, rows.map((r) => JSON.stringify(r)).join('\n'));
    expect((await openData(lined, 'train')).length).toBe(2);
  });

  it('places of items and lines are those of their bytes', async () => {
    const file = join(dir, 'spans.json');
    writeFileSync(file, '[{"é": 1},\n [2, 3] , "x,]"]\n');
    const bytes = readFileSync(file);
    const texts = async (spans: AsyncIterable<{ offset: number; length: number; bytes?: Uint8Array }>) => {
      const out: string[] = [];
      for await (const { offset, length, bytes: own } of spans) {
        expect(bytes.subarray(offset, offset + length).equals(own!)).toBe(true);
        out.push(new TextDecoder().decode(own).trim());
      }
      return out;
    };
    expect(await texts(items(file))).toEqual(['{"é": 1}', '[2, 3]', '"x,]"']);
    expect(await texts(lines(file))).toEqual(['[{"é": 1},', '[2, 3] , "x,]"]', '']);
  });
});

describe('a folder', () => {
  it('without any name of a split is for training', async () => {
    const at = join(dir, 'plain');
    mkdirSync(at);
    writeFileSync(join(at, 'mine.jsonl'), '{"problem": "a", "answer": "1"}\n');
    expect((await openData(at, 'train')).length).toBe(1);
    writeFileSync(join(at, 'test.jsonl'), '{"problem": "a", "answer": "1"}\n');
    await expect(openData(at, 'train')).rejects.toThrow('no train file here');
    expect(statSync(at).isDirectory()).toBe(true);
  });
});
