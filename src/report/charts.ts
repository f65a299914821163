/** Charts as inline SVG, in the page's own colours. What is not a finite number is left out and never drawn as 0. */
import {
  at,
  COLUMN,
  colour,
  figure,
  isKnown,
  LINE,
  legend,
  type Scale,
  scaleOf,
  shortNumber,
  textWidth,
  uprightGrid,
  type Value,
  WIDTH,
} from './axes.ts';
import { type Html, html } from './html.ts';
import { shortened } from './width.ts';

export { type LineChart, lineChart, type Series } from './line-chart.ts';

/** Room that the names to the left take at most. */
const LABELS = 230;
const RIGHT = 12;

const labelRoom = (labels: readonly string[]) =>
  Math.min(
    LABELS,
    labels.reduce((most, label) => Math.max(most, textWidth(label)), 0),
  ) + 12;

/** A name to the left of its row, cut where it is too long; the whole can be read on pointing. */
function label(text: string, room: number, y: number): Html {
  const short = shortened(text, Math.floor((room - 12) / COLUMN));
  return html`<text x="${at(room - 10)}" y="${at(y + 4.5)}" text-anchor="end">${short === text ? null : html`<title>${text}</title>`}${short}</text>`;
}

/** The line at 0, over the grid. */
const zeroLine = (scale: Scale, top: number, bottom: number) =>
  scale.low <= 0 && scale.high >= 0
    ? html`<line x1="${at(scale.of(0))}" x2="${at(scale.of(0))}" y1="${at(top)}" y2="${at(bottom)}" stroke="var(--soft)"/>`
    : null;

/** From low to high with a stroke at both ends. */
function whisker(scale: Scale, y: number, low: Value, high: Value, stroke: string, width = 1.3): Html | null {
  if (!isKnown(low) || !isKnown(high)) return null;
  const [a, b] = [at(scale.of(low)), at(scale.of(high))];
  return html`<path d="M${a} ${at(y)}H${b}M${a} ${at(y - 4)}v8M${b} ${at(y - 4)}v8" stroke="${stroke}" stroke-width="${width}" fill="none"/>`;
}

export interface Bar {
  name: string;
  value: Value;
  low?: Value;
  high?: Value;
}

export interface BarChart {
  title: string;
  groups: readonly { label: string; bars: readonly Bar[] }[];
  /** How numbers are written; three digits unless told. */
  format?: (x: number) => string;
}

/** Lying bars, group under group; bars of one name have one colour. Ends of an interval are drawn where both are known. */
export function barChart({ title, groups, format = shortNumber }: BarChart): Html {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const all = groups.flatMap(({ bars }) => bars);
  if (!all.some(({ value }) => isKnown(value))) return figure(title, 0, null);
  const left = labelRoom(groups.map((group) => group.label));
  const numbers = all.flatMap(({ value }) => (isKnown(value) ? [textWidth(format(value))] : []));
  const right = WIDTH - RIGHT - Math.max(...numbers);
  const reached = all.flatMap(({ value, low, high }) => [value, low, high].filter(isKnown));
  const scale = scaleOf([0, ...reached], left, right);
  const { height: top, marks: key } = legend(names, left);
  const thick = names.length > 3 ? 13 : 17;
  let y = top + 4;
  const rows = groups.map((group) => {
    const height = Math.max(1, group.bars.length) * (thick + 2);
    const middle = y + height / 2;
    const bars = group.bars.map(({ name, value, low, high }, i) => {
      const line = y + i * (thick + 2);
      const centre = line + thick / 2;
      if (!isKnown(value))
        return html`<text class="quiet" x="${at(scale.of(0) + 5)}" y="${at(centre + 4.5)}">not known</text>`;
      const [a, b] = [scale.of(0), scale.of(value)].sort((one, two) => one - two);
      const end = Math.max(b, isKnown(high) && isKnown(low) ? scale.of(high) : b);
      return html`<rect x="${at(a)}" y="${at(line)}" width="${at(b - a)}" height="${thick}" fill="${colour(names.indexOf(name))}"><title>${name}: ${format(value)}</title></rect>${whisker(scale, centre, low, high, 'var(--ink)')}<text x="${at(end + 6)}" y="${at(centre + 4.5)}">${format(value)}</text>`;
    });
    y += height + 10;
    return html`${label(group.label, left, middle - 1)}${bars}`;
  });
  const bottom = y - 4;
  return figure(
    title,
    bottom + 24,
    html`${key}${uprightGrid(scale, top, bottom, format)}${rows}${zeroLine(scale, top, bottom)}`,
  );
}

export interface IntervalChart {
  title: string;
  /** `clear`: whether it is drawn with emphasis; with `zero` that is where the interval does not hold 0, unless told. */
  rows: readonly { label: string; value: Value; low: Value; high: Value; clear?: boolean }[];
  /** Whether 0 is on the chart in any case, as for differences. */
  zero?: boolean;
  format?: (x: number) => string;
}

/** A point with its interval, row under row. With `zero` an interval that holds 0 is drawn without emphasis. */
export function intervalChart({ title, rows, zero = false, format = shortNumber }: IntervalChart): Html {
  const reached = rows.flatMap(({ value, low, high }) => [value, low, high].filter(isKnown));
  if (!rows.some(({ value }) => isKnown(value))) return figure(title, 0, null);
  const left = labelRoom(rows.map((row) => row.label));
  const scale = scaleOf(zero ? [0, ...reached] : reached, left + 8, WIDTH - RIGHT - 16);
  const bottom = rows.length * (LINE + 8) + 6;
  const points = rows.map(({ label: name, value, low, high, clear: told }, i) => {
    const y = 6 + (i + 0.5) * (LINE + 8);
    const text = label(name, left, y);
    if (!isKnown(value))
      return html`${text}<text class="quiet" x="${left + 14}" y="${at(y + 4.5)}">not known</text>`;
    const clear = told ?? (!zero || (isKnown(low) && isKnown(high) && (low > 0 || high < 0)));
    const paint = clear ? colour(0) : 'var(--soft)';
    const said =
      isKnown(low) && isKnown(high) ? `${format(value)} (${format(low)} to ${format(high)})` : format(value);
    return html`${text}${whisker(scale, y, low, high, paint, 2)}<circle cx="${at(scale.of(value))}" cy="${at(y)}" r="4.5" fill="${clear ? paint : 'var(--paper)'}" stroke="${paint}" stroke-width="2"><title>${name}: ${said}</title></circle>`;
  });
  return figure(
    title,
    bottom + 24,
    html`${uprightGrid(scale, 0, bottom, format)}${zero ? zeroLine(scale, 0, bottom) : null}${points}`,
  );
}

export interface Histogram {
  title: string;
  values: readonly Value[];
  /** As many as suit the values (Freedman and Diaconis 1981) unless told; at most 60. */
  bins?: number;
  /** What the values are. */
  x: string;
}

const MOST_BINS = 60;

/** Bins of 2·IQR/∛n; Sturges's number where half of the values are equal. */
function binCount(sorted: readonly number[]): number {
  const n = sorted.length;
  const span = sorted[n - 1] - sorted[0];
  const between = sorted[Math.floor(0.75 * (n - 1))] - sorted[Math.floor(0.25 * (n - 1))];
  const wanted = between > 0 ? (span * Math.cbrt(n)) / (2 * between) : 1 + Math.log2(n);
  return Math.min(MOST_BINS, Math.max(1, Math.ceil(wanted)));
}

/** How often values occur. */
export function histogram({ title, values, bins, x }: Histogram): Html {
  const sorted = values.filter(isKnown).sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return figure(title, 0, null);
  const [lowest, highest] = [sorted[0], sorted[n - 1]];
  const count = highest > lowest ? Math.min(MOST_BINS, Math.max(1, Math.floor(bins ?? binCount(sorted)))) : 1;
  const left = 52;
  const bottom = 204;
  const scale = scaleOf([lowest, highest], left, WIDTH - RIGHT - 8, { count: 8, tight: highest > lowest });
  const width = highest > lowest ? (highest - lowest) / count : (scale.high - scale.low) / 9;
  const start = highest > lowest ? lowest : lowest - width / 2;
  const found = new Array<number>(count).fill(0);
  for (const value of sorted) found[Math.min(count - 1, Math.floor((value - start) / width))]++;
  const up = scaleOf([0, ...found], bottom, 10, { count: 6 });
  const lines = up.ticks.filter(Number.isInteger).map((tick) => {
    const y = at(up.of(tick));
    return html`<line x1="${left}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="var(--line)"/><text class="quiet" x="${left - 8}" y="${at(up.of(tick) + 4.5)}" text-anchor="end">${tick}</text>`;
  });
  const bars = found.map((times, i) => {
    const [a, b] = [scale.of(start + i * width), scale.of(start + (i + 1) * width)];
    const y = up.of(times);
    return html`<rect x="${at(a + 0.5)}" y="${at(y)}" width="${at(Math.max(0.8, b - a - 1))}" height="${at(bottom - y)}" fill="${colour(0)}"><title>${shortNumber(start + i * width)} to ${shortNumber(start + (i + 1) * width)}: ${times}</title></rect>`;
  });
  const ticks = scale.ticks.map(
    (tick) =>
      html`<text class="quiet" x="${at(scale.of(tick))}" y="${bottom + 16}" text-anchor="middle">${shortNumber(tick)}</text>`,
  );
  const what = html`<text class="quiet" x="${at((left + WIDTH - RIGHT) / 2)}" y="${bottom + 35}" text-anchor="middle">${x}</text>`;
  return figure(title, bottom + 44, html`${lines}${bars}${ticks}${what}`);
}
