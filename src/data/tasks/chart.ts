/** Bars of a chart: how high one is, two together, one above another, and which is the highest or lowest. */
import type { Random } from '../../random.ts';
import { AMOUNT } from './shared/amount.ts';
import { background, between, type Canvas, CELL, EDGE, FILL, INK, SIDE, type Size } from './shared/canvas.ts';
import { type Contender, EXTREME, explainComparison, solveComparison } from './shared/comparison.ts';
import { numberSvg } from './shared/glyphs.ts';
import { COLORS, type Color } from './shared/names.ts';
import { joined, OPENERS, sumOrDifference } from './shared/wording.ts';
import { compute, type Made, perceive, type SceneKind, type Step, type Task } from './task.ts';

interface Bar {
  color: Color;
  /** A whole number of gridlines, 1-6. */
  height: number;
}

export interface ChartScene extends Canvas {
  kind: 'chart';
  /** Left to right, one of each colour. */
  bars: Bar[];
}

export type ChartQuestion =
  | { kind: 'height'; of: [Color] }
  | { kind: 'height-sum'; of: [Color, Color] }
  /** First minus second; never negative. */
  | { kind: 'height-difference'; of: [Color, Color] }
  | { kind: 'extreme-bar'; extreme: 'highest' | 'lowest' };

const HIGHEST = 6;
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

const heightOf = ({ bars }: ChartScene, color: Color | undefined) =>
  bars.find((b) => b.color === color)?.height ?? 0;

const barsWords = (bars: readonly Bar[]) => bars.map((b) => `${b.color} ${b.height}`).join(' , ');

const CHART_SCENE: SceneKind<ChartScene> = {
  kind: 'chart',
  title: 'Bars',
  /** From the left: `red 3 , blue 5 , green 1 , yellow 6`. */
  words: ({ bars }) => barsWords(bars),
  part(rng, { bars }) {
    const keep = new Set(rng.shuffle([0, 1, 2, 3]).slice(0, 2));
    return `Bars : ${barsWords(bars.filter((_, i) => keep.has(i)))} ; `;
  },
  signature: ({ bars }) => `chart ${bars.map((b) => `${b.color[0]}${b.height}`).join(' ')}`,
  svg,
  /** `red : 3` is the height of the red bar, whether or not it is called one. */
  amount: (scene, { color, shape }) =>
    color === undefined || shape !== undefined ? undefined : heightOf(scene, color),
};

function make(rng: Random, size: Size): Made<ChartQuestion, ChartScene> {
  const colors = rng.shuffle(COLORS);
  const [a, b] = rng.shuffle(colors);
  const any = () => between(rng, 1, HIGHEST);
  const height: Record<Color, number> = { red: any(), blue: any(), green: any(), yellow: any() };
  const question = ((): ChartQuestion => {
    switch (rng.int(4)) {
      case 0:
        return { kind: 'height', of: [a] };
      case 1: {
        const total = between(rng, 2, 2 * HIGHEST);
        height[a] = between(rng, Math.max(1, total - HIGHEST), Math.min(HIGHEST, total - 1));
        height[b] = total - height[a];
        return { kind: 'height-sum', of: [a, b] };
      }
      case 2: {
        const d = between(rng, 1, HIGHEST - 1);
        height[b] = between(rng, 1, HIGHEST - d);
        height[a] = height[b] + d;
        return { kind: 'height-difference', of: [a, b] };
      }
      default: {
        const extreme = rng.pick(['highest', 'lowest'] as const);
        const best = extreme === 'highest' ? between(rng, 3, HIGHEST) : between(rng, 1, 4);
        for (const c of COLORS)
          height[c] = extreme === 'highest' ? between(rng, 1, best - 1) : between(rng, best + 1, HIGHEST);
        height[a] = best;
        return { kind: 'extreme-bar', extreme };
      }
    }
  })();
  const bars = colors.map((color) => ({ color, height: height[color] }));
  return { question, scene: { kind: 'chart', size, background: background(rng), bars } };
}

function text(q: ChartQuestion): string {
  switch (q.kind) {
    case 'height':
      return `How high is the ${q.of[0]} bar?`;
    case 'height-sum':
      return `How high are the ${q.of[0]} and ${q.of[1]} bars in total?`;
    case 'height-difference':
      return `How much higher is the ${q.of[0]} bar than the ${q.of[1]} bar?`;
    case 'extreme-bar':
      return `Which bar is ${q.extreme}?`;
  }
}

const contenders = ({ bars }: ChartScene): Contender[] =>
  bars.map(({ color, height }) => ({
    name: color,
    value: height,
    words: () => `${color} bar`,
    short: color,
  }));

function solve(q: ChartQuestion, scene: ChartScene): Step[] | undefined {
  if (q.kind === 'extreme-bar') return solveComparison(q.extreme, contenders(scene));
  const [a, b] = q.of.map((color) => heightOf(scene, color));
  const seen = q.of.map((color) =>
    perceive(`${color} bar : ${heightOf(scene, color)}`, heightOf(scene, color)),
  );
  return q.kind === 'height' ? seen : [...seen, compute(a, q.kind === 'height-sum' ? '+' : '-', b)];
}

function explain(rng: Random, q: ChartQuestion, scene: ChartScene, answer: string): string[] {
  if (q.kind === 'extreme-bar') return explainComparison(rng, q.extreme, contenders(scene), answer);
  const facts = rng.shuffle<Color>(q.of).map((c) => {
    const h = heightOf(scene, c);
    const bar = rng.pick([c, `${c} bar`, `the ${c} bar`]);
    return rng.pick([`${bar} : ${h}`, `${bar} = ${h}`, `${bar} is ${h}`, `${bar} is ${h} high`]);
  });
  if (q.kind === 'height') return facts;
  const [a, b] = q.of.map((c) => heightOf(scene, c));
  return [joined(rng, facts), sumOrDifference(rng, a, b, q.kind === 'height-sum')];
}

export const chart: Task<'chart', ChartQuestion, ChartScene> = {
  name: 'chart',
  taught: true,
  scene: CHART_SCENE,
  facts: [AMOUNT, EXTREME],
  make,
  text,
  solve,
  openers: () => OPENERS,
  explain,
};
