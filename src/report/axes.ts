/** What the charts share: scales, round ticks, colours, legends. */
import { type Html, html } from './html.ts';
import { visibleWidth } from './width.ts';

/** Width of every chart in units of its view box; it is as wide as the page lets it be. */
export const WIDTH = 720;
/** Height of a line of text. */
export const LINE = 18;
/** Units that a column of text takes at most, on average, at 13 px in the wide fonts. */
export const COLUMN = 7.8;

export const textWidth = (text: string): number => visibleWidth(text) * COLUMN;

/** Larger numbers leave no room to compute with. */
const HUGE = 1e300;
const TINY = 1e-290;

/** Nothing is shown for what is not a number. */
export type Value = number | null | undefined;
export const isKnown = (value: Value): value is number =>
  typeof value === 'number' && Math.abs(value) <= HUGE;

/** Three significant digits, as short as they can be written. */
export const shortNumber = (x: number): string =>
  Math.abs(x) >= 1000 && Math.abs(x) < 1e6 ? String(Math.round(x)) : String(Number(x.toPrecision(3)));

/** Coordinates with as many digits as can be seen. */
export const at = (x: number): string => String(Number(x.toFixed(1)));

/** Colour of the i-th series: eight, then again. */
export const colour = (i: number): string => `var(--c${(i % 8) + 1})`;

export interface Scale {
  low: number;
  high: number;
  ticks: readonly number[];
  /** Where a value lies; values outside lie at the ends. */
  of(value: number): number;
}

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them. */
function tickStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((step) => step * power >= rough * 0.999) ?? 10) * power;
}

/** A scale that holds the values from `from` to `to`, with round ticks; `tight`: it ends where the values end. */
export function scaleOf(
  values: readonly number[],
  from: number,
  to: number,
  { count = 5, tight = false }: { count?: number; tight?: boolean } = {},
): Scale {
  let low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low > high) [low, high] = [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Equal values, and such as differ by no more than rounding, have room on either side.
  if (high - low <= Math.max(size * 1e-9, TINY))
    [low, high] = size <= TINY ? [0, 1] : [low - size / 2, high + size / 2];
  const step = tickStep(high - low, count);
  const [first, last] = tight
    ? [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)]
    : [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const ticks = Array.from({ length: Math.max(0, last - first) + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  if (!tight) [low, high] = [Math.min(low, ticks[0]), Math.max(high, ticks[ticks.length - 1])];
  const of = (value: number) =>
    from + ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (to - from);
  return { low, high, ticks, of };
}

/** Upright lines with their numbers below. */
export const uprightGrid = (scale: Scale, top: number, bottom: number, format: (x: number) => string): Html =>
  html`${scale.ticks.map((tick) => {
    const x = at(scale.of(tick));
    return html`<line x1="${x}" x2="${x}" y1="${at(top)}" y2="${at(bottom)}" stroke="var(--line)"/><text class="quiet" x="${x}" y="${at(bottom + 16)}" text-anchor="middle">${format(tick)}</text>`;
  })}`;

/** Names with their colours, in as many lines as they need. */
export function legend(names: readonly string[], left: number): { height: number; marks: Html } {
  if (names.length < 2) return { height: 0, marks: html`` };
  let x = left;
  let y = 12;
  const marks = names.map((name, i) => {
    const width = textWidth(name) + 36;
    if (x > left && x + width > WIDTH) [x, y] = [left, y + LINE];
    const mark = html`<rect x="${at(x)}" y="${y - 9}" width="11" height="11" rx="2" fill="${colour(i)}"/><text x="${at(x + 17)}" y="${y + 1}">${name}</text>`;
    x += width;
    return mark;
  });
  return { height: y + 12, marks: html`${marks}` };
}

/** A chart with its title, or a sentence where there is nothing to show. */
export const figure = (title: string, height: number, marks: Html | null): Html =>
  html`<figure><figcaption>${title}</figcaption>${
    marks === null
      ? html`<p class="muted">Nothing to show: no value is known.</p>`
      : html`<svg class="chart" role="img" aria-label="${title}" viewBox="0 0 ${WIDTH} ${at(height)}" xmlns="http://www.w3.org/2000/svg">${marks}</svg>`
  }</figure>\n`;
