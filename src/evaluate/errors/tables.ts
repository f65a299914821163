/** What was found as tables and sentences, in one wording for terminal, Markdown and page. */
import type { Table } from '../../report/table.ts';
import type { Interval } from '../../statistics.ts';
import type { Comparison, ErrorAnalysis, JudgeRecord, SorterResult } from './analysis.ts';
import type { Changed } from './change.ts';
import { type ErrorKind, KINDS, SORTED } from './kinds.ts';

const percent = (x: number) => (Number.isFinite(x) ? (100 * x).toFixed(1) : '-');
/** With its sign; from 100 % on without decimals, so that a table keeps its width. */
const signed = (x: number) =>
  Number.isFinite(x)
    ? `${x > 0 ? '+' : ''}${(100 * x).toFixed(Math.abs(x) < 1 ? 1 : 0)}`.replace('-', '−')
    : '-';
const range = ({ low, high }: Pick<Interval, 'low' | 'high'>, write: (x: number) => string) =>
  Number.isFinite(low) && Number.isFinite(high) ? `${write(low)}…${write(high)}` : '-';
const shorter = (name: string, most: number) => (name.length > most ? `…${name.slice(1 - most)}` : name);

/** Of one answer a question whole numbers; of several, answers per question asked once. */
const count = (n: number, single: boolean) => n.toFixed(single ? 0 : 1);

/** Kinds that occur at all, and the paper's four in any case. */
export function kindsShown({ counts }: SorterResult): ErrorKind[] {
  return KINDS.filter((kind, i) => i < 4 || counts.some(({ kinds }) => kinds[kind].count > 0));
}

const right = (name: string) => ({ name, align: 'right' as const });

/** How many wrong answers of each kind, and their share of all wrong ones, for each evaluation. */
export function countsTable(result: SorterResult, names: readonly string[]): Table {
  const { counts, single } = result;
  const alone = counts.length === 1;
  const columns = names.map((name) => shorter(name, Math.max(6, Math.floor(65 / names.length) - 9)));
  return {
    columns: [
      { name: 'kind' },
      ...columns.flatMap((name) =>
        alone ? [right('wrong answers'), right('% of them'), right('95 %')] : [right(name), right('%')],
      ),
    ],
    rows: [
      ...kindsShown(result).map((kind) => [
        kind,
        ...counts.flatMap(({ kinds }) => {
          const { count: n, share } = kinds[kind];
          return [count(n, single), percent(share.value), ...(alone ? [range(share, percent)] : [])];
        }),
      ]),
      ['all', ...counts.flatMap(({ wrong }) => [count(wrong, single), '', ...(alone ? [''] : [])])],
    ],
  };
}

/** From the first evaluation to another, as shares of all its wrong answers and of those of the kind. */
export function changesTable(result: SorterResult, to: number): Table {
  const changes = result.changes[to];
  const row = (name: string, { before, after, ofAll, ofKind }: Changed) => [
    name,
    count(before, result.single),
    count(after, result.single),
    signed(ofAll.value),
    range(ofAll, signed),
    signed(ofKind.value),
    range(ofKind, signed),
  ];
  const kinds = KINDS.filter((kind, i) => i < 4 || changes[kind].before + changes[kind].after > 0);
  return {
    columns: [
      { name: 'kind' },
      right('before'),
      right('after'),
      right('% of all'),
      right('95 %'),
      right('% of kind'),
      right('95 %'),
    ],
    rows: [...kinds.map((kind) => row(kind, changes[kind])), row('all', changes.all)],
  };
}

/** `Fewer perception: 134 → 73, 30.5 % of all wrong answers before, 45.5 % of that kind.` */
export function changeSentences({ changes, single }: SorterResult, to: number): string[] {
  const found = changes[to];
  const clear = KINDS.filter((kind) => found[kind].clear);
  const unclear = KINDS.filter((kind) => !found[kind].clear && found[kind].before + found[kind].after > 0);
  const sentences = clear.map((kind) => {
    const { before, after, ofAll, ofKind } = found[kind];
    const size = (x: Interval) => `${Math.abs(100 * x.value).toFixed(1)} %`;
    const of = [
      `${size(ofAll)} of all wrong answers before`,
      ...(Number.isNaN(ofKind.value) ? [] : [`${size(ofKind)} of that kind`]),
    ];
    return `${ofAll.value < 0 ? 'Fewer' : 'More'} ${kind}: ${count(before, single)} → ${count(after, single)}, ${of.join(', ')}.`;
  });
  if (unclear.length > 0)
    sentences.push(
      `No change that is more than chance: ${unclear.join(', ')} (interval holds 0, or fewer than 6 questions changed).`,
    );
  return sentences;
}

export function comparisonsTable(comparisons: readonly Comparison[]): Table {
  const kappa = (x: number) => (Number.isFinite(x) ? x.toFixed(2).replace('-', '−') : '-');
  return {
    columns: [
      { name: 'sorted by' },
      { name: 'and by' },
      right('answers'),
      right('equal %'),
      right("Cohen's κ"),
      right('95 %'),
    ],
    rows: comparisons.map(({ a, b, n, equal, kappa: k }) => [
      a,
      b,
      String(n),
      percent(equal),
      kappa(k.value),
      range(k, kappa),
    ]),
  };
}

export function confusionTable({ a, b, table }: Comparison): Table {
  const used = SORTED.filter((kind) => table[kind] || Object.values(table).some((row) => row[kind]));
  return {
    columns: [{ name: `${shorter(a, 16)} \\ ${shorter(b, 16)}` }, ...used.map(right)],
    rows: used.map((one) => [one, ...used.map((other) => String(table[one]?.[other] ?? 0))]),
  };
}

/** How the judge was asked and how far it can be believed. */
export function judgeSentences(judge: JudgeRecord): string[] {
  const { settings, asked, repeats, problems, unsorted, notOpened, wanted, valid } = judge;
  const each = asked === 0 ? 0 : wanted / asked;
  const bad = Object.entries(problems).filter(([, n]) => n > 0);
  return [
    `Judge: ${settings.model} at ${settings.url}, temperature ${settings.temperature}, top-p ${settings.topP}, at most ${settings.maxTokens} tokens; each of ${asked} answers was judged ${each === 1 ? 'once' : `${each} times`}, the majority counts, and each judgement had to quote the response.`,
    ...(repeats.n > 0
      ? [
          `Its repeated judgements of one answer are equal in ${percent(repeats.equal)} % of pairs (Fleiss' κ ${Number.isFinite(repeats.kappa) ? repeats.kappa.toFixed(2) : '-'}); ${repeats.unanimous} of ${repeats.n} answers got one kind each time.`,
        ]
      : []),
    `${valid} of ${wanted} judgements are valid.${bad.length > 0 ? ` Not valid: ${bad.map(([problem, n]) => `${n} ${problem}`).join(', ')} (asked once more, then left out).` : ''}`,
    ...(unsorted > 0
      ? [
          `${unsorted} answers are unsorted: no majority among valid judgements${notOpened > 0 ? `, or no question to show (${notOpened})` : ''}.`,
        ]
      : []),
  ];
}

/** What every report begins with. */
export function evaluationsTable({ evaluations }: ErrorAnalysis): Table {
  return {
    columns: [{ name: 'evaluation' }, { name: 'folder' }, right('questions'), right('accuracy %')],
    rows: evaluations.map(({ name, dir, shared, accuracy }) => [
      name,
      dir,
      String(shared),
      percent(accuracy),
    ]),
  };
}
