import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Items } from '../reopened.ts';
import { lineOf } from './errors.testing.ts';
import { SORTED } from './kinds.ts';
import { readLabels } from './labels.ts';
import { sheetCsv, sheetLines, sheetPage } from './sheet.ts';
import { idOf } from './wrong.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-labels-'));
const wrong = Array.from({ length: 30 }, (_, at) =>
  lineOf({ at, cause: 'perception', question: at === 3 ? '=HYPERLINK("x")' : `How "many"; a, b\nin ${at}?` }),
);
const lines = sheetLines(wrong, '1');
const known = new Set(wrong.map(idOf));
const exported = sheetCsv(lines);
let made = 0;
const file = (text: string | Buffer) => {
  const path = join(dir, `${made++}.csv`);
  writeFileSync(path, text);
  return path;
};
/** The exported sheet with kinds in the empty column, as rows of cells between quotes. */
const table = (separator: string, kindOf: (i: number) => string) =>
  `${['row', 'id', 'kind'].join(separator)}\r\n${lines
    .map((line, i) => [`${i + 1} of 30`, idOf(line), kindOf(i)].join(separator))
    .join('\r\n')}\r\n`;
const kindAt = (i: number) => SORTED[i % 5];

describe('a sheet', () => {
  it('is read back as it was exported and filled in', () => {
    const filled = exported.replaceAll(/,,\n/g, () => `,Perception ,seen\n`);
    const labels = readLabels(file(filled), known);
    expect(labels).toMatchObject({ rows: 30, empty: 0 });
    expect(new Set(labels.sorting.values())).toEqual(new Set(['perception']));
    expect(new Set(labels.sorting.keys())).toEqual(known);
  });

  it('tells nothing of whose answers they are, in an order of its own', () => {
    expect(exported).not.toMatch(/perception,|policy/);
    expect(sheetLines([...wrong].reverse(), '1')).toEqual(lines);
    expect(sheetLines(wrong, '2')).not.toEqual(lines);
    expect(sheetLines([...wrong, ...wrong], '1')).toEqual(lines);
    expect(exported).toContain(`"'=HYPERLINK(""x"")"`);
    expect(exported.startsWith('\ufeff')).toBe(true);
    for (const id of known) expect(id).toMatch(/^q[0-9a-f]{11}$/);
  });

  it("is read as spreadsheets leave it: semicolons, tabs, Excel's UTF-16, a mark, empty lines", () => {
    const expected = readLabels(file(table(',', kindAt)), known).sorting;
    expect(expected.size).toBe(30);
    for (const text of [
      `\ufeff${table(';', kindAt)}`,
      table('\t', kindAt),
      Buffer.from(`\ufeff${table('\t', kindAt)}`, 'utf16le'),
      `${table(';', kindAt)};;\r\n;;\r\n`,
    ])
      expect(readLabels(file(text), known).sorting).toEqual(expected);
  });

  it('may be left empty in part, and is then counted so', () => {
    expect(readLabels(file(table(',', (i) => (i < 4 ? '' : kindAt(i)))), known)).toMatchObject({
      empty: 4,
      rows: 30,
    });
  });

  it.each([
    [
      table(',', (i) => (i === 2 ? 'preception' : kindAt(i))),
      /line 4 .* no kind "preception"; choose from perception/,
    ],
    [table(',', kindAt).replace(/\n7 of 30[^\n]*/, ''), /1 of 30 rows are missing \(the first is row 7\)/],
    [table(',', kindAt).replace(/(\n7 of 30),q\w+/, '$1,q12345678901'), /"q12345678901" is no wrong answer/],
    [table(',', kindAt).replace(/\n7 of 30/, '\n8 of 30'), /row 8 is there twice/],
    [table(',', kindAt).replace('1 of 30', '01.30.2026'), /row is "01.30.2026"/],
    [table(',', () => ''), /no row has a kind/],
    ['name,value\n1,2\n', /no sheet of papo: it needs the columns row, id, kind/],
    ['', /no sheet of papo/],
    ['row,id,kind\n"1 of 30', /no sheet of papo/],
  ])('says what is wrong with one (%#)', (text, message) => {
    expect(() => readLabels(file(text), known)).toThrow(message);
  });

  it('says so where there is none', () => {
    expect(() => readLabels(join(dir, 'none.csv'), known)).toThrow(/none\.csv: cannot be read \(ENOENT\)/);
  });

  it('has a page with a choice of every kind for every answer, which runs its own script and no other', async () => {
    const items: Items = { problems: [], of: async () => undefined };
    const odd = lineOf({ at: 1, cause: 'reasoning', response: '</pre><script>alert(1)</script>' });
    const page = await sheetPage(sheetLines([...wrong, odd], '1'), items, 'a.csv');
    expect(page.match(/type="radio"/g)).toHaveLength(5 * 31);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).toMatch(/script-src 'sha256-[\w+/=]{44}'/);
    expect(readFileSync(file(page), 'utf8')).toBe(page);
  });
});
