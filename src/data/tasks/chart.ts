/** Bars of a chart: how high one is, two together, one above another, and which is the highest or lowest. */
import type { Random } from '../../random.ts';
import { AMOUNT } from './shared/amount.ts';
import { between, type Size } from './shared/canvas.ts';
import {
  barsTold,
  CHART_SCENE,
  type ChartScene,
  chartScene,
  HIGHEST,
  heightOf,
} from './shared/chart-scene.ts';
import { type Contender, EXTREME, explainComparison, solveComparison } from './shared/comparison.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS, type Color } from './shared/names.ts';
import { joined, OPENERS, sumOrDifference } from './shared/wording.ts';
import { compute, type Made, perceive, type Step, type Task } from './task.ts';

export type ChartQuestion =
  | { kind: 'height'; of: [Color] }
  | { kind: 'height-sum'; of: [Color, Color] }
  /** First minus second; never negative. */
  | { kind: 'height-difference'; of: [Color, Color] }
  | { kind: 'extreme-bar'; extreme: 'highest' | 'lowest' };

const KINDS: Record<Difficulty, readonly ChartQuestion['kind'][]> = {
  easy: ['height', 'extreme-bar'],
  medium: ['height', 'height-sum', 'height-difference', 'extreme-bar'],
  hard: ['height-sum', 'height-difference'],
};

function make(rng: Random, size: Size, difficulty: Difficulty): Made<ChartQuestion, ChartScene> {
  const colors = rng.shuffle(COLORS);
  const [a, b] = rng.shuffle(colors);
  const top = difficulty === 'easy' ? 3 : HIGHEST;
  const any = () => between(rng, 1, top);
  const height: Record<Color, number> = { red: any(), blue: any(), green: any(), yellow: any() };
  const question = ((): ChartQuestion => {
    switch (rng.pick(KINDS[difficulty])) {
      case 'height':
        return { kind: 'height', of: [a] };
      case 'height-sum': {
        const total = between(rng, 2, 2 * top);
        height[a] = between(rng, Math.max(1, total - top), Math.min(top, total - 1));
        height[b] = total - height[a];
        return { kind: 'height-sum', of: [a, b] };
      }
      case 'height-difference': {
        const d = between(rng, 1, top - 1);
        height[b] = between(rng, 1, top - d);
        height[a] = height[b] + d;
        return { kind: 'height-difference', of: [a, b] };
      }
      case 'extreme-bar': {
        const extreme = rng.pick(['highest', 'lowest'] as const);
        const room = Math.ceil(top / 2);
        const best = extreme === 'highest' ? between(rng, room, top) : between(rng, 1, top + 1 - room);
        for (const c of COLORS)
          height[c] = extreme === 'highest' ? between(rng, 1, best - 1) : between(rng, best + 1, top);
        height[a] = best;
        return { kind: 'extreme-bar', extreme };
      }
    }
  })();
  return { question, scene: chartScene(rng, size, colors, height) };
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

/** One of two bars, or bars that are not asked for and are not the answer. */
function hint(rng: Random, q: ChartQuestion, scene: ChartScene): string {
  if (q.kind === 'height-sum') return barsTold(scene, [rng.pick(q.of)]);
  if (q.kind === 'height-difference') {
    const [a, b] = q.of;
    // Above a lower bar of 5 there is only 6, and below a higher one of 2 only 1.
    const open = [...(heightOf(scene, a) > 2 ? [a] : []), ...(heightOf(scene, b) < HIGHEST - 1 ? [b] : [])];
    return barsTold(scene, [rng.pick(open)]);
  }
  const asked = q.kind === 'height' ? q.of[0] : solve(q, scene)?.at(-1)?.value;
  const others = COLORS.filter((color) => color !== asked);
  return barsTold(scene, rng.shuffle(others).slice(0, 2));
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
  hint,
};
