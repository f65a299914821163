/** What a person reads of the test questions at the end: before, after, and which differences are more than chance. */
import { type Answers, paired, type QuestionAnswers } from '../metrics/answers.ts';
import {
  accuracyKey,
  causeKey,
  change,
  dependencyKey,
  estimate,
  groupsOf,
  KL_PRCP,
  kindKey,
  type Measure,
  measuresOf,
  WAYS,
  type Way,
} from '../metrics/measures.ts';
import { type Interval, isClear } from '../statistics.ts';

/** A line of cells, or a heading over the lines that follow. */
type Line = string | readonly string[];

const WAY_NAMES: Readonly<Record<Way, string>> = { sampled: 'temperature 1', greedy: 'greedy' };

/** Nothing is less than nothing: no -0.0. */
const signed = (text: string) => (/^-[0.]+$/.test(text) ? text.slice(1) : text);

/** How a number is shown: percent for shares; whole percent where there is little room. */
const shown = {
  share: (x: number) => signed((100 * x).toFixed(1)),
  nats: (x: number) => signed(x.toFixed(2)),
  whole: (x: number) => signed((100 * x).toFixed(Math.abs(x) > 0 && Math.abs(x) < 0.01 ? 1 : 0)),
};
type Show = (x: number) => string;

/** `42.3 ± 2.5`: half of the interval's width, which need not lie evenly about the value. */
function valueText({ value, low, high, n }: Interval, show: Show): string {
  if (n === 0) return '-';
  const half = (high - low) / 2;
  return Number.isFinite(half) ? `${show(value)} ± ${show(half)}` : show(value);
}

/** A difference whose interval holds 0 is none that could be named. */
function changeText(found: Interval, show: Show, unclear: string): string {
  const { value, low, high, n } = found;
  if (n === 0) return '';
  const where = Number.isFinite(low) ? ` (${show(low)} to ${show(high)})` : '';
  return isClear(found) ? `${value < 0 ? '' : '+'}${show(value)}${where}` : `${unclear}${where}`;
}

/** Cells under each other; the first and the last column to the left, the others to the right. */
function grid(lines: readonly Line[]): string[] {
  const rows = lines.filter((line): line is readonly string[] => typeof line !== 'string');
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map((row) => (row[c] ?? '').length)),
  );
  return lines.map((line) =>
    typeof line === 'string'
      ? line
      : line
          .map((cell, c) => (c > 0 && c < 3 ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
          .join('  ')
          .trimEnd(),
  );
}

class Comparison {
  private readonly measures: ReadonlyMap<string, Measure>;
  private readonly pairs: readonly [QuestionAnswers, QuestionAnswers][] | undefined;
  private readonly after: readonly QuestionAnswers[];

  /** With `before` only of the questions that were asked both times. */
  constructor(before: Answers | null, after: Answers) {
    const pairs = before ? paired(before, after) : [];
    this.pairs = pairs.length > 0 ? pairs : undefined;
    this.after = this.pairs ? pairs.map(([, question]) => question) : after.questions;
    this.measures = new Map(measuresOf({ ...after, questions: [...this.after] }).map((m) => [m.name, m]));
  }

  /** One measure in a line of its own; nothing where no question has it. */
  line(label: string, name: string): Line[] {
    const measure = this.measures.get(name);
    if (!measure) return [];
    const show = shown[measure.unit];
    const after = valueText(estimate(measure, this.after), show);
    if (!this.pairs) return [[label, after]];
    const before = estimate(
      measure,
      this.pairs.map(([question]) => question),
    );
    return [
      [
        label,
        valueText(before, show),
        after,
        changeText(change(measure, this.pairs), show, 'no clear change'),
      ],
    ];
  }

  /** `20 → 42  +22 (14 to 30)`, in whole percent. */
  short(name: string): string {
    const measure = this.measures.get(name);
    if (!measure) return '';
    const percent = (questions: readonly QuestionAnswers[]) =>
      shown.whole(estimate(measure, questions).value);
    if (!this.pairs) return percent(this.after);
    const found = change(measure, this.pairs);
    if (found.n === 0) return percent(this.after);
    const before = percent(this.pairs.map(([question]) => question));
    return `${before} → ${percent(this.after)}  ${changeText(found, shown.whole, 'unclear')}`;
  }

  count(of: (question: QuestionAnswers) => boolean): number {
    return this.after.filter(of).length;
  }
}

/** A heading and its lines, where there are any. */
const block = (heading: string, lines: readonly Line[]): Line[] =>
  lines.length > 0 ? [heading, ...lines] : [];

/**
 * Accuracy before and after in every way that was asked, KL_prcp, the causes of wrong answers, then kind by kind.
 * @param names what the views are called; `masked (random 0.6)`
 */
export function comparison(
  before: Answers | null,
  after: Answers,
  names: Readonly<Record<string, string>> = {},
): string {
  const found = new Comparison(before, after);
  const { views, kinds, levels, causes } = groupsOf(after);
  const compared = before !== null && paired(before, after).length > 0;
  const head = compared ? ['', 'before', 'after', 'change (95 % interval)'] : ['', '± 95 % interval'];
  const main = grid([
    head,
    ...views.flatMap((view) =>
      block(
        view === 'original'
          ? '  with the picture'
          : `  ${names[view] ?? view}, ${found.count((q) => view in q.sampled)} questions`,
        WAYS.flatMap((way) => found.line(`    ${WAY_NAMES[way]}`, accuracyKey(way, view))),
      ),
    ),
    ...found.line('  KL_prcp', KL_PRCP),
    ...block(
      '  why answers with the picture are wrong, of all at temperature 1',
      causes
        .filter((cause) => cause !== 'right')
        .flatMap((cause) => found.line(`    ${cause}`, causeKey('sampled', cause))),
    ),
  ]);
  const rest = (
    heading: string,
    groups: readonly string[],
    of: (q: QuestionAnswers) => string | undefined,
    key: typeof kindKey,
  ) =>
    groups.length < 2
      ? []
      : [
          [heading, ...WAYS.map((way) => WAY_NAMES[way])],
          ...groups.map((group) => [
            `    ${group} (${found.count((q) => of(q) === group)})`,
            ...WAYS.map((way) => found.short(key(way, group))),
          ]),
        ];
  const tables = [
    ...rest('  by kind (questions)', kinds, (q) => q.kind, kindKey),
    ...rest('  by dependency on it', levels, (q) => q.dependency, dependencyKey),
  ];
  const widths = [0, 1].map((c) => Math.max(0, ...tables.map((row) => row[c].length)));
  const byGroup = tables.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...main, ...byGroup, ''].join('\n');
}
