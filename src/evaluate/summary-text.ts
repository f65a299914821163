/** A summary as a person reads it in a terminal; the same tables stand in the report. */
import type { Table } from '../report/table.ts';
import { terminalTable } from '../report/table.ts';
import { counted } from '../train/comparison.ts';
import type { Estimate, Metrics } from './metrics.ts';
import type { SuiteSummary, Summary } from './summary.ts';
import { VERDICTS } from './types.ts';

/** Groups that a terminal lists at most; the report and summary.json have all. */
const GROUPS = 24;

/** `42.3 ± 2.5`, in percent; half of the interval's width, which need not lie evenly about the value. */
export function percentText({ value, low, high }: Estimate): string {
  if (value === null) return '-';
  const text = (100 * value).toFixed(1);
  return low === null || high === null ? text : `${text} ± ${(50 * (high - low)).toFixed(1)}`;
}

const short = ({ value }: Estimate) => (value === null ? '-' : (100 * value).toFixed(1));
const length = ({ tokens, characters }: Metrics) =>
  tokens.value !== null
    ? tokens.value.toFixed(1)
    : characters.value !== null
      ? `${characters.value.toFixed(0)} ch`
      : '-';

const COLUMNS = (k: number): Table['columns'] => [
  { name: '' },
  ...['n', `avg@${k}`, 'greedy', `pass@${k}`, `maj@${k}`, 'format', 'cut off', 'tokens'].map((name) => ({
    name,
    align: 'right' as const,
  })),
];

function rowOf(name: string, m: Metrics): string[] {
  return [
    name,
    String(m.questions),
    percentText(m.accuracy),
    percentText(m.greedy),
    short(m.pass[String(m.samples)] ?? m.greedy),
    short(m.majority),
    short(m.format),
    short(m.truncated),
    length(m),
  ];
}

/** Suites, and what they come to together. */
export function suitesTable({ suites, pooled, mean }: Summary): Table {
  const rows = suites.map((suite) => rowOf(suite.name, suite.metrics));
  if (suites.length > 1) {
    const means = (['general', 'vision', 'all'] as const).flatMap((name) => {
      const found = mean[name];
      if (!found || (name !== 'all' && found.suites.length === suites.length)) return [];
      const text = (x: number | null) => (x === null ? '-' : (100 * x).toFixed(1));
      const label = name === 'all' ? 'mean of suites' : `mean, ${found.suites.length} ${name}`;
      return [[label, '', text(found.accuracy), text(found.greedy), '', '', '', '', '']];
    });
    rows.push(...means, rowOf('all questions', pooled));
  }
  return { columns: COLUMNS(pooled.samples), rows };
}

/** Groups of questions, largest first where not all are wanted. */
export function groupsTable(groups: Record<string, Metrics>, samples: number, most = GROUPS): Table {
  const names = Object.keys(groups);
  const listed = new Set([...names].sort((a, b) => groups[b].questions - groups[a].questions).slice(0, most));
  const rows = names.filter((name) => listed.has(name)).map((name) => rowOf(name, groups[name]));
  return { columns: COLUMNS(samples), rows };
}

/** Levels in their own order. */
export const inOrder = (groups: Record<string, Metrics>): Record<string, Metrics> =>
  Object.fromEntries(
    ['high', 'medium', 'low'].flatMap((level) => (groups[level] ? [[level, groups[level]]] : [])),
  );

/** What kept answers from a score, and questions out of the suite, in words; '' where nothing did. */
export function apartText({ metrics, skipped }: SuiteSummary): string {
  const words = {
    'no box': 'gave no answer (scored 0)',
    'bad reference': 'have a reference that the scoring cannot read (not scored)',
    failed: 'failed (not scored; asked again by the same command)',
  } as const;
  const answers = VERDICTS.flatMap((verdict) => {
    if (verdict === 'right' || verdict === 'wrong') return [];
    const n = metrics.verdicts[verdict] + metrics.greedyVerdicts[verdict];
    return n > 0 ? [`${counted(n, 'answer')} ${words[verdict]}`] : [];
  });
  const rows = Object.entries(skipped).map(([reason, n]) => `${counted(n, 'row')} left out (${reason})`);
  return [...answers, ...rows].join('; ');
}

/** Everything worth a look, in at most 80 columns where names are short. */
export function summaryText(summary: Summary): string {
  const { suites, dependency, pooled } = summary;
  const parts = [
    'accuracy in %, with the 95 % interval over questions',
    terminalTable(suitesTable(summary)).trimEnd(),
  ];
  for (const suite of suites) {
    const { length } = Object.keys(suite.tasks);
    if (length > 1) {
      const left = length - GROUPS;
      parts.push(`${suite.name} by kind${left > 0 ? ` (${left} smaller ones are in the report)` : ''}`);
      parts.push(terminalTable(groupsTable(suite.tasks, pooled.samples)).trimEnd());
    }
  }
  if (Object.keys(dependency).length > 1)
    parts.push(
      'by how much only the picture tells',
      terminalTable(groupsTable(inOrder(dependency), pooled.samples)).trimEnd(),
    );
  if (pooled.causes) {
    const causes = Object.entries(pooled.causes).filter(([cause]) => cause !== 'right');
    const text = causes.map(([cause, share]) => `${cause} ${(100 * share).toFixed(1)}`).join(', ');
    parts.push(`wrong answers by what went wrong first, in % of all drawn: ${text}`);
  }
  for (const suite of suites) {
    const apart = apartText(suite);
    if (apart !== '') parts.push(`${suite.name}: ${apart}`);
    for (const note of suite.notes) parts.push(`${suite.name}: ${note}`);
  }
  return parts.join('\n');
}
