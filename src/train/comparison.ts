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
import { plain } from './plain.ts';

/** A line of cells, or a heading over the lines that follow. */
type Line = string | readonly string[];

/** Groups that are listed at most. */
const GROUPS = 24;

/** Columns that the name of a group has beside its numbers. */
const GROUP_COLUMNS = 19;

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

/** Cells under each other, to the left or, where `right` says so of a column, to the right. */
function aligned(lines: readonly Line[], right: (column: number) => boolean): string[] {
  const rows = lines.filter((line): line is readonly string[] => typeof line !== 'string');
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map((row) => (row[c] ?? '').length)),
  );
  return lines.map((line) =>
    typeof line === 'string'
      ? line
      : line
          .map((cell, c) => (right(c) ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
          .join('  ')
          .trimEnd(),
  );
}

/** Numbers to the right; names and changes to the left. */
const grid = (lines: readonly Line[]) => aligned(lines, (c) => c === 1 || c === 2);

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

  /** The estimates before and after, over the same questions where any has the measure both times. */
  private both(measure: Measure): { before?: Interval; after: Interval; change?: Interval } {
    const both = this.pairs?.filter((pair) => pair.every((q) => measure.of(q) !== undefined)) ?? [];
    if (both.length === 0) return { after: estimate(measure, this.after) };
    const [before, after] = [0, 1].map((i) =>
      estimate(
        measure,
        both.map((pair) => pair[i]),
      ),
    );
    return { before, after, change: change(measure, both) };
  }

  /** One measure in a line of its own; nothing where no question has it. */
  line(label: string, name: string): Line[] {
    const measure = this.measures.get(name);
    if (!measure) return [];
    const show = shown[measure.unit];
    const found = this.both(measure);
    const after = valueText(found.after, show);
    if (!this.pairs) return [[label, after]];
    const before = found.before ? valueText(found.before, show) : '-';
    const difference = found.change ? changeText(found.change, show, 'no clear change') : '';
    return [[label, before, after, difference]];
  }

  /** Which part of the wrong answers misread the picture: as the paper counts them. */
  misread(): Line[] {
    const parts = ['perception', 'right'].map((cause) => this.measures.get(causeKey('sampled', cause)));
    const [perception, right] = parts.map((measure) => measure && this.both(measure));
    const part = (side: 'before' | 'after') => {
      const [misread, correct] = [perception?.[side]?.value, right?.[side]?.value];
      return misread === undefined || correct === undefined || correct >= 1
        ? undefined
        : misread / (1 - correct);
    };
    const [before, after] = [part('before'), part('after')];
    const text = [before, after].flatMap((x) => (x === undefined ? [] : [`${shown.share(x)} %`])).join(' → ');
    return text === '' ? [] : [`    of the wrong answers alone, perception is ${text}`];
  }

  /** `20 → 42  +22 (14 to 30)`, in whole percent. */
  short(name: string): string {
    const measure = this.measures.get(name);
    if (!measure) return '';
    const { before, after, change: difference } = this.both(measure);
    const percent = ({ value }: Interval) => shown.whole(value);
    if (!before || !difference) return percent(after);
    return `${percent(before)} → ${percent(after)}  ${changeText(difference, shown.whole, 'unclear')}`;
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
  const heading = (view: string) => {
    if (view === 'original') return '  with the picture';
    const count = found.count((q) => view in q.sampled);
    const { viewSamples } = after;
    return `  ${names[view] ?? view}: ${counted(count, 'question')}, ${counted(viewSamples, 'answer')} each at temperature 1`;
  };
  const main = grid([
    head,
    ...views.flatMap((view) => {
      const indent = ' '.repeat(views.length > 1 ? 4 : 2);
      const lines = WAYS.flatMap((way) => found.line(`${indent}${WAY_NAMES[way]}`, accuracyKey(way, view)));
      return views.length > 1 ? block(heading(view), lines) : lines;
    }),
    ...block('  how much its words depend on the picture', found.line('    KL_prcp, nats', KL_PRCP)),
    ...block('  wrong answers by what went wrong first, of all that were drawn', [
      ...causes
        .filter((cause) => cause !== 'right')
        .flatMap((cause) => found.line(`    ${cause}`, causeKey('sampled', cause))),
      ...found.misread(),
    ]),
  ]);
  const groups: Grouping[] = [
    { heading: '  kind (questions)', of: (q) => q.kind, names: kinds, key: kindKey },
    { heading: '  picture needed', of: (q) => q.dependency, names: levels, key: dependencyKey },
  ];
  const where = views.length > 1 ? '  with the picture, by group' : '  by group';
  return [...main, ...block(where, byGroup(found, groups)), ''].join('\n');
}

/** `1 question`, `2 questions`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

interface Grouping {
  heading: string;
  of(question: QuestionAnswers): string | undefined;
  names: readonly string[];
  key(way: Way, name: string): string;
}

/** Both ways beside each other, group by group, where there is more than one. A name that is too long has its own line. */
function byGroup(found: Comparison, groupings: readonly Grouping[]): string[] {
  const rows = groupings.flatMap(({ heading, of, names, key }): Line[] => {
    if (names.length < 2) return [];
    const sized = names.map((name) => ({ name, count: found.count((q) => of(q) === name) }));
    const most = new Set([...sized].sort((a, b) => b.count - a.count).slice(0, GROUPS));
    const listed = sized.filter((group) => most.has(group));
    const left = names.length - listed.length;
    return [
      [heading, ...WAYS.map((way) => WAY_NAMES[way])],
      ...listed.flatMap(({ name, count }): Line[] => {
        const label = `    ${plain(name).slice(0, 64)} (${count})`;
        const cells = WAYS.map((way) => found.short(key(way, name)));
        return label.length > GROUP_COLUMNS ? [label, ['', ...cells]] : [[label, ...cells]];
      }),
      ...(left > 0 ? [`    ${left} more, of as few questions or fewer, are in metrics.jsonl`] : []),
    ];
  });
  return aligned(rows, () => false);
}
