/** The tables of a comparison: short ones for the terminal, whole ones for Markdown, CSV and the page. */
import type { Column, Table } from '../../report/table.ts';
import { markdownTable, terminalTable } from '../../report/table.ts';
import type { Compared, Comparison, GroupKind, Row } from './compare.ts';
import { MEASURES } from './measures.ts';
import {
  differenceText,
  familyText,
  letter,
  mainRow,
  measureNamed,
  numberText,
  pText,
  rangeText,
  relativeText,
  rowName,
  sentence,
  signedText,
  titleOf,
  verdictAndP,
  verdictText,
} from './words.ts';

const left = (name: string): Column => ({ name });
const right = (name: string): Column => ({ name, align: 'right' });

/** Tasks that a terminal lists of a suite at most. */
const TASKS = 16;
/** Columns of a terminal. */
const WIDE = 80;

const shortRow = (row: Row, name = rowName(row)): string[] => {
  const measure = measureNamed(row.measure);
  return [
    name,
    String(row.n),
    ...[row.before, row.after].map((x) => numberText(measure, x)),
    differenceText(measure, row),
    verdictAndP(row),
  ];
};

function shortTable(rows: readonly string[][], { before, after }: Compared, title: string): Table {
  const letters = [before, after].map((i) => right(letter(i)));
  return {
    columns: [left(title), right('n'), ...letters, right('difference (95 %)'), left('after Holm')],
    rows,
  };
}

/** Everything that is known of each difference. */
export function wholeTable(rows: readonly Row[], { before, after }: Compared, title: string): Table {
  const columns = [
    left(title),
    right('n'),
    right(letter(before)),
    right(letter(after)),
    right('difference'),
    right('SE'),
    right('95 % interval'),
    right('bootstrap'),
    right('p'),
    right('p, Holm'),
    left(''),
    right('could show'),
  ];
  return {
    columns,
    rows: rows.map((row) => {
      const measure = measureNamed(row.measure);
      const known = (x: number | null) => (x === null ? '' : numberText(measure, x));
      const { clusters, n } = row;
      return [
        rowName(row),
        clusters === undefined ? String(n) : `${n} (${clusters})`,
        numberText(measure, row.before),
        numberText(measure, row.after),
        signedText(measure, row.value),
        known(row.se),
        rangeText(measure, row.low, row.high),
        rangeText(measure, row.bootstrap.low, row.bootstrap.high),
        pText(row.p),
        pText(row.corrected),
        verdictText(row),
        known(row.smallest),
      ];
    }),
  };
}

/** Tables of a pair, in the order in which they are read. */
export interface Part {
  title: string;
  kind: 'overall' | 'tasks' | 'dependency';
  measure: string;
  rows: readonly Row[];
}

export function partsOf(compared: Compared, comparison: Comparison): Part[] {
  const { rows, before, after } = compared;
  const parts = MEASURES.flatMap((measure): Part[] => {
    const of = rows.filter((row) => row.measure === measure.name);
    const title = titleOf(measure, comparison, [before, after]);
    const kinds = (kind: Part['kind'], groups: readonly GroupKind[], name: string, suite?: string): Part => ({
      kind,
      title: name,
      measure: measure.name,
      rows: of.filter((row) => groups.includes(row.group) && row.suite === suite),
    });
    const suites = [...new Set(of.flatMap(({ suite }) => suite ?? []))];
    return [
      kinds('overall', ['suite', 'mean', 'pooled'], title),
      ...suites.map((suite) =>
        kinds('tasks', ['task'], `${suite} by task, ${title.replace('accuracy, ', '')}`, suite),
      ),
      kinds('dependency', ['dependency'], `by dependency, ${title.replace('accuracy, ', '')}`),
    ];
  });
  return parts.filter((part) => part.rows.length > 0);
}

export const pairTitle = ({ before, after }: Compared, { evaluations }: Comparison): string =>
  `${letter(before)} → ${letter(after)}: ${evaluations[before].dir} → ${evaluations[after].dir}`;

/** Sentences that sum a pair up. */
export function inShort(compared: Compared, comparison: Comparison): string[] {
  const { rows, relative, before, after } = compared;
  const title = (measure: string) => titleOf(measureNamed(measure), comparison, [before, after]);
  return [
    ...['accuracy', 'greedy'].flatMap((measure) => {
      const row = mainRow(rows, measure);
      return row ? [sentence(row, title(measure))] : [];
    }),
    ...relative.map((gain) => `${relativeText(gain, title(gain.measure))}.`),
  ];
}

export const notesOf = ({ suites }: Compared): string[] =>
  suites.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`));

/** Largest groups first where not all are listed. */
function listed(part: Part): readonly Row[] {
  if (part.kind !== 'tasks' || part.rows.length <= TASKS) return part.rows;
  const most = new Set([...part.rows].sort((a, b) => b.n - a.n).slice(0, TASKS));
  return part.rows.filter((row) => most.has(row));
}

function terminalPair(compared: Compared, comparison: Comparison): string {
  const parts = partsOf(compared, comparison);
  const isForm = ({ measure }: Part) => !measureNamed(measure).isAccuracy;
  const tables = parts
    .filter((part) => !isForm(part) && (part.kind === 'overall' || part.measure === parts[0].measure))
    .map((part) => {
      const rows = listed(part);
      const more = part.rows.length - rows.length;
      const table = shortTable(
        rows.map((row) => shortRow(row)),
        compared,
        part.title,
      );
      return `${terminalTable(table, WIDE)}${more > 0 ? `${more} more tasks, of as few questions or fewer, are in the files\n` : ''}`;
    });
  const form = parts.filter(isForm).flatMap(({ title, rows }) => {
    const row = mainRow(rows, rows[0].measure);
    return row ? [shortRow(row, title)] : [];
  });
  return [
    `${pairTitle(compared, comparison)}\n`,
    ...(compared.warnings.length > 0
      ? [`not the policy alone differs:\n${compared.warnings.map((text) => `  ${text}\n`).join('')}`]
      : []),
    `${inShort(compared, comparison)
      .map((text) => wrapped(text))
      .join('')}`,
    ...tables,
    ...(form.length > 0 ? [terminalTable(shortTable(form, compared, 'form'), WIDE)] : []),
    ...notesOf(compared).map((note) => wrapped(`note: ${note}`)),
  ].join('\n');
}

/** The text in lines of at most 80 columns, the later ones indented. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > WIDE) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return `${lines.join('\n')}\n`;
}

/** What a person reads in a terminal, in 80 columns. */
export function comparisonText(comparison: Comparison): string {
  const names = comparison.evaluations
    .map(({ dir, description }, i) => `${letter(i)}  ${dir}: ${description}\n`)
    .join('');
  return [
    names,
    ...comparison.compared.map((compared) => terminalPair(compared, comparison)),
    wrapped(`Shares in %, over questions that both answered. ${familyText(comparison)}`),
  ].join('\n');
}

export function comparisonMarkdown(comparison: Comparison): string {
  const names = comparison.evaluations
    .map(({ dir, description }, i) => `- **${letter(i)}** \`${dir}\`: ${description}\n`)
    .join('');
  const pairs = comparison.compared.flatMap((compared) => [
    `## ${pairTitle(compared, comparison)}\n`,
    ...compared.warnings.map((text) => `- Not the policy alone differs: ${text}\n`),
    inShort(compared, comparison)
      .map((text) => `- ${text}\n`)
      .join(''),
    ...partsOf(compared, comparison).map(({ title, rows }) =>
      markdownTable(wholeTable(rows, compared, title)),
    ),
    ...notesOf(compared).map((note) => `- ${note}\n`),
  ]);
  return [
    '# Comparison\n',
    names,
    `${familyText(comparison)} Shares in %; in brackets the number of sources, where questions share some.\n`,
    ...pairs,
  ].join('\n');
}

/** One line a difference, numbers as they are: shares from 0 to 1. */
export function comparisonCsv({ evaluations, compared }: Comparison): Table {
  const numbers = [
    'n',
    'clusters',
    'suites',
    'before',
    'after',
    'value',
    'se',
    'low',
    'high',
    'p',
    'corrected',
    'smallest',
  ] as const;
  const columns = [
    'before_dir',
    'after_dir',
    'measure',
    'group',
    'suite',
    'name',
    ...numbers,
    'bootstrap_low',
    'bootstrap_high',
    'verdict',
    'gained',
    'lost',
    'mcnemar_exact',
    'mcnemar_midp',
  ];
  const text = (x: number | null | undefined) =>
    x === null || x === undefined || Number.isNaN(x) ? '' : String(x);
  return {
    columns: columns.map(left),
    rows: compared.flatMap(({ before, after, rows }) =>
      rows.map((row) => [
        evaluations[before].dir,
        evaluations[after].dir,
        row.measure,
        row.group,
        row.suite ?? '',
        row.name,
        ...numbers.map((key) => text(row[key])),
        text(row.bootstrap.low),
        text(row.bootstrap.high),
        verdictText(row),
        ...[row.mcnemar?.gained, row.mcnemar?.lost, row.mcnemar?.exact, row.mcnemar?.midP].map(text),
      ]),
    ),
  };
}
