import {
  at,
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

export interface Series {
  name: string;
  /** In any order; a point without a number interrupts its line. */
  points: readonly (readonly [x: Value, y: Value])[];
}

export interface LineChart {
  title: string;
  /** What the axes show. */
  x: string;
  y: string;
  series: readonly Series[];
  /** Upright lines with a word, such as where something began. */
  marks?: readonly { x: number; label: string }[];
}

const TOP_MARGIN = 8;
const HEIGHT = 240;
const RIGHT = 14;

/** Runs of points that follow each other; a point between two gaps is a dot. */
function runsOf(points: Series['points']): [number, number][][] {
  const placed = points.filter((point): point is readonly [number, Value] => isKnown(point[0]));
  const runs: [number, number][][] = [[]];
  for (const [x, y] of [...placed].sort((a, b) => a[0] - b[0])) {
    if (isKnown(y)) runs[runs.length - 1].push([x, y]);
    else if (runs[runs.length - 1].length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function line(run: readonly (readonly [number, number])[], across: Scale, up: Scale, i: number): Html {
  const where = run.map(([x, y]) => `${at(across.of(x))} ${at(up.of(y))}`);
  const dashes = i >= 8 ? html` stroke-dasharray="5 3"` : null;
  return run.length === 1
    ? html`<circle cx="${at(across.of(run[0][0]))}" cy="${at(up.of(run[0][1]))}" r="3" fill="${colour(i)}"/>`
    : html`<path d="M${where.join('L')}" fill="none" stroke="${colour(i)}" stroke-width="2" stroke-linejoin="round"${dashes}/>`;
}

/** Lines over a common axis. */
export function lineChart({ title, x, y, series, marks = [] }: LineChart): Html {
  const runs = series.map(({ points }) => runsOf(points));
  const known = runs.flat(2);
  if (known.length === 0) return figure(title, 0, null);
  const up0 = scaleOf(
    known.map((point) => point[1]),
    0,
    1,
  );
  const left = 16 + up0.ticks.reduce((most, tick) => Math.max(most, textWidth(shortNumber(tick))), 0);
  const { height, marks: key } = legend(
    series.map(({ name }) => name),
    left,
  );
  const shown = marks.filter((mark) => isKnown(mark.x));
  const top = height + LINE + TOP_MARGIN + (shown.length > 0 ? LINE : 0);
  const bottom = top + HEIGHT;
  const up = scaleOf(
    known.map((point) => point[1]),
    bottom,
    top,
  );
  const places = [...known.map((point) => point[0]), ...shown.map((mark) => mark.x)];
  const across = scaleOf(places, left, WIDTH - RIGHT, { count: 8, tight: true });
  const levels = up.ticks.map((tick) => {
    const level = at(up.of(tick));
    return html`<line x1="${at(left)}" x2="${WIDTH - RIGHT}" y1="${level}" y2="${level}" stroke="var(--line)"/><text class="quiet" x="${at(left - 7)}" y="${at(up.of(tick) + 4.5)}" text-anchor="end">${shortNumber(tick)}</text>`;
  });
  const lines = runs.map(
    (of, i) => html`<g><title>${series[i].name}</title>${of.map((run) => line(run, across, up, i))}</g>`,
  );
  const flags = shown.map((mark) => {
    const place = across.of(mark.x);
    const side = place > (left + WIDTH) / 2 ? 'end' : 'start';
    return html`<line x1="${at(place)}" x2="${at(place)}" y1="${at(top - 4)}" y2="${bottom}" stroke="var(--soft)" stroke-dasharray="4 3"/><text class="quiet" x="${at(place + (side === 'end' ? -4 : 4))}" y="${at(top - 6)}" text-anchor="${side}">${mark.label}</text>`;
  });
  const names = html`<text class="quiet" x="${at(left - 7)}" y="${at(height + 14)}">${y}</text><text class="quiet" x="${at((left + WIDTH - RIGHT) / 2)}" y="${bottom + 35}" text-anchor="middle">${x}</text>`;
  return figure(
    title,
    bottom + 44,
    html`${key}${uprightGrid(across, bottom, bottom, shortNumber)}${levels}${lines}${flags}${names}`,
  );
}
