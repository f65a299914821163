/** One table in each form in which it is read. */
import { type Html, html } from './html.ts';
import { shortened, visibleWidth } from './width.ts';

export interface Column {
  name: string;
  /** left unless told; numbers stand to the right. */
  align?: 'left' | 'right';
}

export interface Table {
  columns: readonly Column[];
  /** One cell a column; what is missing is empty, what is more is left out. */
  rows: readonly (readonly string[])[];
}

/** Rows with a cell for every column. */
const cellsOf = ({ columns, rows }: Table) => rows.map((row) => columns.map((_, c) => row[c] ?? ''));

/** What a file or a policy says must neither break a line of a table nor steer a terminal; colours stay. */
const oneLine = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replaceAll(/\u001b(?!\[[\d;]*m)|[\t-\r\u2028\u2029]+|[\u0000-\u001a\u001c-\u001f\u007f-\u009f]/g, ' ');

/** Between two columns. */
const GAP = '  ';
/** The narrowest that a column is made to fit a table into a terminal. */
const NARROWEST = 12;

/** Widths of the columns: where the table is too wide the widest column to the left gives way first. */
function widthsOf(lines: readonly (readonly string[])[], columns: readonly Column[], most: number): number[] {
  const widths = columns.map((_, c) =>
    lines.reduce((width, line) => Math.max(width, visibleWidth(line[c])), 0),
  );
  const texts = widths.flatMap((_, c) => (columns[c].align === 'right' ? [] : [c]));
  const over = () => widths.reduce((a, b) => a + b, GAP.length * (widths.length - 1)) - most;
  while (over() > 0) {
    const widest = texts.reduce((best, c) => (widths[c] > (widths[best] ?? 0) ? c : best), -1);
    if (widest < 0 || widths[widest] <= NARROWEST) break;
    widths[widest]--;
  }
  return widths;
}

/**
 * The table with its columns under each other, a rule below its head, and a line break at its end. Texts are cut where it is
 * wider than `most` columns; numbers never are.
 */
export function terminalTable(table: Table, most = Number.POSITIVE_INFINITY): string {
  const { columns } = table;
  if (columns.length === 0) return '';
  const head = columns.map(({ name }) => oneLine(name));
  const rows = cellsOf(table).map((row) => row.map(oneLine));
  const widths = widthsOf([head, ...rows], columns, most);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => {
        const text = columns[c].align === 'right' ? cell : shortened(cell, widths[c]);
        const room = ' '.repeat(Math.max(0, widths[c] - visibleWidth(text)));
        return columns[c].align === 'right' ? room + text : text + room;
      })
      .join(GAP)
      .trimEnd();
  return `${[line(head), widths.map((width) => '─'.repeat(width)).join(GAP), ...rows.map(line)].join('\n')}\n`;
}

/** GitHub's tables: a bar within a cell is escaped, a line break is a space. */
export function markdownTable(table: Table): string {
  const cell = (text: string) =>
    text.replaceAll(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll('|', '\\|').trim();
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |\n`;
  const rule = table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
  return [
    row(table.columns.map(({ name }) => name)),
    `|${rule.join('|')}|\n`,
    ...cellsOf(table).map((cells) => row(cells)),
  ].join('');
}

/** RFC 4180, with `\n` at the end of a line. */
export function csvTable(table: Table): string {
  const cell = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [table.columns.map(({ name }) => name), ...cellsOf(table)];
  return lines.map((cells) => `${cells.map(cell).join(',')}\n`).join('');
}

export function htmlTable(table: Table): Html {
  const side = (c: number) => (table.columns[c].align === 'right' ? html` class="number"` : null);
  const head = table.columns.map(({ name }, c) => html`<th scope="col"${side(c)}>${name}</th>`);
  const rows = cellsOf(table).map(
    (row) => html`<tr>${row.map((cell, c) => html`<td${side(c)}>${cell}</td>`)}</tr>\n`,
  );
  return html`<div class="table"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows}</tbody>\n</table></div>\n`;
}
