/**
 * Scenes made for a question, so that each plausible answer is about equally frequent: text alone says nothing.
 * Every function draws the answer first and then a scene around it; it may fail, and is then tried again.
 */
import type { Random } from '../../random.ts';
import type { TaskName } from '../row.ts';
import { type Entity, isEntity, type Question, SIDE_STEP } from './questions.ts';
import {
  type AngleScene,
  type ChartScene,
  COLORS,
  type Color,
  GRID,
  type Scene,
  SHAPES,
  type Shape,
  type ShapesScene,
  SIDES,
  type Size,
} from './scene.ts';

type Kind = { color: Color; shape: Shape };
type Cell = { row: number; column: number };
type Placed = Kind & Cell;

/** Objects of a shapes scene, fewest and most. */
export const [FEWEST, MOST] = [3, 9];

const ALL_KINDS: Kind[] = COLORS.flatMap((color) => SHAPES.map((shape) => ({ color, shape })));
const ALL_CELLS: Cell[] = Array.from({ length: GRID * GRID }, (_, i) => ({
  row: Math.floor(i / GRID),
  column: i % GRID,
}));

const between = (rng: Random, low: number, high: number) => low + rng.int(high - low + 1);

function background(rng: Random): [number, number, number] {
  const light = between(rng, 232, 252);
  return [light, light, light].map((v) => v - rng.int(5)) as [number, number, number];
}

function shapesScene(rng: Random, size: Size, placed: Placed[]): ShapesScene {
  const shifts = () => Array.from({ length: GRID }, () => between(rng, -2, 2));
  const order = (p: Placed) => p.row * GRID + p.column;
  return {
    kind: 'shapes',
    size,
    background: background(rng),
    objects: placed
      .sort((a, b) => order(a) - order(b))
      .map((p) => ({
        color: p.color,
        shape: p.shape,
        row: p.row,
        column: p.column,
        radius: between(rng, 8, 11),
      })),
    shift: { columns: shifts(), rows: shifts() },
  };
}

/** Puts `kinds` and further objects that match none of `counted` on random cells. */
function scatter(rng: Random, size: Size, kinds: Kind[], counted: Entity[]): ShapesScene | undefined {
  const fillers = ALL_KINDS.filter(
    (k) => !counted.some((e) => isEntity({ ...k, row: 0, column: 0, radius: 0 }, e)),
  );
  if (kinds.length > MOST) return undefined;
  const total = fillers.length === 0 ? kinds.length : between(rng, Math.max(FEWEST, kinds.length), MOST);
  if (total < FEWEST) return undefined;
  const all = [...kinds];
  while (all.length < total) all.push(rng.pick(fillers));
  const cells = rng.shuffle(ALL_CELLS);
  return shapesScene(
    rng,
    size,
    all.map((k, i) => ({ ...k, ...cells[i] })),
  );
}

const kindsOf = (rng: Random, e: Entity, n: number): Kind[] =>
  Array.from({ length: n }, () => ({
    color: e.color ?? rng.pick(COLORS),
    shape: e.shape ?? rng.pick(SHAPES),
  }));

function entity(rng: Random): Entity {
  const by = rng.int(3);
  if (by === 0) return { color: rng.pick(COLORS) };
  return by === 1 ? { shape: rng.pick(SHAPES) } : { color: rng.pick(COLORS), shape: rng.pick(SHAPES) };
}

/** Two classes without a common object. */
function entityPair(rng: Random): [Entity, Entity] {
  const by = rng.int(3);
  const [c, s] = [rng.shuffle(COLORS), rng.shuffle(SHAPES)];
  if (by === 0) return [{ color: c[0] }, { color: c[1] }];
  if (by === 1) return [{ shape: s[0] }, { shape: s[1] }];
  const [a, b] = rng.shuffle(ALL_KINDS);
  return [
    { color: a.color, shape: a.shape },
    { color: b.color, shape: b.shape },
  ];
}

interface Made {
  question: Question;
  scene: Scene;
}

function count(rng: Random, size: Size): Made | undefined {
  const e = entity(rng);
  const n = rng.int(6);
  const scene = scatter(rng, size, kindsOf(rng, e, n), [e]);
  return scene && { question: { kind: 'count', of: [e] }, scene };
}

/** Highest count of one class in a sum or difference. */
const HIGHEST = 6;

function sum(rng: Random, size: Size): Made | undefined {
  const of = entityPair(rng);
  const total = between(rng, 1, 8);
  const a = between(rng, Math.max(0, total - HIGHEST), Math.min(HIGHEST, total));
  const scene = scatter(rng, size, [...kindsOf(rng, of[0], a), ...kindsOf(rng, of[1], total - a)], of);
  return scene && { question: { kind: 'sum', of }, scene };
}

function difference(rng: Random, size: Size): Made | undefined {
  const of = entityPair(rng);
  const d = rng.int(6);
  const b = between(rng, d === 0 ? 1 : 0, Math.min(HIGHEST - d, Math.floor((MOST - d) / 2), 3));
  const scene = scatter(rng, size, [...kindsOf(rng, of[0], b + d), ...kindsOf(rng, of[1], b)], of);
  return scene && { question: { kind: 'difference', of }, scene };
}

function compare(rng: Random, size: Size): Made | undefined {
  // Shapes are asked for least often: there are only three to guess from.
  const by = rng.int(5);
  const among = by >= 3 ? rng.pick(SHAPES) : undefined;
  const question: Question = by === 0 ? { kind: 'most-shape' } : { kind: 'most-color', among };
  const entities: Entity[] =
    by === 0 ? SHAPES.map((shape) => ({ shape })) : COLORS.map((color) => ({ color, shape: among }));
  const winner = rng.int(entities.length);
  const most = between(rng, 2, 4);
  const kinds = entities.flatMap((e, i) => kindsOf(rng, e, i === winner ? most : rng.int(most)));
  const scene = scatter(rng, size, kinds, entities);
  return scene && { question, scene };
}

function side(rng: Random, size: Size): Made | undefined {
  const [landmark, direction] = [rng.pick(ALL_KINDS), rng.pick(SIDES)];
  const n = rng.int(6);
  const [dr, dc] = SIDE_STEP[direction];
  const beyond = (from: Cell, c: Cell) => (c.row - from.row) * dr + (c.column - from.column) * dc > 0;
  // A cell with room for the answer, or large answers would be rare.
  const roomy = ALL_CELLS.filter((from) => ALL_CELLS.filter((c) => beyond(from, c)).length >= n);
  const at = { ...rng.pick(roomy), ...landmark };
  const near = rng.shuffle(ALL_CELLS.filter((c) => beyond(at, c)));
  const far = rng.shuffle(
    ALL_CELLS.filter((c) => !beyond(at, c) && !(c.row === at.row && c.column === at.column)),
  );
  const total = between(rng, Math.max(FEWEST, n + 1), MOST);
  const cells = [...near.slice(0, n), ...far.slice(0, total - 1 - n)];
  const others = ALL_KINDS.filter((k) => k.color !== landmark.color || k.shape !== landmark.shape);
  if (cells.length + 1 < FEWEST) return undefined;
  const scene = shapesScene(rng, size, [at, ...cells.map((c) => ({ ...c, ...rng.pick(others) }))]);
  return { question: { kind: 'side', side: direction, landmark }, scene };
}

function neighbor(rng: Random, size: Size): Made | undefined {
  const [landmark, direction, color] = [rng.pick(ALL_KINDS), rng.pick(SIDES), rng.pick(COLORS)];
  const at = { ...rng.pick(ALL_CELLS), ...landmark };
  const [dr, dc] = SIDE_STEP[direction];
  const next = { row: at.row + dr, column: at.column + dc };
  if (Math.min(next.row, next.column) < 0 || Math.max(next.row, next.column) >= GRID) return undefined;
  const taken = (c: Cell, o: Cell) => c.row === o.row && c.column === o.column;
  const others = ALL_KINDS.filter((k) => k.color !== landmark.color || k.shape !== landmark.shape);
  const cells = rng.shuffle(ALL_CELLS.filter((c) => !taken(c, at) && !taken(c, next)));
  const total = between(rng, FEWEST, MOST);
  const scene = shapesScene(rng, size, [
    at,
    { ...next, ...rng.pick(others.filter((k) => k.color === color)) },
    ...cells.slice(0, total - 2).map((c) => ({ ...c, ...rng.pick(others) })),
  ]);
  return { question: { kind: 'neighbor', side: direction, landmark }, scene };
}

function chart(rng: Random, size: Size): Made | undefined {
  const colors = rng.shuffle(COLORS);
  const [a, b] = rng.shuffle(colors);
  const height = Object.fromEntries(COLORS.map((c) => [c, between(rng, 1, 6)])) as Record<Color, number>;
  let question: Question;
  switch (rng.int(4)) {
    case 0:
      question = { kind: 'height', of: [a] };
      break;
    case 1: {
      question = { kind: 'height-sum', of: [a, b] };
      const total = between(rng, 2, 12);
      height[a] = between(rng, Math.max(1, total - 6), Math.min(6, total - 1));
      height[b] = total - height[a];
      break;
    }
    case 2: {
      question = { kind: 'height-difference', of: [a, b] };
      const d = between(rng, 1, 5);
      height[b] = between(rng, 1, 6 - d);
      height[a] = height[b] + d;
      break;
    }
    default: {
      const extreme = rng.pick(['highest', 'lowest'] as const);
      question = { kind: 'extreme-bar', extreme };
      const best = extreme === 'highest' ? between(rng, 3, 6) : between(rng, 1, 4);
      for (const c of COLORS)
        height[c] = extreme === 'highest' ? between(rng, 1, best - 1) : between(rng, best + 1, 6);
      height[a] = best;
    }
  }
  const bars = colors.map((color) => ({ color, height: height[color] }));
  const scene: ChartScene = { kind: 'chart', size, background: background(rng), bars };
  return { question, scene };
}

function angle(rng: Random, size: Size): Made {
  const scene: AngleScene = {
    kind: 'angle',
    size,
    background: background(rng),
    angle: 5 * between(rng, 2, 16),
    color: rng.pick(COLORS),
    toRight: rng.int(2) === 0,
    toBottom: rng.int(2) === 0,
    markedLeg: rng.pick(['horizontal', 'vertical'] as const),
    length: between(rng, 56, 78),
  };
  return { question: { kind: rng.int(3) < 2 ? 'other-angle' : 'angle-difference' }, scene };
}

const MAKERS: Record<TaskName, (rng: Random, size: Size) => Made | undefined> = {
  count,
  sum,
  difference,
  compare,
  relation: (rng, size) => (rng.int(3) < 2 ? side(rng, size) : neighbor(rng, size)),
  chart,
  angle,
};

export const TASKS = Object.keys(MAKERS) as TaskName[];

/** A question of a task with a scene in which it has one answer; undefined where this draw did not work out. */
export function compose(task: TaskName, rng: Random, size: Size): Made | undefined {
  return MAKERS[task](rng, size);
}
