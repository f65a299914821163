/** What `papo analyze collapse` prints. */
import { type Table, terminalTable } from '../../report/table.ts';
import { wrapped } from '../../report/wrapped.ts';
import { type Change, type Collapse, factorOf, PAPER_VARIANCE } from './analysis.ts';
import { PAPER_CHANGE } from './relatedness.ts';
import type { Span } from './signs.ts';

const number = (x: number) => {
  if (x === 0) return '0';
  return Math.abs(x) < 0.01 ? x.toExponential(1) : String(Number(x.toPrecision(3)));
};

/** `0.31 ± 0.02`, `4.2 % (1.3 to 12)`. */
export function changeCell(change: Change, side: 'before' | 'after'): string {
  const interval = change[side];
  if (!interval) return '–';
  const { value, low, high } = interval;
  if (change.unit === 'share') {
    const percent = (x: number) => String(Number((100 * x).toPrecision(2)));
    return `${percent(value)} % (${percent(low)}–${percent(high)})`;
  }
  return Number.isFinite(high) ? `${number(value)} ± ${number(high - value)}` : number(value);
}

export const spanText = ({ from, to }: Span) => `${from}–${to}`;

export const changeTable = (
  changes: readonly Change[],
  { before, after }: Record<'before' | 'after', Span>,
): Table => ({
  columns: [
    { name: '' },
    { name: `steps ${spanText(before)}`, align: 'right' },
    { name: `steps ${spanText(after)}`, align: 'right' },
  ],
  rows: changes
    .filter((change) => change.before || change.after)
    .map((change) => [change.name, changeCell(change, 'before'), changeCell(change, 'after')]),
});

/** `variance of per-token KL_prcp: 1.4 → 8.8 (×6.3; ×8.4 in the paper)`. */
export function varianceLine({ variance }: Collapse): string | undefined {
  const factor = factorOf(variance);
  if (variance.before === null || variance.after === null || factor === null) return undefined;
  return `variance of per-token KL_prcp, all tokens of these steps: ${number(variance.before)} → ${number(variance.after)} (×${number(factor)}; ×${PAPER_VARIANCE} in the paper)`;
}

export function rescoredLines({ rescored }: Collapse): string[] {
  const { before, after } = rescored;
  const side = (name: string, one: NonNullable<typeof before>) =>
    `${name}: ${one.responses} kept responses, ${one.tokens.length} tokens, by the ${one.policy}: variance ${number(one.variance)}, mean ${number(one.mean)}`;
  const lines = [
    ...(before ? [side('scored again, before', before)] : []),
    ...(after ? [side('scored again, after', after)] : []),
  ];
  const factor = factorOf({ before: before?.variance ?? null, after: after?.variance ?? null });
  return factor === null ? lines : [...lines, `their variance: ×${number(factor)}`];
}

export function relatednessLine({ relatedness }: Collapse): string | undefined {
  if (!relatedness) return undefined;
  const { judge, change, unreadable } = relatedness;
  const { before, after } = change;
  const relative = before && after && before.value > 0 ? after.value / before.value - 1 : null;
  const percent = (x: number) => `${x > 0 ? '+' : '−'}${Math.abs(100 * x).toFixed(0)} %`;
  const difference =
    relative === null ? '' : ` (${percent(relative)}; ${percent(PAPER_CHANGE)} in the paper)`;
  const apart = unreadable > 0 ? `; ${unreadable} replies held no rating` : '';
  return `relatedness by ${judge}, 0 to 10: ${changeCell(change, 'before')} → ${changeCell(change, 'after')}${difference}${apart}`;
}

export function onsetLine({ onset }: Collapse): string {
  if (onset.step === null) return `no onset found: ${onset.why}`;
  return onset.by === 'given'
    ? `onset at step ${onset.step}, as named`
    : `collapse from step ${onset.step} on: ${onset.why}`;
}

export function collapseText(found: Collapse): string {
  const { run, steps, onset, signs, texts, responses, notes } = found;
  const sides = onset.step === null ? 'first half against second half' : 'before the onset against after it';
  const spans = { before: onset.before, after: onset.after };
  const parts = [
    `${run}: ${steps} steps`,
    onsetLine(found),
    ...onset.signs.map(
      ({ name, seen, words }) => `  ${seen === undefined ? '?' : seen ? 'yes' : 'no '}  ${name} (${words})`,
    ),
    '',
    `${sides}, means over steps with 95 % intervals:`,
    terminalTable(changeTable(signs, spans), 80).trimEnd(),
    ...(texts.length > 0
      ? [
          '',
          `texts of ${responses.before} and ${responses.after} kept responses:`,
          terminalTable(changeTable(texts, spans), 80).trimEnd(),
        ]
      : []),
    '',
    ...[varianceLine(found), ...rescoredLines(found), relatednessLine(found)].flatMap((line) => line ?? []),
    ...notes.map((note) => `note: ${note}`),
  ];
  const text = parts.map((part) => (part.includes('\n') ? part : wrapped(part))).join('\n');
  return `${text.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
}
