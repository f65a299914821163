import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { barChart, histogram, intervalChart, lineChart } from './charts.ts';
import { Html, html, raw } from './html.ts';
import { page } from './page.ts';
import { pictureHtml } from './picture.ts';
import { csvTable, htmlTable, markdownTable, type Table, terminalTable } from './table.ts';
import { shortened, visibleWidth } from './width.ts';

/** What a browser reads of the text of an element or an attribute. */
const read = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&amp;', '&');

const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '</p><script>alert(1)</script>',
    '" onload="x',
    "'>",
    '<!--',
    ']]>',
    '&lt;',
    '\u0000\ud800',
  ),
);

describe('html', () => {
  it('shows every text as it is and lets none end a tag or an attribute', () => {
    fc.assert(
      fc.property(words, (text) => {
        const { text: out } = html`<p title="${text}">${text}</p>`;
        const found = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/s.exec(out);
        const writable = text.replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]|\p{Cs}/gu, '\ufffd');
        expect(found?.slice(1).map(read)).toEqual([writable, writable]);
      }),
    );
  });

  it('takes pieces and lists of pieces, and nothing for what is not there', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>${null}${undefined}${false}${0}${raw('<hr>')}`.text).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>0<hr>',
    );
    expect(html`${['<', ['>']]}`).toBeInstanceOf(Html);
    expect(html`${['<', ['>']]}`.text).toBe('&lt;&gt;');
  });
});

describe('a page', () => {
  const made = page({
    title: 'A </title><script>x</script>',
    subtitle: 'of <b>',
    sections: ['One', 'One', 'Two & three', '??'].map((heading) => ({ heading, body: html`<p>text</p>` })),
  });

  it('is one whole file that fetches nothing', () => {
    expect(made.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(made.endsWith('</html>\n')).toBe(true);
    expect(made).not.toMatch(/<script|<link|@import|url\(|\ssrc=|https?:/);
    expect(made).toContain("default-src 'none'");
    expect(made).toContain('<p class="subtitle">of &lt;b&gt;</p>');
  });

  it('leads from its contents to each heading', () => {
    const links = [...made.matchAll(/href="#([^"]+)"/g)].map((m) => m[1]);
    const names = [...made.matchAll(/<section id="([^"]+)"/g)].map((m) => m[1]);
    expect(links).toEqual(['one', 'one-2', 'two-three', 'section']);
    expect(names).toEqual(links);
    expect(page({ title: 't', sections: [] })).not.toContain('<nav');
  });
});

describe('widths', () => {
  it('are columns of a terminal', () => {
    for (const [text, width] of [
      ['plain', 5],
      ['\u001b[31mred\u001b[0m', 3],
      ['日本', 4],
      ['e\u0301', 1],
      ['👩‍👩‍👧', 2],
      ['±→−κ', 4],
      ['', 0],
    ] as const)
      expect([text, visibleWidth(text)]).toEqual([text, width]);
    expect(['日本語', 'ab', 'abc'].map((text) => shortened(text, 5))).toEqual(['日本…', 'ab', 'abc']);
    expect(shortened('abc', 0)).toBe('');
  });
});

const cells = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('日本', '\u001b[1mbold\u001b[0m', 'a|b', 'a,"b"', 'two\nlines', '\\', ' edge '),
);
const tables: fc.Arbitrary<Table> = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    columns: fc.array(fc.record({ name: cells, align: fc.constantFrom('left' as const, 'right' as const) }), {
      minLength: width,
      maxLength: width,
    }),
    rows: fc.array(fc.array(cells, { minLength: width, maxLength: width }), { maxLength: 6 }),
  }),
);

/** RFC 4180, read again. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/g)) {
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('a table', () => {
  it('stands aligned in a terminal, by what is seen', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const lines = terminalTable(table).split('\n');
        expect(lines.pop()).toBe('');
        expect(lines).toHaveLength(table.rows.length + 2);
        const rule = lines[1].split('  ');
        // Every line but for the blanks at its end is as wide as the rule, and its gaps stand below the rule's.
        for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(lines[1].length);
        expect(rule).toHaveLength(table.columns.length);
        const last = table.columns.length - 1;
        if (table.columns[last].align === 'right')
          table.rows.forEach((row, r) => {
            if (/\S$/.test(row[last]) && !/[\s\p{Control}]/u.test(row[last]))
              expect(visibleWidth(lines[r + 2])).toBe(lines[1].length);
          });
      }),
    );
    const table = {
      columns: [{ name: 'suite' }, { name: 'n', align: 'right' as const }],
      rows: [['日本', '1'], ['\u001b[1mb\u001b[0m', '20'], ['c']],
    };
    expect(terminalTable(table)).toBe('suite   n\n─────  ──\n日本    1\n\u001b[1mb\u001b[0m      20\nc\n');
  });

  it('fits where it is told to, at the cost of its texts and never of its numbers', () => {
    const table = {
      columns: [{ name: 'question' }, { name: 'n', align: 'right' as const }],
      rows: [['what is shown on the left of the picture', '123456']],
    };
    expect(terminalTable(table, 30)).toBe(
      `question                     n\n──────────────────────  ──────\nwhat is shown on the …  123456\n`,
    );
    expect(terminalTable(table, 5)).toContain('123456');
  });

  it('keeps its shape in Markdown whatever is in it', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const lines = markdownTable(table).split('\n').slice(0, -1);
        expect(lines).toHaveLength(table.rows.length + 2);
        for (const line of lines)
          expect([...line.replaceAll('\\\\', '').replaceAll('\\|', '').matchAll(/\|/g)]).toHaveLength(
            table.columns.length + 1,
          );
      }),
    );
  });

  it('is read back from CSV as it was', () => {
    fc.assert(
      fc.property(tables, (table) => {
        expect(readCsv(csvTable(table))).toEqual([table.columns.map(({ name }) => name), ...table.rows]);
      }),
    );
  });

  it('is escaped in HTML', () => {
    const made = htmlTable({
      columns: [{ name: '<a>' }, { name: 'n', align: 'right' }],
      rows: [['&', '1']],
    }).text;
    expect(made).toContain('<th scope="col">&lt;a&gt;</th><th scope="col" class="number">n</th>');
    expect(made).toContain('<td>&amp;</td><td class="number">1</td>');
  });
});

const values = fc.oneof(
  fc.double(),
  fc.constantFrom(null, undefined, 0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, -1.7e308),
);

/** Nothing in a drawing is undefined, and its tags are closed. */
function sound(chart: Html): void {
  expect(chart.text).not.toMatch(/NaN|Infinity|undefined|null/);
  const open: string[] = [];
  for (const [, slash, name, empty] of chart.text.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g))
    if (slash) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
  expect(open).toEqual([]);
}

describe('charts', () => {
  it('draw whatever they are given', () => {
    const list = fc.array(values, { maxLength: 12 });
    fc.assert(
      fc.property(list, words, fc.boolean(), (given, name, zero) => {
        const title = `t ${name.replaceAll(/null|NaN|undefined|Infinity/g, '')}`;
        const label = title;
        const row = (value: (typeof given)[number], i: number) => ({
          label,
          value,
          low: given[i - 1],
          high: given[i + 1],
        });
        sound(intervalChart({ title, rows: given.map(row), zero }));
        sound(histogram({ title, values: given, x: label }));
        const bars = given.map((value, i) => ({
          name: `${label} ${i % 3}`,
          value,
          low: given[i - 1],
          high: given[i + 1],
        }));
        sound(
          barChart({
            title,
            groups: [
              { label, bars },
              { label: '', bars: [] },
            ],
          }),
        );
        const points = given.map((value, i): [typeof value, typeof value] => [
          given[given.length - 1 - i],
          value,
        ]);
        sound(
          lineChart({
            title,
            x: label,
            y: label,
            series: [
              { name: label, points },
              { name: 'b', points: [] },
            ],
            marks: [{ x: Number.NaN, label }],
          }),
        );
      }),
    );
  });

  it('say so where nothing is known, and draw what is', () => {
    for (const empty of [
      barChart({ title: 't', groups: [] }),
      barChart({ title: 't', groups: [{ label: 'a', bars: [{ name: 'x', value: null }] }] }),
      intervalChart({ title: 't', rows: [{ label: 'a', value: Number.NaN, low: 0, high: 1 }] }),
      lineChart({ title: 't', x: 'x', y: 'y', series: [] }),
      histogram({ title: 't', values: [null, Number.NaN], x: 'x' }),
    ]) {
      expect(empty.text).toContain('no value is known');
      expect(empty.text).not.toContain('<svg');
    }
    const one = histogram({ title: 't', values: [3], x: 'x' }).text;
    expect(one).toContain(': 1</title>');
  });

  it('draw bars as long as their values, from 0 on', () => {
    const bars = [1, 2, -1].map((value, i) => ({ name: `b${i}`, value }));
    const { text } = barChart({ title: 't', groups: [{ label: 'a', bars }] });
    const [one, two, minus] = [
      ...text.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="17"/g),
    ].map((m) => [Number(m[1]), Number(m[2])]);
    expect(two[1] / one[1]).toBeCloseTo(2, 1);
    expect(minus[1]).toBeCloseTo(one[1], 0);
    expect(minus[0] + minus[1]).toBeCloseTo(one[0], 0);
  });

  it('count each value of a histogram once', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (given) => {
        const { text } = histogram({ title: 't', values: given, x: 'x' });
        const counts = [...text.matchAll(/: (\d+)<\/title>/g)].map((m) => Number(m[1]));
        expect(counts.reduce((a, b) => a + b, 0)).toBe(given.length);
      }),
    );
  });

  it('interrupt a line where a number is missing', () => {
    const points = [1, 2, null, 4, 5, null, 7].map((y, x): [number, number | null] => [x, y]);
    const { text } = lineChart({ title: 't', x: 'x', y: 'y', series: [{ name: 'a', points }] });
    expect([...text.matchAll(/<path/g)]).toHaveLength(2);
    expect([...text.matchAll(/<circle/g)]).toHaveLength(1);
  });
});

describe('a picture', () => {
  const noise = (width: number, height: number) => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251);
    return sharp(data, { raw: { width, height, channels: 3 } });
  };

  it('is an image of its own, within 480 pixels a side', async () => {
    const large = new Uint8Array(await noise(1200, 300).jpeg().toBuffer());
    const { text } = await pictureHtml(large, 'a "b"');
    const [, kind, data, width, height] =
      /^<img class="picture" src="data:image\/(\w+);base64,([^"]+)" alt="a &quot;b&quot;" width="(\d+)" height="(\d+)">$/.exec(
        text,
      ) ?? [];
    const found = await sharp(Buffer.from(data, 'base64')).metadata();
    expect([found.format, found.width, found.height]).toEqual([kind, 480, 120]);
    expect([width, height]).toEqual(['480', '120']);
  });

  it('is not enlarged', async () => {
    const small = new Uint8Array(await noise(30, 20).png().toBuffer());
    expect((await pictureHtml(small, 's')).text).toContain('width="30" height="20"');
  });

  it('is a text where it cannot be shown', async () => {
    const cut = new Uint8Array(await noise(300, 300).jpeg().toBuffer()).subarray(0, 900);
    for (const bytes of [new Uint8Array(0), new TextEncoder().encode('<svg/>'), cut])
      expect((await pictureHtml(bytes, '<p>')).text).toMatch(
        /^<span class="picture broken" title="[^"]+">no picture: &lt;p&gt;<\/span>$/,
      );
  });
});
