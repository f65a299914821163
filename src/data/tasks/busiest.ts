/**
 * Which row or column holds most objects, whatever they are: the answer is a place, and no colour or shape tells it.
 * Idea: CLEVR (arXiv 1612.06890) asks for attributes of what is counted and compared; here counts are compared over
 * places, so a policy that was taught the other tasks has to put known steps together in a new way.
 */
import type { Random } from '../../random.ts';
import { between, GRID, type Size } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { ALL_CELLS, looksOf, OBJECTS, shapesScene } from './shared/scatter.ts';
import { type Axis, countsAlong, isShapes, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { ROWS, rowsTold, SHAPES_SCENE } from './shared/shapes-scene.ts';
import { isAxis, isNumber, link } from './shared/tokens.ts';
import { COUNT_OPENERS, joined } from './shared/wording.ts';
import { type Fact, type FactKind, infer, type Made, perceive, type Step, type Task } from './task.ts';

export interface BusiestQuestion {
  kind: 'busiest';
  axis: Axis;
}

/** The row or column with more objects than any other, from 1; undefined where there is a tie. */
function busiestOf(scene: ShapesScene, axis: Axis): number | undefined {
  const counts = countsAlong(scene, axis);
  const most = Math.max(...counts);
  return counts.filter((n) => n === most).length === 1 ? counts.indexOf(most) + 1 : undefined;
}

/** How many objects the busiest line holds: fewest and most. */
const WINNER: Record<Difficulty, readonly [number, number]> = {
  easy: [2, 3],
  medium: [2, GRID],
  hard: [3, GRID],
};

function make(
  rng: Random,
  size: Size,
  difficulty: Difficulty,
): Made<BusiestQuestion, ShapesScene> | undefined {
  const axis = rng.pick(['row', 'column'] as const);
  const winner = rng.int(GRID);
  const most = between(rng, ...WINNER[difficulty]);
  const cells = Array.from({ length: GRID }, (_, line) => {
    const own = rng.shuffle(ALL_CELLS.filter((cell) => cell[axis] === line));
    return own.slice(0, line === winner ? most : rng.int(most));
  }).flat();
  const [fewest, highest] = OBJECTS[difficulty];
  if (cells.length < fewest || cells.length > highest) return undefined;
  const looks = looksOf(rng, {}, cells.length);
  const scene = shapesScene(
    rng,
    size,
    cells.map((cell, i) => ({ ...cell, ...looks[i] })),
  );
  return { question: { kind: 'busiest', axis }, scene };
}

function solve({ axis }: BusiestQuestion, scene: ShapesScene): Step[] | undefined {
  const busiest = busiestOf(scene, axis);
  if (busiest === undefined) return undefined;
  const seen = countsAlong(scene, axis).map((n, line) => perceive(`${axis} ${line + 1} : ${n}`, n));
  return [...seen, infer(`most : ${axis} ${busiest}`, String(busiest))];
}

function explain(rng: Random, { axis }: BusiestQuestion, scene: ShapesScene, answer: string): string[] {
  const lines = countsAlong(scene, axis).map(
    (n, line) => `${axis} ${line + 1} ${rng.pick([':', '=', 'has'])} ${n}`,
  );
  const line = `${axis} ${answer}`;
  return [
    joined(rng, rng.pick([lines, [...lines].reverse(), rng.shuffle(lines)])),
    rng.pick([`most : ${line}`, `most is ${line}`, `${line} has most`, `so ${line} has most`]),
  ];
}

/** A full row has most whatever the others hold, so the busiest one is kept back; of columns, two rows can tell too much. */
function hint(rng: Random, { axis }: BusiestQuestion, scene: ShapesScene): string {
  if (axis === 'column') return rowsTold(rng, scene, ROWS, 1);
  const busiest = busiestOf(scene, axis);
  return rowsTold(
    rng,
    scene,
    ROWS.filter((row) => row + 1 !== busiest),
  );
}

/** `most : row 2`, `row 2 has most`; `at` counts from 1. */
interface BusiestFact extends Fact {
  kind: 'busiest';
  axis: Axis;
  at: number;
}

const BUSIEST: FactKind<BusiestFact> = {
  kind: 'busiest',
  about: 'conclusion',
  readings: [
    (t, i) => {
      const at = link(t, i + 1);
      const [axis, line] = [t[at], t[at + 1]];
      if (t[i] !== 'most' || !isAxis(axis) || !isNumber(line)) return undefined;
      return { facts: [{ kind: 'busiest', axis, at: Number(line) }], next: at + 2 };
    },
    (t, i) => {
      const [axis, line] = [t[i], t[i + 1]];
      const at = link(t, i + 2);
      if (!isAxis(axis) || !isNumber(line) || t[at] !== 'most') return undefined;
      return { facts: [{ kind: 'busiest', axis, at: Number(line) }], next: at + 1 };
    },
  ],
  isTrue: ({ axis, at }, { scene }) => (isShapes(scene) ? busiestOf(scene, axis) === at : undefined),
  arrivesAt: (fact) => String(fact.at),
};

export const busiest: Task<'busiest', BusiestQuestion, ShapesScene> = {
  name: 'busiest',
  taught: false,
  scene: SHAPES_SCENE,
  facts: [...SHAPES_FACTS, BUSIEST],
  make,
  text: ({ axis }) => `Which ${axis} has most objects?`,
  solve,
  openers: () => COUNT_OPENERS,
  explain,
  hint,
};
