/** How high all bars of a chart are together: four heights to read, then a running sum. */
import type { Random } from '../../random.ts';
import { AMOUNT } from './shared/amount.ts';
import { between, type Size } from './shared/canvas.ts';
import { barsTold, CHART_SCENE, type ChartScene, chartScene, HIGHEST } from './shared/chart-scene.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS, type Color } from './shared/names.ts';
import { joined, SHORT_OPENERS } from './shared/wording.ts';
import { compute, type Made, perceive, type Step, type Task } from './task.ts';

export interface TotalQuestion {
  kind: 'total';
}

/** Lowest and highest bar. */
const BARS: Record<Difficulty, readonly [low: number, high: number]> = {
  easy: [1, 3],
  medium: [1, HIGHEST],
  hard: [3, HIGHEST],
};

function make(rng: Random, size: Size, difficulty: Difficulty): Made<TotalQuestion, ChartScene> {
  const [low, high] = BARS[difficulty];
  const height: Record<Color, number> = { red: low, blue: low, green: low, yellow: low };
  let rest = between(rng, 4 * low, 4 * high);
  rng.shuffle(COLORS).forEach((color, i) => {
    const after = COLORS.length - 1 - i;
    height[color] = between(rng, Math.max(low, rest - after * high), Math.min(high, rest - after * low));
    rest -= height[color];
  });
  return { question: { kind: 'total' }, scene: chartScene(rng, size, rng.shuffle(COLORS), height) };
}

/** What is added to what, step by step: 3 and 1, 4 and 4, 8 and 2. */
function additions(heights: readonly number[]): [sum: number, height: number][] {
  let sum = heights[0];
  return heights.slice(1).map((height) => {
    const pair: [number, number] = [sum, height];
    sum += height;
    return pair;
  });
}

function solve(_: TotalQuestion, { bars }: ChartScene): Step[] {
  return [
    ...bars.map((b) => perceive(`${b.color} bar : ${b.height}`, b.height)),
    ...additions(bars.map((b) => b.height)).map(([sum, height]) => compute(sum, '+', height)),
  ];
}

function explain(rng: Random, _: TotalQuestion, { bars }: ChartScene): string[] {
  const order = rng.shuffle(bars);
  const seen = order.map(({ color, height }) => {
    const bar = rng.pick([color, color, `${color} bar`]);
    return rng.pick([`${bar} : ${height}`, `${bar} = ${height}`, `${bar} is ${height}`]);
  });
  const sums = additions(order.map(({ height }) => height)).map((pair) => {
    const [a, b] = rng.pick([pair, [pair[1], pair[0]]]);
    return `${a} ${rng.pick(['+', 'plus'])} ${b} ${rng.pick(['=', 'is'])} ${a + b}`;
  });
  return [joined(rng, seen), joined(rng, sums)];
}

export const total: Task<'total', TotalQuestion, ChartScene> = {
  name: 'total',
  taught: true,
  scene: CHART_SCENE,
  facts: [AMOUNT],
  make,
  text: () => 'How high are all bars in total?',
  solve,
  openers: () => SHORT_OPENERS,
  explain,
  hint: (rng, _, scene) => barsTold(scene, rng.shuffle(COLORS).slice(0, 2)),
};
