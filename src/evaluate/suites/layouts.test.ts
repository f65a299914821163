/** Each published layout as a small file with the columns of the hub, faults included. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import { scoringNamed } from '../scorings/index.ts';
import type { Item, Judgement } from '../types.ts';
import { openSuite, suiteSpecOf } from './index.ts';
import { type ColumnType, writeTable } from './parquet.testing.ts';

const home = mkdtempSync(join(tmpdir(), 'papo-suites-'));
afterAll(() => rmSync(home, { recursive: true }));

const PICTURES = [0, 1, 2].map((i) => Buffer.from(makeRow('suites', i).images[0]));
const image = (i: number) => ({ bytes: PICTURES[i], path: `${i}.png` });
const shown = (row: Item['row']) => row.images.map((png) => PICTURES.findIndex((p) => p.equals(png)));

let folders = 0;
/** The suite of one table in a folder as the hub has it. */
async function opened(
  suite: string,
  path: string,
  columns: Record<string, ColumnType>,
  rows: readonly Record<string, unknown>[],
  settings = '',
) {
  const dataDir = join(home, String(folders++));
  writeTable(join(dataDir, path), columns, rows);
  const open = await openSuite(suiteSpecOf(suite + settings), { dataDir });
  const items = await Promise.all(Array.from({ length: open.length }, (_, i) => open.item(i)));
  // Opened again from what is stored, it is the same.
  const again = await openSuite(JSON.parse(JSON.stringify(open.spec)));
  expect(await Promise.all(items.map((_, i) => again.item(i)))).toEqual(items);
  expect([again.source, again.scoring, again.skipped]).toEqual([open.source, open.scoring, open.skipped]);
  return { suite: open, items, keys: items.map(({ key }) => key) };
}

const judge = (item: Item, box: string, scoring = 'choices') =>
  (scoringNamed(scoring).judge({ text: `\\boxed{${box}}`, tokens: null, stop: 'stop' }, item) as Judgement)
    .verdict;

describe('layouts of the hub', () => {
  it('geometry3k', async () => {
    const { suite, items, keys } = await opened(
      'geometry3k',
      'geometry3k/data/test-00000-of-00001.parquet',
      { images: 'images', problem: 'text', answer: 'text' },
      [
        { images: [image(0)], problem: '<image>Find x.', answer: '2\\sqrt{3}' },
        { images: [], problem: '<image>Find y.', answer: '1' },
        { images: [image(1)], problem: '<image>', answer: '3' },
        { images: [image(2)], problem: 'Find z.', answer: '' },
      ],
    );
    expect(items[0].row.problem).toBe('<image>Find x.');
    expect(shown(items[0].row)).toEqual([0]);
    expect(keys).toEqual(['0', '2']);
    expect(suite.skipped).toEqual({ 'no image': 1, 'no answer': 1 });
    expect([suite.scoring, suite.group, suite.title]).toEqual(['authors', 'general', 'Geometry3K']);
    expect(suite.source).toContain('the columns of hiyouga/geometry3k');
    expect(suite.notes.join('\n')).toContain('low and medium');
    expect(suite.notes).toContain('2 questions, the paper has 601');
    expect(items[0].row.id).toBe('geometry3k/0');
  });

  it('MathVista: options by their text, decimals, lists', async () => {
    const columns: Record<string, ColumnType> = {
      pid: 'text',
      question: 'text',
      image: 'text',
      decoded_image: 'image',
      choices: 'texts',
      unit: 'text',
      precision: 'double',
      answer: 'text',
      question_type: 'text',
      answer_type: 'text',
      metadata: ['task', 'category'],
      query: 'text',
    };
    const row = (pid: string, more: Record<string, unknown>) => ({
      pid,
      question: 'How much?',
      image: `images/${pid}.jpg`,
      decoded_image: image(Number(pid) % 3),
      query: 'Hint: …',
      metadata: { task: 'geometry problem solving', category: 'math' },
      ...more,
    });
    const { suite, items, keys } = await opened(
      'mathvista',
      'MathVista/data/testmini-00000-of-00001-725687bf7a18d64b.parquet',
      columns,
      [
        row('1', {
          choices: ['30°', '60°'],
          answer: '60°',
          question_type: 'multi_choice',
          answer_type: 'text',
        }),
        row('2', { answer: '1.2', precision: 1, answer_type: 'float' }),
        row('3', { answer: '[0, 2, 4]', answer_type: 'list' }),
        row('4', { answer: '7', answer_type: 'integer' }),
        row('5', { choices: ['yes', 'no'], answer: 'maybe', answer_type: 'text' }),
      ],
    );
    expect(keys).toEqual(['1', '2', '3', '4', '5']);
    expect(items[0]).toMatchObject({ task: 'geometry problem solving', choices: ['30°', '60°'] });
    expect(items[0].row.problem).toBe('<image>How much?\nA. 30°\nB. 60°');
    expect(items[1].row.problem).toBe('<image>How much?');
    expect(items[1]).toMatchObject({ precision: 1 });
    expect('choices' in items[1] || 'precision' in items[0]).toBe(false);
    expect(shown(items[0].row)).toEqual([1]);
    expect(['B', '60°', '60', 'A', '30°'].map((box) => judge(items[0], box))).toEqual([
      'right',
      'right',
      'right',
      'wrong',
      'wrong',
    ]);
    expect([judge(items[1], '1.23'), judge(items[1], '1.3')]).toEqual(['right', 'wrong']);
    expect([judge(items[2], '0, 2, 4'), judge(items[3], '7')]).toEqual(['right', 'right']);
    expect(judge(items[4], 'A')).toBe('bad reference');
    // As the authors have it, a letter is not its text.
    expect([judge(items[0], 'B', 'authors'), judge(items[0], '60°', 'authors')]).toEqual(['wrong', 'right']);
    expect(suite.scoring).toBe('choices');
  });

  it('We-Math: options as one text, problems and their parts', async () => {
    const columns: Record<string, ColumnType> = {
      ID: 'text',
      split: 'text',
      'knowledge concept': 'text',
      question: 'text',
      option: 'text',
      answer: 'text',
      image_path: 'image',
      key: 'text',
      'question number': 'text',
    };
    const row = (ID: string, key: string, answer = 'B') => ({
      ID,
      key,
      answer,
      'knowledge concept': 'Angles',
      question: 'How long?',
      option: 'A. 30; B. 60; C. 90; D. No correct answer',
      image_path: image(1),
      split: 'testmini',
    });
    const { items, keys } = await opened('we-math', 'We-Math/data/testmini-00000-of-00001.parquet', columns, [
      row('1', '2steps_1'),
      row('1', '2steps_2'),
      row('2', '1steps'),
      row('2', '1steps', 'G'),
    ]);
    expect(keys).toEqual(['1/2steps_1', '1/2steps_2', '2/1steps#2', '2/1steps#3']);
    expect(items.map(({ cluster }) => cluster)).toEqual(['1', '1', '2', '2']);
    expect(items[0]).toMatchObject({ task: 'Angles', choices: ['30', '60', '90', 'No correct answer'] });
    expect(items[0].row.problem).toBe('<image>How long?\nA. 30; B. 60; C. 90; D. No correct answer');
    expect([judge(items[0], '60'), judge(items[0], 'C'), judge(items[3], 'A')]).toEqual([
      'right',
      'wrong',
      'bad reference',
    ]);
  });

  it('MMK12 in both of its places', async () => {
    const question = '<image>Which?\nA: 14cm²\nB: 20cm²';
    const first = await opened(
      'mmk12',
      'FanqingM/MMK12/data/test-00000-of-00001.parquet',
      { id: 'text', question: 'text', answer: 'text', subject: 'text', image: 'image' },
      [{ id: 'q7', question, answer: 'B', subject: 'physics', image: image(0) }],
    );
    expect(first.items[0]).toMatchObject({ key: 'q7', task: 'physics', choices: ['14cm²', '20cm²'] });
    const second = await opened(
      'mmk12',
      'PAPO_MMK12_test/data/test-00000-of-00001.parquet',
      { problem: 'text', answer: 'text', images: 'images' },
      [{ problem: question, answer: 'B', images: [image(2)] }],
    );
    expect(second.items[0]).toMatchObject({ key: '0', choices: ['14cm²', '20cm²'] });
    expect([first.suite.spec.layout, second.suite.spec.layout]).toEqual(['hub', 'papo']);
    expect(judge(second.items[0], '20 cm²')).toBe('right');
  });

  const verse: Record<string, ColumnType> = {
    sample_index: 'text',
    problem_index: 'text',
    problem_version: 'text',
    question: 'text',
    image: 'image',
    answer: 'text',
    question_type: 'text',
    metadata: ['split', 'source', 'subject', 'subfield'],
    query_wo: 'text',
    query_cot: 'text',
  };
  const versions = ['Text Dominant', 'Text Lite', 'Vision Intensive', 'Vision Dominant', 'Vision Only'];
  const problems = ['1', '2'].flatMap((problem_index, p) =>
    versions.map((problem_version, v) => ({
      sample_index: String(5 * p + v + 1),
      problem_index,
      problem_version,
      question: problem_version === 'Vision Only' ? '' : 'What?\nChoices:\nA:1\nB:2',
      image: image(v % 3),
      answer: p === 0 ? 'B' : '5',
      question_type: p === 0 ? 'multi-choice' : 'free-form',
      metadata: { subject: 'Plane Geometry' },
      query_wo: 'x',
      query_cot: 'y',
    })),
  );

  it('MathVerse: versions, clusters, and questions that only the picture asks', async () => {
    const { suite, items, keys } = await opened('mathverse', 'MathVerse/testmini.parquet', verse, problems);
    expect(keys).toEqual(['1', '2', '3', '4', '5']);
    expect(items.map(({ dependency }) => dependency)).toEqual(['low', 'medium', 'medium', 'high', 'high']);
    expect(new Set(items.map(({ cluster }) => cluster))).toEqual(new Set(['1']));
    expect(items[0]).toMatchObject({ task: 'Plane Geometry', choices: ['1', '2'] });
    expect(items[4].row.problem).toBe('<image>');
    expect(shown(items[4].row)).toEqual([1]);
    expect([judge(items[4], 'B'), judge(items[0], '2')]).toEqual(['right', 'right']);
    expect(suite.skipped).toEqual({ 'free-form, which the paper leaves out': 5 });
    expect(suite.notes.join('\n')).toContain('Vision Dominant high');
  });

  it('MathVerse-V is a part of the same file', async () => {
    const { suite, items } = await opened('mathverse-v', 'MathVerse/testmini.parquet', verse, problems);
    expect(items.map(({ key }) => key)).toEqual(['3', '4', '5']);
    expect(suite.group).toBe('vision');
    expect(suite.skipped['another version of the problem']).toBe(4);
    expect(suite.notes.join('\n')).toContain('counts its questions twice');
  });

  it('LogicVista: several letters, and an empty row', async () => {
    const columns: Record<string, ColumnType> = {
      id: 'int',
      question: 'text',
      answer: 'text',
      reasoning: 'text',
      image: 'image',
      skill: 'texts',
    };
    const { suite, items, keys } = await opened(
      'logicvista',
      'LogicVista/data/test-00000-of-00001.parquet',
      columns,
      [
        {
          id: 0,
          question: 'Which two?',
          answer: 'B, D',
          reasoning: 'r',
          image: image(0),
          skill: ['spatial'],
        },
        { id: 1, question: '', answer: '', reasoning: '', image: image(1), skill: [] },
        {
          id: 2,
          question: 'Which?',
          answer: 'C',
          reasoning: 'r',
          image: image(2),
          skill: ['inductive', 'spatial'],
        },
      ],
    );
    expect(keys).toEqual(['0', '2']);
    expect(suite.skipped).toEqual({ 'no problem': 1 });
    expect(items.map(({ task }) => task)).toEqual(['spatial', 'inductive, spatial']);
    expect(['B, D', 'D and B', 'BD', 'B'].map((box) => judge(items[0], box))).toEqual([
      'right',
      'right',
      'right',
      'wrong',
    ]);
  });

  it('Counting', async () => {
    const { items, suite } = await opened(
      'counting',
      'clevr_count_70k/data/test-00000-of-00001.parquet',
      { images: 'images', problem: 'text', answer: 'text' },
      [{ images: [image(0)], problem: '<image>How many?', answer: '<answer> 4 </answer>' }],
    );
    expect(items[0].row.answer).toBe('4');
    expect([suite.group, judge(items[0], '4', 'authors')]).toEqual(['vision', 'right']);
  });

  const pro = { id: 'text', options: 'text', answer: 'text', subject: 'text' } as const;
  it('MMMU-Pro, vision: no question in words, options as text of a Python list', async () => {
    const { items, suite } = await opened(
      'mmmu-pro',
      'MMMU_Pro/vision/test-00000-of-00001.parquet',
      { ...pro, image: 'image' },
      [
        { id: 'v1', options: `['up', "it's down"]`, answer: 'B', subject: 'Art', image: image(0) },
        { id: 'v2', options: "['only']", answer: 'A', subject: 'Art', image: image(1) },
        { id: 'v3', options: '[]', answer: 'A', subject: 'Art' },
      ],
    );
    expect(items.map(({ row }) => row.problem)).toEqual(['<image>', '<image>']);
    expect(items[0]).toMatchObject({ key: 'v1', task: 'Art', choices: ['up', "it's down"] });
    expect([judge(items[0], "it's down"), judge(items[0], 'B'), judge(items[1], 'only')]).toEqual([
      'right',
      'right',
      'right',
    ]);
    expect(suite.skipped).toEqual({ 'no image': 1 });
    expect(suite.source).toContain('question in the picture');
  });

  it('MMMU-Pro, standard: numbered pictures and their marks', async () => {
    const pictures = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((i) => [`image_${i}`, 'image' as const]));
    const ten = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', '<image 1>'];
    const { items } = await opened(
      'mmmu-pro',
      'MMMU_Pro/standard (10 options)/test-00000-of-00001.parquet',
      { ...pro, question: 'text', explanation: 'text', ...pictures },
      [
        {
          id: 's1',
          question: 'Unlike <image 2>, which?',
          options: `[${ten.map((t) => `'${t}'`).join(', ')}]`,
          answer: 'J',
          subject: 'Math',
          image_1: image(0),
          image_2: image(1),
        },
      ],
    );
    expect(items[0].row.problem).toMatch(/^Unlike <image>, which\?\nA\. a\n.*J\. <image>$/s);
    expect(shown(items[0].row)).toEqual([1, 0]);
    expect([judge(items[0], 'J'), judge(items[0], 'I')]).toEqual(['right', 'wrong']);
  });
});

describe('a folder of suites', () => {
  const geo: Record<string, ColumnType> = { images: 'images', problem: 'text', answer: 'text' };
  const rows = [{ images: [image(0)], problem: '<image>?', answer: '1' }];

  it('says what is missing, and of which columns a file is not', async () => {
    const dataDir = join(home, 'wrong');
    writeTable(join(dataDir, 'LogicVista/test.parquet'), geo, rows);
    await expect(openSuite(suiteSpecOf('mathvista'), { dataDir })).rejects.toThrow(
      /has no files of mathvista; put those of AI4Math\/MathVista or PAPO-Galaxy\/PAPO_eval into .*MathVista, or fetch them with --hub/,
    );
    await expect(openSuite(suiteSpecOf('logicvista'), { dataDir })).rejects.toThrow(
      /its columns \(images, problem, answer\) are those of no layout of logicvista: the columns of lscpku\/LogicVista \(id, question/,
    );
    await expect(openSuite(suiteSpecOf('mathvista'))).rejects.toThrow('fetch AI4Math/MathVista with --hub');
    await expect(openSuite(suiteSpecOf('mmmu-pro:layout=none'), { dataDir })).rejects.toThrow(
      'there is no such layout; it has vision, standard-10, standard-4, authors',
    );
  });

  it('takes one file of a set, and several shards as one', async () => {
    const dir = join(home, 'shards');
    const shards = [0, 1].map((i) =>
      writeTable(join(dir, `geometry3k/data/test-0000${i}-of-00002.parquet`), geo, rows),
    );
    const all = await openSuite(suiteSpecOf('geometry3k'), { dataDir: dir });
    expect([(await all.item(0)).key, (await all.item(1)).key]).toEqual(['0:0', '1:0']);
    const one = await openSuite(suiteSpecOf(`geometry3k:data=${shards[1]}`));
    expect(one.length).toBe(1);
    const folder = await openSuite(suiteSpecOf(`geometry3k:data=${join(dir, 'geometry3k')}`));
    expect(folder.length).toBe(2);
  });
});
