/** The authors' evaluation data: messages and picture paths in parquet, pictures in archives beside. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import { zipOf } from '../../data/zip.testing.ts';
import { FORMAT_PROMPT } from '../../text/prompt.ts';
import { openSuite, suiteSpecOf } from './index.ts';
import { type ColumnType, writeTable } from './parquet.testing.ts';

const home = mkdtempSync(join(tmpdir(), 'papo-authors-'));
afterAll(() => rmSync(home, { recursive: true }));

const PICTURES = [0, 1].map((i) => Buffer.from(makeRow('authors', i).images[0]));
const columns: Record<string, ColumnType> = { messages: 'messages', images: 'texts', id: 'text' };
const row = (i: number, question: string, gold: string, file = `${i}.png`) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: gold },
  ],
  images: [`./data/images/hiyouga_geometry3k/${file}`],
  id: `hiyouga_geometry3k_${i}`,
});
const ROWS = [
  row(0, `<image>Find x.\n\n${FORMAT_PROMPT}`, '10'),
  row(1, `In <image>, which?\nA. 1 B. 2\n${FORMAT_PROMPT}`, 'B'),
  row(2, `<image>Lost.\n\n${FORMAT_PROMPT}`, '3', 'gone.png'),
  row(3, `<image>${FORMAT_PROMPT.slice(0, 20)}`, ''),
];
const MEMBERS = { 'hiyouga_geometry3k/0.png': PICTURES[0], 'hiyouga_geometry3k/1.png': PICTURES[1] };
const FILE = 'data/hiyouga_geometry3k-00000-of-00001.parquet';

let folders = 0;
function folder(archive?: Record<string, Buffer>, under = '') {
  const dataDir = join(home, String(folders++));
  writeTable(join(dataDir, under, FILE), columns, ROWS);
  if (archive)
    writeFileSync(join(dataDir, under, 'hiyouga_geometry3k_images.zip'), zipOf(archive, { deflate: true }));
  return dataDir;
}
const read = async (suite: Awaited<ReturnType<typeof openSuite>>) =>
  Promise.all(Array.from({ length: suite.length }, (_, i) => suite.item(i)));

describe("the authors' evaluation data", () => {
  it.each(['', 'PAPO_eval'])('is read with its archive in place, below "%s"', async (under) => {
    const suite = await openSuite(suiteSpecOf('geometry3k'), { dataDir: folder(MEMBERS, under) });
    const items = await read(suite);
    expect(items.map(({ row: r }) => r.problem)).toEqual(['<image>Find x.', 'In <image>, which?\nA. 1 B. 2']);
    expect(items.map(({ row: r }) => r.answer)).toEqual(['10', 'B']);
    expect(items.map(({ key }) => key)).toEqual(['hiyouga_geometry3k_0', 'hiyouga_geometry3k_1']);
    expect(items.map(({ row: r }) => Buffer.from(r.images[0]))).toEqual(PICTURES);
    expect(items[1].choices).toEqual(['1', '2']);
    // One picture is not in the archive; one row has no answer.
    expect(suite.skipped).toEqual({ 'no image': 1, 'no answer': 1 });
    expect(suite.scoring).toBe('authors');
    expect(suite.source).toContain("the authors' evaluation data (PAPO_eval)");
    const again = await openSuite(JSON.parse(JSON.stringify(suite.spec)));
    expect(await read(again)).toEqual(items);
  });

  it('is read from folders that the archive was unpacked into', async () => {
    for (const at of ['data/images', 'images', '.', 'hiyouga_geometry3k_images']) {
      const dataDir = folder();
      mkdirSync(join(dataDir, at, 'hiyouga_geometry3k'), { recursive: true });
      for (const [name, png] of Object.entries(MEMBERS)) writeFileSync(join(dataDir, at, name), png);
      const suite = await openSuite(suiteSpecOf('geometry3k'), { dataDir });
      expect(suite.length).toBe(2);
    }
  });

  it("is read as the authors' own script writes it: papo/<split>.json without ids, images/ beside", async () => {
    const dataDir = join(home, 'script');
    mkdirSync(join(dataDir, 'papo'), { recursive: true });
    mkdirSync(join(dataDir, 'images/hiyouga_geometry3k'), { recursive: true });
    const rows = ROWS.map(({ id: _, ...rest }) => rest);
    writeFileSync(join(dataDir, 'papo/hiyouga_geometry3k.json'), JSON.stringify(rows, null, 2));
    for (const [name, png] of Object.entries(MEMBERS)) writeFileSync(join(dataDir, 'images', name), png);
    const suite = await openSuite(suiteSpecOf('geometry3k'), { dataDir });
    const items = await read(suite);
    expect(items.map(({ key }) => key)).toEqual(['0', '1']);
    const named = await openSuite(suiteSpecOf(`geometry3k:data=${dataDir}/papo/hiyouga_geometry3k.json`));
    expect(await read(named)).toEqual(items);
    expect(named.scoring).toBe('authors');
  });

  it('says which archive is missing, and which is damaged', async () => {
    const dataDir = folder();
    await expect(openSuite(suiteSpecOf('geometry3k'), { dataDir })).rejects.toThrow(
      /no usable question of geometry3k \(.*no image: 3.*\); its pictures are in .*hiyouga_geometry3k_images\.zip, which has to lie there/,
    );
    writeFileSync(join(dataDir, 'hiyouga_geometry3k_images.zip'), zipOf(MEMBERS).subarray(0, 500));
    await expect(openSuite(suiteSpecOf('geometry3k'), { dataDir })).rejects.toThrow(
      'is no whole zip archive',
    );
  });

  it("asks which, where the hub's form lies beside it", async () => {
    const dataDir = folder(MEMBERS);
    const geo: Record<string, ColumnType> = { images: 'images', problem: 'text', answer: 'text' };
    writeTable(join(dataDir, 'geometry3k/data/test-00000-of-00001.parquet'), geo, [
      { images: [{ bytes: PICTURES[0] }], problem: '<image>?', answer: '1' },
    ]);
    await expect(openSuite(suiteSpecOf('geometry3k'), { dataDir })).rejects.toThrow(
      /say which: layout=hub or layout=authors/,
    );
    const [hub, authors] = await Promise.all(
      ['hub', 'authors'].map((name) => openSuite(suiteSpecOf(`geometry3k:layout=${name}`), { dataDir })),
    );
    expect([hub.length, authors.length]).toEqual([1, 2]);
    const preferred = await openSuite(suiteSpecOf('geometry3k'), { dataDir, prefer: 'authors' });
    expect(preferred.spec).toEqual(authors.spec);
    const only = await openSuite(suiteSpecOf('geometry3k:layout=hub'), { dataDir, prefer: 'authors' });
    expect(only.notes.at(-1)).toContain('read in the layout hub, where authors was asked for');
  });
});
