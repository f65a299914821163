/** The layouts of other people's data sets (columns as on the hub), each as a small file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRow } from './builtin/make.ts';
import { type ColumnMapping, findLayout } from './columns.ts';
import { openData } from './source.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-layouts-'));
afterAll(() => rmSync(dir, { recursive: true }));

const PICTURES = [0, 1, 2].map((i) => Buffer.from(makeRow('layouts', i).images[0]));
const [A, B, C] = PICTURES as [Buffer, Buffer, Buffer];
mkdirSync(join(dir, 'images'));
PICTURES.forEach((png, i) => {
  writeFileSync(join(dir, 'images', `${i + 1}.png`), png);
});

let files = 0;
async function load(rows: object[], columns?: ColumnMapping) {
  const file = join(dir, `f${files++}.jsonl`);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  const source = await openData(file, 'train', { columns });
  const read = await Promise.all(Array.from({ length: source.length }, (_, i) => source.row(i)));
  return { report: source.report, rows: read };
}

/** Which of the three pictures a row has, in order. */
const names = (images: readonly Uint8Array[]) =>
  images.map((bytes) => 'ABC'[PICTURES.findIndex((png) => png.equals(bytes))]).join('');

/** Question, answer and pictures of the one row of a file. */
async function one(row: object, columns?: ColumnMapping) {
  const { rows, report } = await load([row], columns);
  expect(report.skipped).toEqual({});
  return [rows[0].problem, rows[0].answer, names(rows[0].images)];
}

const url = (png: Buffer) => `data:image/png;base64,${png.toString('base64')}`;

describe('layouts of the hub', () => {
  it.each<[string, object, [string, string, string]]>([
    [
      'geometry3k',
      { images: ['images/1.png'], problem: '<image>Find x.', answer: '10' },
      ['<image>Find x.', '10', 'A'],
    ],
    [
      'MMK12',
      {
        id: 'a',
        question: 'Which? A. 1 B. 2',
        answer: 'B',
        subject: 'math',
        image: { bytes: B.toString('base64') },
      },
      ['<image>Which? A. 1 B. 2', 'B', 'B'],
    ],
    [
      'We-Math',
      {
        ID: '1',
        question: 'How long?',
        option: 'A. 30; B. 60; C. 90',
        answer: 'B',
        image_path: 'images/2.png',
        key: 0,
      },
      ['<image>How long?\nA. 30; B. 60; C. 90', 'B', 'B'],
    ],
    [
      'MathVerse',
      {
        sample_index: '1',
        question: 'What?\nChoices:\nA:1\nB:2',
        image: 'images/1.png',
        answer: 'A',
        query_wo: 'x',
      },
      ['<image>What?\nChoices:\nA:1\nB:2', 'A', 'A'],
    ],
    [
      'LogicVista',
      { id: 1, question: 'Which ones?', answer: 'B, D', reasoning: 'r', image: 'images/3.png', skill: 's' },
      ['<image>Which ones?', 'B, D', 'C'],
    ],
    [
      'MMMU_Pro standard: numbered columns, options as text of a Python list, marks inside the options',
      {
        id: 'q',
        question: 'See <image 2>. Which of these fits <image 2>?',
        options: `['<image 1>', "it's none"]`,
        image_1: 'images/1.png',
        image_2: 'images/2.png',
        image_3: null,
        answer: 'A',
      },
      ["See <image>. Which of these fits image 2?\nA. <image>\nB. it's none", 'A', 'BA'],
    ],
    [
      'ViRL39K: one picture under another number, answer in a box',
      {
        qid: 'v',
        question: 'As in <image_4>, find \\frac{1}{2}x.',
        answer: '\\boxed{\\frac{1}{2}}',
        image: ['images/1.png'],
      },
      ['As in <image>, find \\frac{1}{2}x.', '\\frac{1}{2}', 'A'],
    ],
    [
      'Vision-R1: answer in tags',
      { images: ['images/1.png'], problem: 'Which?', answer: '<answer> C </answer>' },
      ['<image>Which?', 'C', 'A'],
    ],
    [
      'open-r1 multimodal: a worked solution',
      {
        image: 'images/1.png',
        problem: 'Which?',
        solution: '<think>so \\boxed{1}</think><answer>A</answer>',
        original_answer: 'A',
      },
      ['<image>Which?', 'A', 'A'],
    ],
    [
      'MM-Eureka: messages as JSON text with file URLs',
      {
        id: '0',
        message: JSON.stringify([
          {
            role: 'user',
            content: [
              { type: 'image', image: `file://${dir}/images/2.png` },
              { type: 'text', text: 'How many?' },
            ],
          },
        ]),
        answer: '3',
      },
      ['<image>How many?', '3', 'B'],
    ],
    [
      'PAPO_eval: the answer is the assistant turn',
      {
        messages: [
          { role: 'user', content: '<image>Find x.' },
          { role: 'assistant', content: '10' },
        ],
        images: ['./images/1.png'],
        id: 'hiyouga_geometry3k_0',
      },
      ['<image>Find x.', '10', 'A'],
    ],
    [
      'TRL: a conversation whose parts name no picture',
      {
        prompt: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'What?' }] }],
        image: 'images/1.png',
        solution: 'x',
      },
      ['<image>What?', 'x', 'A'],
    ],
    [
      'TRL: parts as Arrow writes them, every key in each',
      {
        prompt: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Left ', image: null },
              { type: 'image', text: null, image: null },
              { type: 'text', text: ' right ', image: null },
              { type: 'image', text: null, image: null },
            ],
          },
        ],
        images: ['images/3.png', 'images/1.png'],
        answer: '2',
      },
      ['Left <image> right <image>', '2', 'CA'],
    ],
    [
      'verl',
      {
        data_source: 'geo3k',
        prompt: [{ role: 'user', content: '<image>Find x.' }],
        images: [{ bytes: C.toString('base64'), path: null }],
        ability: 'math',
        reward_model: { style: 'rule', ground_truth: '7' },
        extra_info: { split: 'train', index: 0 },
      },
      ['<image>Find x.', '7', 'C'],
    ],
    [
      'ShareGPT',
      {
        conversations: [
          { from: 'human', value: '<image>\nWhat?' },
          { from: 'gpt', value: 'that' },
        ],
        image: 'images/1.png',
      },
      ['<image>\nWhat?', 'that', 'A'],
    ],
    [
      'OpenAI parts with data URLs',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Compare ' },
              { type: 'image_url', image_url: { url: url(B) } },
              { type: 'image_url', image_url: { url: url(A) } },
            ],
          },
        ],
        answer: 'same',
      },
      ['Compare <image><image>', 'same', 'BA'],
    ],
    ['GSM8K: text alone', { question: '1 + 1?', answer: 'One and one.\n#### 2' }, ['1 + 1?', '2', '']],
  ])('%s', async (_, row, expected) => {
    expect(await one(row)).toEqual(expected);
  });

  it('MathVista: two columns could be the question, so the mapping is asked for and obeyed', async () => {
    const row = {
      pid: '1',
      question: 'How much?',
      image: 'images/none.png',
      decoded_image: { bytes: A.toString('base64') },
      choices: ['12', '13'],
      answer: '13',
      query: 'Hint: choose.\nQuestion: How much?',
    };
    await expect(load([row])).rejects.toThrow(
      /f\d+\.jsonl: the problem could be in 'question' or 'query'; say which: --set data\.columns\.problem=question$/,
    );
    expect(await one(row, { problem: 'query' })).toEqual([
      '<image>Hint: choose.\nQuestion: How much?\nA. 12\nB. 13',
      '13',
      'A',
    ]);
    expect((await one(row, { problem: 'question', choices: '' }))[0]).toBe('<image>How much?');
    expect((await one(row, { problem: '{question} Out of {choices}' }))[0]).toBe(
      '<image>How much? Out of A. 12\nB. 13',
    );
  });

  it('MMMU_Pro vision: the question is in the picture, so its words are told', async () => {
    const row = { id: 'v', image: 'images/1.png', options: "['a', 'b']", answer: 'A', subject: 'Art' };
    await expect(load([row])).rejects.toThrow(
      /no column holds the problem by any of the usual names \(found: id, image, options, answer, subject\); say which/,
    );
    expect((await one(row, { problem: 'Answer the question in the picture.\n{options}' }))[0]).toBe(
      '<image>Answer the question in the picture.\nA. a\nB. b',
    );
  });
});

describe('the mapping', () => {
  it('follows dotted paths, into JSON text too, and says what is there where one leads nowhere', async () => {
    const row = {
      a: { b: JSON.stringify([{ c: 'Q?' }]) },
      'x.y': 'dots',
      gold: 'no',
      pics: { first: 'images/1.png' },
    };
    expect(await one(row, { problem: 'a.b.0.c', answer: 'x.y', images: 'pics.first' })).toEqual([
      '<image>Q?',
      'dots',
      'A',
    ]);
    await expect(load([row], { problem: 'ab', answer: 'gold' })).rejects.toThrow(
      /data\.columns\.problem names 'ab', which is no column \(found: a, x\.y, gold, pics\)/,
    );
  });

  it('prefers what holds something, and keeps what it does not use for reward functions', async () => {
    const { rows, report } = await load([
      {
        prompt: null,
        question: 'Q?',
        ground_truth: '1',
        gold: null,
        level: 3,
        reward_model: { style: 'rule' },
      },
    ]);
    expect(report.layout).toBe("question from 'question', answer from 'ground_truth', no pictures");
    expect(rows[0].extra).toEqual({ prompt: null, gold: null, level: 3, reward_model: { style: 'rule' } });
  });

  it('learns of columns that only later rows have', async () => {
    const text = Array.from({ length: 100 }, () => ({ question: 'Q?', answer: '1' }));
    const { rows, report } = await load([...text, { question: 'Q?', answer: '1', image: 'images/2.png' }]);
    expect(report).toMatchObject({ rows: 101, textOnly: 100, skipped: {} });
    expect(names(rows[100].images)).toBe('B');
  });

  it('of columns by their names never reads another than it says', () => {
    const known = [
      'problem',
      'question',
      'prompt',
      'messages',
      'answer',
      'solution',
      'ground_truth',
      'images',
      'image',
    ];
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...known, 'level', 'subject'), { minLength: 1 }),
        (columns) => {
          try {
            const layout = findLayout('f', columns);
            expect(columns).toContain(layout.problem);
            expect(columns).toContain(layout.answer ?? layout.problem);
            if (columns.includes('problem')) expect(layout.problem).toBe('problem');
            if (columns.includes('answer')) expect(layout.answer).toBe('answer');
          } catch (error) {
            expect(error).toMatchObject({ name: 'DataError' });
            expect((error as Error).message).toMatch(/^f: [^\n]*--set data\.columns\.(problem|answer)=/);
          }
        },
      ),
    );
  });
});

describe('conversations', () => {
  const ask = (messages: unknown) => load([{ messages, answer: '1' }]);

  it('bring their system message, and are left out where they are no single question', async () => {
    const { rows } = await ask([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Q?' },
    ]);
    expect(rows[0]).toMatchObject({ problem: 'Q?', system: 'Be brief.' });
    const { report } = await load([
      { messages: [{ role: 'user', content: 'Q?' }], answer: '1' },
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
          { role: 'user', content: 'c' },
        ],
        answer: '1',
      },
      { messages: [{ role: 'user', content: [{ type: 'video', video: 'a.mp4' }] }], answer: '1' },
      { messages: [{ role: 'tool', content: 'x' }], answer: '1' },
      { messages: [{ role: 'user', content: { text: 'x' } }], answer: '1' },
      { messages: [{ role: 'system', content: 'x' }], answer: '1' },
    ]);
    expect(report.skipped).toEqual({ 'several turns': 1, video: 1, 'wrong type': 2, 'no problem': 1 });
  });
});

describe('parquet', () => {
  it('with paths instead of bytes counts them from its folder, and from above a folder called data', async () => {
    mkdirSync(join(dir, 'data'));
    const file = join(dir, 'data/train.parquet');
    const paths = ['images/1.png', './images/2.png', 'images/none.png'];
    parquetWriteFile({
      filename: file,
      columnData: [
        { name: 'question', data: ['a?', 'b?', 'c?'] },
        { name: 'solution', data: ['\\boxed{1}', '2', '3'] },
        { name: 'image', data: paths },
      ],
    });
    const source = await openData(dir, 'train');
    expect(source.report).toMatchObject({ rows: 3, skipped: { 'no image': 1 } });
    const rows = await Promise.all([0, 1].map((i) => source.row(i)));
    expect(rows.map((r) => [r.id, r.answer, names(r.images)])).toEqual([
      ['train:0', '1', 'A'],
      ['train:1', '2', 'B'],
    ]);
    const elsewhere = await openData(file, 'train', { imageDir: dir });
    expect(elsewhere.length).toBe(2);
    await expect(openData(file, 'train', { imageDir: join(dir, 'images') })).rejects.toThrow('no image: 3');
  });
});
