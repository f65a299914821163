import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { csvTable } from '../../report/table.ts';
import { visibleWidth } from '../../report/width.ts';
import { readEvaluation } from '../files.ts';
import { openSuite, type SuiteSpec } from '../suites/index.ts';
import { type Comparison, compare } from './compare.ts';
import { drawnQuestions, type MadeQuestion, type MadeSuite, writeEvaluation } from './evaluations.testing.ts';
import { comparisonHtml } from './page.ts';
import { startComparison } from './start.ts';
import { comparisonCsv, comparisonMarkdown, comparisonText } from './tables.ts';
import { letter, pText } from './words.ts';

const root = mkdtempSync(join(tmpdir(), 'papo-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const spec: SuiteSpec = { name: 'builtin', suite: 'builtin', builtin: { rows: 60, seed: 3 } };
const builtin = await openSuite(spec);
const items = await Promise.all(Array.from({ length: 60 }, (_, i) => builtin.item(i)));

const suites = (policy: string, lift: number, tokens: number | null = 40): MadeSuite[] => [
  {
    name: 'builtin',
    spec,
    questions: drawnQuestions(60, {
      of: 'built-in',
      policy,
      lift,
      k: 4,
      more: (i): Partial<MadeQuestion> => ({
        key: items[i].key,
        question: items[i].row.problem,
        answer: items[i].row.answer,
        task: items[i].task,
        dependency: items[i].dependency,
        tokens,
      }),
    }),
  },
  {
    name: 'a-suite-with-a-long-name-of-its-own',
    group: 'vision',
    notes: ['its notes & <b>more</b>'],
    questions: drawnQuestions(40, {
      of: 'other',
      policy,
      lift,
      k: 4,
      more: (i) => ({ cluster: `${i >> 1}`, tokens }),
    }),
  },
];
const folder = (name: string, lift: number, tokens?: number | null) =>
  writeEvaluation(join(root, name), suites(name, lift, tokens), {
    description: `the policy ${name} </script>`,
  });
const [a, b, c] = [folder('base', 0), folder('trained', 0.4), folder('same', 0.02)];
const found: Comparison = compare([a, b, c].map(readEvaluation), { allPairs: true, resamples: 200 });

describe('what is printed', () => {
  const text = comparisonText(found);

  it('fits into 80 columns and is the same for all three pairs', () => {
    const wide = text.split('\n').filter((line) => visibleWidth(line) > 80 && !line.includes(root));
    expect(wide).toEqual([]);
    for (const pair of ['A → B', 'A → C', 'B → C']) expect(text).toContain(`${pair}: `);
  });

  it('names a difference a gain only where it is clear', () => {
    const rows = found.compared.flatMap((pair) => pair.rows);
    expect(rows.filter(({ verdict }) => verdict === 'up').length).toBeGreaterThan(2);
    expect(text).toContain('gain, p<.001');
    const [, second] = text.split('A → C: ');
    expect(second.split('B → C: ')[0]).not.toContain('gain, p');
    expect(second).toContain('no clear difference');
    expect(text).toMatch(/accuracy, overall and by suite \(24\)/);
  });
});

describe('files', () => {
  it('CSV has one line a difference, with numbers that are read back', () => {
    const lines = csvTable(comparisonCsv(found)).trimEnd().split('\n');
    const rows = found.compared.flatMap((pair) => pair.rows);
    expect(lines).toHaveLength(rows.length + 1);
    const head = lines[0].split(',');
    const first = lines[1].split(',');
    expect(Number(first[head.indexOf('value')])).toBe(rows[0].value);
    expect(Number(first[head.indexOf('corrected')])).toBe(rows[0].corrected);
  });

  it('Markdown has a table for every group, of equally many cells', () => {
    const text = comparisonMarkdown(found);
    const cells = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').length);
    expect(new Set(cells)).toEqual(new Set([14]));
    expect(text.match(/^## /gm)).toHaveLength(3);
  });

  it('the page has charts, and the questions that changed most with their pictures', async () => {
    const asked: string[] = [];
    const page = await comparisonHtml(
      compare([a, b].map(readEvaluation), { resamples: 50 }),
      async (suite, key) => {
        asked.push(`${suite} ${key}`);
        const item = items.find((one) => one.key === key);
        return item && suite === 'builtin' ? item.row.images : [];
      },
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(page.match(/<svg class="chart"/g)?.length).toBeGreaterThan(5);
    expect(page).toContain('src="data:image/png;base64,');
    expect(page).toContain('its notes &amp; &lt;b&gt;more&lt;/b&gt;');
    expect(page).not.toMatch(/<script|<\/script|NaN|undefined/);
  });
});

describe('words', () => {
  it('are short', () => {
    expect([0, 0.0004, 0.0123, 0.0996, 0.345, 0.999, 1, Number.NaN].map(pText)).toEqual([
      '<.001',
      '<.001',
      '.012',
      '.100',
      '.34',
      '1',
      '1',
      '-',
    ]);
    expect([0, 25, 26, 701, 702].map(letter)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA']);
  });
});

describe('papo compare', () => {
  it('prints, and writes what was asked for', async () => {
    const path = (end: string) => join(root, `out.${end}`);
    let printed = '';
    const flags = { markdown: path('md'), csv: path('csv'), html: path('html'), json: path('json') };
    await startComparison([a, b], flags, (text) => {
      printed += text;
    });
    expect(printed).toContain('accuracy, avg@4');
    for (const file of Object.values(flags)) expect([file, existsSync(file)]).toEqual([file, true]);
    const json: Comparison = JSON.parse(readFileSync(path('json'), 'utf8'));
    expect(json.compared[0].rows.length).toBe(
      readFileSync(path('csv'), 'utf8').trimEnd().split('\n').length - 1,
    );
    expect(readFileSync(path('html'), 'utf8')).toContain('data:image/png');
  });

  it('refuses what it cannot compare in one line', async () => {
    const quiet = () => {};
    const nowhere = join(root, 'nowhere', 'x.md');
    await expect(startComparison([a], {}, quiet)).rejects.toThrow('one evaluation alone');
    await expect(startComparison([a, b, a], {}, quiet)).rejects.toThrow('is given twice');
    await expect(startComparison([a, b], { markdown: nowhere }, quiet)).rejects.toThrow('--markdown');
    await expect(startComparison([a, join(root, 'none')], {}, quiet)).rejects.toThrow(
      'give the folder of an evaluation',
    );
    const empty = writeEvaluation(join(root, 'empty'), [{ name: 'builtin', questions: [] }]);
    await expect(startComparison([a, empty], {}, quiet)).rejects.toThrow('no question is answered yet');
  });

  const papo = resolve(import.meta.dirname, '../../../bin/papo.js');
  it.runIf(existsSync(resolve(import.meta.dirname, '../../../dist/cli/compare.js')))(
    'is a command of its own',
    () => {
      const out = execFileSync(process.execPath, [papo, 'compare', a, b], { encoding: 'utf8', cwd: root });
      expect(out).toContain('after Holm');
      const { status, stderr } = spawnSync(process.execPath, [papo, 'compare', a], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([
        1,
        "papo: one evaluation alone; give two folders that 'papo eval' made, or more\n",
      ]);
    },
  );

  it('says tokens only where all answers have them', () => {
    const quietly = compare(
      [folder('no-tokens-1', 0, null), folder('no-tokens-2', 0, null)].map(readEvaluation),
      { resamples: 20 },
    );
    const measures = new Set(quietly.compared[0].rows.map(({ measure }) => measure));
    expect([measures.has('tokens'), measures.has('characters')]).toEqual([false, true]);
  });
});
