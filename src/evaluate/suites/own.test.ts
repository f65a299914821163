/** Suites of one's own, and what names a suite on the command line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import { writeDataset } from '../../data/builtin/write.ts';
import { zipOf } from '../../data/zip.testing.ts';
import { openSuite, suiteNames, suiteSpecOf } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'papo-own-'));
afterAll(() => rmSync(home, { recursive: true }));

const png = Buffer.from(makeRow('own', 0).images[0]);
const write = (path: string, text: string | Buffer) => {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), text);
  return join(home, path);
};
const jsonl = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

describe("a suite of one's own", () => {
  it('is a YAML file of five lines', async () => {
    write('mine/photos/1.png', png);
    write(
      'mine/rows.jsonl',
      jsonl([
        { n: 'a', q: 'How many?', gold: '3', file: '1.png', kind: 'count', look: 'High', scene: 's1' },
        { n: 'b', q: 'Which? A. x B. y', gold: 'B', file: '1.png', kind: 'pick', look: '', scene: 's1' },
        { n: 'c', q: '', gold: '1', file: '1.png', kind: 'count', look: 'low', scene: 's2' },
      ]),
    );
    const config = write(
      'mine/suite.yaml',
      `name: signs
data: rows.jsonl
images: photos
scoring: choices
columns: { problem: q, answer: gold, images: file, id: n, task: kind, dependency: look, cluster: scene }
`,
    );
    const suite = await openSuite(suiteSpecOf(config));
    expect([suite.name, suite.length, suite.scoring]).toEqual(['signs', 2, 'choices']);
    expect(suite.skipped).toEqual({ 'no problem': 1 });
    const items = await Promise.all([suite.item(0), suite.item(1)]);
    expect(items[0]).toMatchObject({ key: 'a', task: 'count', dependency: 'high', cluster: 's1' });
    expect(items[0].row.problem).toBe('<image>How many?');
    expect(Buffer.from(items[0].row.images[0])).toEqual(png);
    expect(items[1]).toMatchObject({ key: 'b', choices: ['x', 'y'] });
    const again = await openSuite(JSON.parse(JSON.stringify(suite.spec)));
    expect(await again.item(1)).toEqual(items[1]);
  });

  it('takes its pictures from a zip archive', async () => {
    write('zip/pictures.zip', zipOf({ 'photos/1.png': png }));
    write('zip/test.jsonl', jsonl([{ id: 1, problem: '<image>?', answer: '1', image: './x/photos/1.png' }]));
    const config = write('zip/s.yml', 'data: .\nimages: pictures.zip\n');
    const suite = await openSuite(suiteSpecOf(config));
    expect([suite.name, suite.length]).toEqual(['s', 1]);
    expect(Buffer.from((await suite.item(0)).row.images[0])).toEqual(png);
  });

  it('is a folder that papo data make left, with its tasks', async () => {
    const dir = join(home, 'made');
    writeDataset(dir, { seed: 3, rows: { train: 3, validation: 2, test: 4 } });
    const suite = await openSuite(suiteSpecOf(dir), { limit: 2 });
    const item = await suite.item(1);
    expect([suite.name, suite.length]).toEqual(['made', 2]);
    expect(item.key).toBe(item.row.id);
    expect(item).toMatchObject({ task: item.row.meta?.task, dependency: item.row.meta?.dependency });
    const config = write('validation.yaml', 'data: made\nsplit: validation\n');
    expect((await openSuite(suiteSpecOf(config))).length).toBe(2);
  });

  it('without ids is keyed by the places of its rows, with equal ids too', async () => {
    const rows = [0, 1, 2].map((i) => ({ problem: `What is ${i}?`, answer: String(i) }));
    const file = write('text.jsonl', jsonl(rows));
    const keysOf = async (path: string) => {
      const suite = await openSuite(suiteSpecOf(path));
      return Promise.all(rows.map(async (_, i) => (await suite.item(i)).key));
    };
    expect(await keysOf(file)).toEqual(['0', '1', '2']);
    const twice = write(
      'twice.jsonl',
      jsonl(rows.map((row, i) => ({ ...row, id: i < 2 ? 'same' : 'other' }))),
    );
    expect(await keysOf(twice)).toEqual(['same#0', 'same#1', 'other']);
  });

  it.each<[string, RegExp]>([
    ['name: x\n', /says not where its rows are/],
    ['data: none.jsonl\n', /none\.jsonl: no such file/],
    ['- a\n', /holds no settings of a suite/],
    ['data: text.jsonl\ncolour: red\n', /colour/],
    [
      'data: text.jsonl\ncolumns: { task: kind }\n',
      /names the column 'kind', which is none \(found: problem, answer\)/,
    ],
    ['data: text.jsonl\nscoring: best\n', /best: no such scoring/],
    ['suite: nine\n', /suite: nine: there are builtin, geometry3k/],
    ['a: {', /not YAML that can be read/],
  ])('with a fault: %j', async (yaml, wanted) => {
    const config = write('fault.yaml', yaml);
    await expect((async () => openSuite(suiteSpecOf(config)))()).rejects.toThrow(wanted);
  });
});

describe('what names a suite', () => {
  it('is its name, with settings', () => {
    expect(suiteNames()).toEqual([
      'builtin',
      'geometry3k',
      'mathvista',
      'we-math',
      'mmk12',
      'mathverse',
      'logicvista',
      'counting',
      'mmmu-pro',
      'mathverse-v',
    ]);
    expect(suiteSpecOf('builtin:rows=500,seed=2,tasks=count+sum,dependency=high,name=hard')).toEqual({
      name: 'hard',
      suite: 'builtin',
      builtin: { rows: 500, seed: 2, tasks: ['count', 'sum'], dependency: 'high' },
    });
    expect(suiteSpecOf('mathverse:limit=200,layout=authors')).toEqual({
      name: 'mathverse',
      suite: 'mathverse',
      limit: 200,
      layout: 'authors',
    });
  });

  it.each([
    ['mathvers', 'mathvers: no such suite, folder or file; do you mean mathverse?'],
    ['mathverse:limit=many', /limit: /],
    ['mathverse:rows=3', "mathverse: 'rows=3' is no setting of it; there are limit, layout"],
    ['builtin:tasks=cuont', /builtin: tasks: 0: /],
  ])('or a fault: %s', (word, wanted) => {
    expect(() => suiteSpecOf(word)).toThrow(wanted);
  });
});
