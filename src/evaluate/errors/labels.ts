/** Reads back what a person made of a sheet, as spreadsheets of any language leave it. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { DataError, quoted, systemFailure } from '../../errors.ts';
import { SORTED, type SortedKind } from './kinds.ts';

const DELIMITERS = [',', ';', '\t'] as const;
const NEEDED = ['row', 'id', 'kind'] as const;

export interface Labels {
  file: string;
  /** By the id of the answer. */
  sorting: Map<string, SortedKind>;
  /** Rows whose kind was left empty. */
  empty: number;
  rows: number;
}

/**
 * @param known ids of all wrong answers of the evaluations that the sheet was made from
 * @throws DataError for an unknown kind, a row that is missing or there twice, an id that was changed, a file that is no sheet
 */
export function readLabels(file: string, known: ReadonlySet<string>): Labels {
  const records = recordsOf(file);
  const sorting: Labels['sorting'] = new Map();
  const seen = new Map<number, string>();
  let of = 0;
  let empty = 0;
  for (const [i, record] of records.entries()) {
    const where = `${file}: line ${i + 2} of the table`;
    const row = /^(\d+) of (\d+)$/.exec(record.row.trim());
    if (!row)
      throw new DataError(
        `${where}: row is ${quoted(JSON.stringify(record.row), 60)}, not '1 of 200' as it was exported; undo the change`,
      );
    const [, number, total] = row.map(Number);
    of = Math.max(of, total);
    const id = record.id.trim();
    if (!known.has(id))
      throw new DataError(
        `${where}: ${quoted(JSON.stringify(id), 60)} is no wrong answer of these evaluations; the id was edited, or the sheet was made from others`,
      );
    const before = seen.get(number);
    if (before !== undefined)
      throw new DataError(`${where}: row ${number} is there twice (${before} and ${id}); remove one of them`);
    seen.set(number, id);
    const word = record.kind.trim().toLowerCase();
    if (word === '') {
      empty++;
      continue;
    }
    const kind = SORTED.find((name) => name === word);
    if (!kind)
      throw new DataError(
        `${where}: there is no kind ${quoted(JSON.stringify(record.kind), 60)}; choose from ${SORTED.join(', ')}, or leave it empty`,
      );
    sorting.set(id, kind);
  }
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((n) => !seen.has(n));
  if (missing.length > 0)
    throw new DataError(
      `${file}: ${missing.length} of ${of} rows are missing (the first is row ${missing[0]}); put them back, with an empty kind where nobody sorted them`,
    );
  if (sorting.size === 0)
    throw new DataError(`${file}: no row has a kind; write one of ${SORTED.join(', ')} into column kind`);
  return { file, sorting, empty, rows: records.length };
}

type SheetRecord = Record<(typeof NEEDED)[number], string>;

function recordsOf(file: string): SheetRecord[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const missing = 'give the file that papo analyze errors --sheet made, with its kinds filled in';
    throw new DataError(`${file}: ${systemFailure(error, 'read', { missing })}`, { cause: error });
  }
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = bytes.toString(utf16 ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
  let why = '';
  for (const delimiter of DELIMITERS)
    try {
      const lines: string[][] = parse(text, { delimiter, skip_empty_lines: true, relax_column_count: true });
      const head = (lines[0] ?? []).map((name) => name.trim().toLowerCase());
      const at = NEEDED.map((name) => head.indexOf(name));
      if (at.includes(-1)) continue;
      // A spreadsheet leaves lines of empty cells at the end.
      const rows = lines.slice(1).filter((cells) => cells.some((cell) => cell.trim() !== ''));
      return rows.map(
        (cells) => Object.fromEntries(NEEDED.map((name, n) => [name, cells[at[n]] ?? ''])) as SheetRecord,
      );
    } catch (error) {
      why = ` (${(error as Error).message.split('\n')[0]})`;
    }
  throw new DataError(
    `${file}: no sheet of papo${why}: it needs the columns ${NEEDED.join(', ')}, with commas, semicolons or tabs between`,
  );
}
