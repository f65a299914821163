/** Which colour is found at the end of a walk from object to object: a step that is misread leads astray. */
import type { Random } from '../../random.ts';
import { between, type Size } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS } from './shared/names.ts';
import { ALL_CELLS, ALL_LOOKS, type Cell, type Look, OBJECTS, shapesScene } from './shared/scatter.ts';
import { isEntity, type SceneObject, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { ROWS, rowsTold, SHAPES_SCENE } from './shared/shapes-scene.ts';
import {
  find,
  isAcross,
  isAt,
  isInGrid,
  NEIGHBOR,
  nextCell,
  objectAt,
  placeTold,
  SIDES,
  type Side,
} from './shared/sides.ts';
import { OPENERS } from './shared/wording.ts';
import { infer, type Made, perceive, type Step, type Task } from './task.ts';

export interface WalkQuestion {
  kind: 'walk';
  /** Where it begins; there is one of it in the scene. */
  landmark: Look;
  /** From cell to cell, never twice to the same; an object in each. */
  moves: Side[];
}

const MOVES: Record<Difficulty, number> = { easy: 1, medium: 2, hard: 3 };

function make(rng: Random, size: Size, difficulty: Difficulty): Made<WalkQuestion, ShapesScene> | undefined {
  const [landmark, color] = [rng.pick(ALL_LOOKS), rng.pick(COLORS)];
  const moves = Array.from({ length: MOVES[difficulty] }, () => rng.pick(SIDES));
  const way: Cell[] = [rng.pick(ALL_CELLS)];
  for (const side of moves) {
    const next = nextCell(side, way[way.length - 1]);
    if (!isInGrid(next) || way.some((cell) => isAt(cell, next))) return undefined;
    way.push(next);
  }
  const [fewest, most] = OBJECTS[difficulty];
  const rest = rng.shuffle(ALL_CELLS.filter((cell) => !way.some((other) => isAt(cell, other))));
  const cells = [...way, ...rest].slice(0, between(rng, Math.max(fewest, way.length), most));
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  const ends = others.filter((look) => look.color === color);
  const look = (i: number) => (i === 0 ? landmark : rng.pick(i === moves.length ? ends : others));
  const scene = shapesScene(
    rng,
    size,
    cells.map((cell, i) => ({ ...cell, ...look(i) })),
  );
  return { question: { kind: 'walk', landmark, moves }, scene };
}

const DIRECTION: Record<Side, string> = { left: 'left', right: 'right', above: 'up', below: 'down' };

const lookWords = ({ color, shape }: Look) => `${color} ${shape}`;

const text = ({ landmark, moves }: WalkQuestion) =>
  `Go from the ${lookWords(landmark)} ${moves.map((side) => `one ${DIRECTION[side]}`).join(', then ')}. Which color is the object there?`;

/** The objects on the way, the landmark first; undefined where a cell of it is empty. */
function wayOf({ landmark, moves }: WalkQuestion, scene: ShapesScene): SceneObject[] | undefined {
  const start = find(scene, landmark);
  if (!start) return undefined;
  const way = [start];
  for (const side of moves) {
    const next = objectAt(scene, nextCell(side, way[way.length - 1]));
    if (!next) return undefined;
    way.push(next);
  }
  return way;
}

function solve(q: WalkQuestion, scene: ShapesScene): Step[] | undefined {
  const way = wayOf(q, scene);
  if (!way) return undefined;
  const [{ row, column }, ...visited] = way;
  const { color } = way[way.length - 1];
  return [
    perceive(`${lookWords(q.landmark)} : row ${row + 1} column ${column + 1}`, `${row + 1} ${column + 1}`),
    ...visited.map((o, i) => perceive(`${q.moves[i]} : ${lookWords(o)}`, lookWords(o))),
    infer(`so ${color}`, color),
  ];
}

function explain(rng: Random, q: WalkQuestion, scene: ShapesScene): string[] {
  const way = wayOf(q, scene);
  if (!way) return [];
  const [{ row, column }, ...visited] = way;
  const what = `${rng.pick(['', 'the '])}${lookWords(q.landmark)}`;
  const [r, c] = [`row ${row + 1}`, `column ${column + 1}`];
  const place = `${what} ${rng.pick([':', 'is in', 'at', 'in'])} ${rng.pick([`${r} ${c}`, `${c} ${r}`])}`;
  const hasOfIt = rng.int(3) === 0;
  const steps = visited.map((o, i) => {
    const side = q.moves[i];
    const ofIt = hasOfIt ? (isAcross(side) ? ' of it' : ' it') : '';
    const then = rng.pick(['', '', 'then ']);
    return `${then}${side}${ofIt} ${rng.pick([':', 'is', '='])} ${rng.pick(['', 'a '])}${lookWords(o)}`;
  });
  return [rng.pick([place, `i see ${place}`]), ...steps];
}

/** Where it begins, or rows without its end. */
function hint(rng: Random, q: WalkQuestion, scene: ShapesScene): string {
  const way = wayOf(q, scene);
  if (!way) return '';
  if (rng.int(2) === 0) return placeTold(q.landmark, way[0]);
  const end = way[way.length - 1];
  return rowsTold(
    rng,
    scene,
    ROWS.filter((row) => row !== end.row),
  );
}

export const walk: Task<'walk', WalkQuestion, ShapesScene> = {
  name: 'walk',
  taught: true,
  scene: SHAPES_SCENE,
  facts: [...SHAPES_FACTS, NEIGHBOR],
  make,
  text,
  solve,
  openers: () => OPENERS,
  explain,
  hint,
};
