/** What `papo analyze dependency` prints, and the same as Markdown. */
import { markdownTable, type Table, terminalTable } from '../../report/table.ts';
import { wrapped } from '../../report/wrapped.ts';
import { type Interval, isClear } from '../../statistics.ts';
import { LABELS, RULE } from './label.ts';
import type { Dependency, Group } from './summary.ts';
import { VIEW_WORDS, VIEWS, type View } from './views.ts';

const percent = (x: number) => (100 * x).toFixed(1);

export function percentCell(interval: Interval | null | undefined): string {
  if (!interval) return '–';
  const { value, low, high } = interval;
  return Number.isFinite(high) ? `${percent(value)} ± ${(50 * (high - low)).toFixed(1)}` : percent(value);
}

const natsCell = (interval: Interval | undefined) => (interval ? interval.value.toFixed(1) : '–');

const right = (name: string) => ({ name, align: 'right' as const });

/** Views that anything was asked under. */
const viewsIn = ({ all }: Dependency): View[] => VIEWS.filter((view) => all.accuracy[view]);

export function viewsTable(found: Dependency): Table {
  const { all } = found;
  const scored = Object.keys(all.logprob).length > 0;
  return {
    columns: [
      { name: 'view' },
      right(`avg@${found.samples}`),
      right('greedy'),
      ...(scored ? [right('log p'), right('from the box')] : []),
    ],
    rows: viewsIn(found).map((view) => [
      view,
      percentCell(all.accuracy[view]),
      percentCell(all.greedy[view]),
      ...(scored ? [natsCell(all.logprob[view]), natsCell(all.boxed[view])] : []),
    ]),
  };
}

/** Accuracy under each view, gain, leak and labels of each group. */
export function groupsTable(found: Dependency, groups: Readonly<Record<string, Group>>): Table {
  const views = viewsIn(found);
  const short = (interval: Interval | null | undefined) => (interval ? percent(interval.value) : '–');
  const hasLeak = found.textOnly !== null;
  return {
    columns: [
      { name: '' },
      right('n'),
      ...views.map(right),
      right('gain'),
      ...(hasLeak ? [right('leak')] : []),
      right('high/med/low/?'),
    ],
    rows: Object.entries(groups).map(([name, group]) => [
      name,
      String(group.questions),
      ...views.map((view) => short(group.accuracy[view])),
      short(group.gain),
      ...(hasLeak ? [short(group.leak)] : []),
      LABELS.map((label) => group.labels[label]).join('/'),
    ]),
  };
}

export function agreementTable({ agreement }: Dependency): Table | undefined {
  if (!agreement) return undefined;
  return {
    columns: [{ name: 'the data set says' }, ...LABELS.map((label) => right(label))],
    rows: Object.entries(agreement.table).map(([own, counts]) => [
      own,
      ...LABELS.map((label) => String(counts[label])),
    ]),
  };
}

export function wordsTable({ words }: Dependency): Table | undefined {
  if (!words) return undefined;
  return {
    columns: [{ name: '' }, right('n'), right('from words'), right('commonest')],
    rows: Object.entries(words.groups).map(([name, group]) => [
      name,
      String(group.questions),
      percentCell(group.words),
      percentCell(group.commonest),
    ]),
  };
}

export function gainLines({ all, textOnly, blind }: Dependency): string[] {
  const { gain, leak, accuracy } = all;
  const blindViews = [...new Set(Object.values(blind))].join(', ');
  return [
    gain
      ? `gain ${percentCell(gain)} points: what the picture adds (with it, less without any)${isClear(gain) ? '' : '; this can be chance'}`
      : 'gain: not known',
    leak
      ? `leak ${percentCell(leak)} points: right without a picture less ${textOnly} alone (${percent(leak.raw)} before it is held at 0)`
      : `leak: not known without a language model alone (--text-only); it is at most what is right without a picture, ${percentCell(accuracy.none)}`,
    `blind view of the labels: ${blindViews} (of none and blank the one with more right answers)`,
  ];
}

export function agreementLine({ agreement }: Dependency): string {
  if (!agreement) return '';
  const { sorted, agreed, kappa } = agreement;
  const share =
    sorted === 0 ? '' : ` (${percent(agreed / sorted)} %${kappa === null ? '' : `, κ ${kappa.toFixed(2)}`})`;
  return `the rule labels ${sorted} of these questions, and agrees with the data set on ${agreed}${share}`;
}

export const RULE_WORDS = `Labels: R is the chance of a right answer blind, over that with the picture (less a guess among options). high: R below 1/3; low: 2/3 or more; medium: between; each where ${100 * RULE.sure} % of the posterior of both chances says so, else where the log-probabilities of ${RULE.wordings} wordings or more of the right solution do and the answers give it half, else unclear (?).`;

/** Every part with its heading; a part is a table or lines. */
function parts(found: Dependency): [heading: string, part: Table | string[]][] {
  const { tasks, suites, own, notes } = found;
  const agreement = agreementTable(found);
  const words = wordsTable(found);
  const all: [string, Table | string[]][] = [
    [
      'Accuracy in per cent with 95 % intervals; log-probability of a right response in nats',
      viewsTable(found),
    ],
    ['', gainLines(found)],
    ['By suite', groupsTable(found, suites)],
  ];
  if (Object.keys(tasks).length > 1) all.push(['By task', groupsTable(found, tasks)]);
  if (Object.keys(own).length > 0) all.push(["By the data set's own labels", groupsTable(found, own)]);
  all.push(['', [RULE_WORDS]]);
  if (agreement)
    all.push(["The data set's labels against the rule's", agreement], ['', [agreementLine(found)]]);
  if (words)
    all.push([
      `What words give away: learnt from ${found.words?.learnt} other questions, without pictures`,
      words,
    ]);
  if (notes.length > 0) all.push(['', notes.map((note) => `note: ${note}`)]);
  return all;
}

export function dependencyText(found: Dependency): string {
  const views = viewsIn(found).map(
    (view) => `  ${view.padEnd(8)}  ${VIEW_WORDS[view]}${view === 'masked' ? ` (${found.mask})` : ''}`,
  );
  const body = parts(found).map(([heading, part]) =>
    Array.isArray(part)
      ? part.map((line) => wrapped(line)).join('\n')
      : `${heading === '' ? '' : `${wrapped(heading)}:\n`}${terminalTable(part, 80).trimEnd()}`,
  );
  return `${[views.join('\n'), ...body].join('\n\n')}\n`;
}

export function dependencyMarkdown(found: Dependency): string {
  const body = parts(found).map(([heading, part]) => {
    const text = Array.isArray(part) ? part.join('\n\n') : markdownTable(part).trimEnd();
    return heading === '' ? text : `## ${heading}\n\n${text}`;
  });
  return `# Vision dependency: ${found.policy}\n\n${found.description}\n\n${body.join('\n\n')}\n`;
}
