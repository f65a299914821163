/** Pictures of bar charts: how they are drawn, and told in words. */
import type { Random } from '../../../random.ts';
import type { SceneKind, Statement } from '../task.ts';
import { background, type Canvas, CELL, EDGE, FILL, INK, SIDE, type Size } from './canvas.ts';
import { numberSvg } from './glyphs.ts';
import type { Color } from './names.ts';

export interface Bar {
  color: Color;
  /** A whole number of gridlines, 1-6. */
  height: number;
}

export interface ChartScene extends Canvas {
  kind: 'chart';
  /** Left to right, one of each colour. */
  bars: Bar[];
}

/** The topmost gridline. */
export const HIGHEST = 6;

export const heightOf = ({ bars }: ChartScene, color: Color | undefined): number =>
  bars.find((b) => b.color === color)?.height ?? 0;

/** A chart with these bars from left to right. */
export const chartScene = (
  rng: Random,
  size: Size,
  colors: readonly Color[],
  height: Readonly<Record<Color, number>>,
): ChartScene => ({
  kind: 'chart',
  size,
  background: background(rng),
  bars: colors.map((color) => ({ color, height: height[color] })),
});

const barsWords = (bars: readonly Bar[]) => bars.map((b) => `${b.color} ${b.height}`).join(' , ');

/** `Bars : red 3 , green 1 ; `: these bars, in the order of the picture; the others are left to it. */
export const barsTold = ({ bars }: ChartScene, told: readonly Color[]): string =>
  `Bars : ${barsWords(bars.filter(({ color }) => told.includes(color)))} ; `;

const BASE = SIDE - 8;
const STEP = 16;

function svg({ bars }: ChartScene): string {
  const parts: string[] = [];
  for (let value = 1; value <= HIGHEST; value++) {
    const y = BASE - value * STEP;
    parts.push(`<path d="M8 ${y}H${SIDE}" stroke="#999" stroke-width=".8"/>`);
    parts.push(numberSvg(value, 1.5, y - 3.5, 7, INK));
  }
  bars.forEach(({ color, height }, i) => {
    const [x, h] = [i * CELL + 9, height * STEP];
    parts.push(
      `<rect x="${x}" y="${BASE - h}" width="17" height="${h}" fill="${FILL[color]}" stroke="${EDGE[color]}"/>`,
    );
  });
  parts.push(`<path d="M8 4V${BASE}H${SIDE}" stroke="${INK}" stroke-width="1.4" fill="none"/>`);
  return parts.join('');
}

function statement(rng: Random, { bars }: ChartScene): Statement {
  const i = rng.int(bars.length);
  const { color, height } = bars[i];
  if (rng.int(4) === 0) return [[`bar ${i + 1} :`, `${color} ${height}`]];
  const bar = rng.pick([color, `${color} bar`, `the ${color} bar`]);
  return [[`${bar} ${rng.pick([':', '=', 'is'])}`, String(height)]];
}

export const CHART_SCENE: SceneKind<ChartScene> = {
  kind: 'chart',
  title: 'Bars',
  /** From the left: `red 3 , blue 5 , green 1 , yellow 6`. */
  words: ({ bars }) => barsWords(bars),
  signature: ({ bars }) => `chart ${bars.map((b) => `${b.color[0]}${b.height}`).join(' ')}`,
  statement,
  svg,
  /** `red : 3` is the height of the red bar, whether or not it is called one. */
  amount: (scene, { color, shape }) =>
    color === undefined || shape !== undefined ? undefined : heightOf(scene, color),
};
