/** What lies on a side of one object: how many others, or which one is next to it. */
import type { Random } from '../../random.ts';
import { between, GRID, type Size } from './shared/canvas.ts';
import { COLORS, type Entity } from './shared/names.ts';
import { ALL_CELLS, ALL_LOOKS, type Cell, FEWEST, type Look, MOST, shapesScene } from './shared/scatter.ts';
import {
  type Axis,
  countsAlong,
  isEntity,
  isShapes,
  type SceneObject,
  SHAPES_SCENE,
  type ShapesScene,
} from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { entityAt, isNumber, link } from './shared/tokens.ts';
import { COUNT_OPENERS, OPENERS } from './shared/wording.ts';
import { type AnyQuestion, type Fact, type FactKind, infer, type Made, perceive, type Task } from './task.ts';

const SIDES = ['left', 'right', 'above', 'below'] as const;
type Side = (typeof SIDES)[number];

/** The row and column step towards a side. */
const STEP: Record<Side, [number, number]> = {
  left: [0, -1],
  right: [0, 1],
  above: [-1, 0],
  below: [1, 0],
};

export interface SideQuestion {
  /** How many objects lie on that side, in any row (or column). */
  kind: 'side';
  side: Side;
  /** There is one of it in the scene. */
  landmark: Look;
}

export interface NeighborQuestion {
  /** The colour of the object in the next cell on that side. */
  kind: 'neighbor';
  side: Side;
  landmark: Look;
}

export type RelationQuestion = SideQuestion | NeighborQuestion;

const isRelation = (q: AnyQuestion): q is RelationQuestion => q.kind === 'side' || q.kind === 'neighbor';

/** Whether a cell lies on a side of another, in any row (or column). */
function isBeyond(cell: Cell, side: Side, from: Cell): boolean {
  const [down, right] = STEP[side];
  return (cell.row - from.row) * down + (cell.column - from.column) * right > 0;
}

const isAt = (a: Cell, b: Cell) => a.row === b.row && a.column === b.column;

function nextCell(side: Side, from: Cell): Cell {
  const [down, right] = STEP[side];
  return { row: from.row + down, column: from.column + right };
}

/** The object that a landmark names, if the scene holds exactly one. */
function find(scene: ShapesScene, landmark: Look): SceneObject | undefined {
  const found = scene.objects.filter((o) => isEntity(o, landmark));
  return found.length === 1 ? found[0] : undefined;
}

const neighborOf = (scene: ShapesScene, side: Side, from: Cell) =>
  scene.objects.find((o) => isAt(o, nextCell(side, from)));

const axisOf = (side: Side): Axis => (side === 'above' || side === 'below' ? 'row' : 'column');

/** Counts of the rows (above, below) or columns (left, right) beyond a landmark, in reading order, from 0. */
function linesBeyond(scene: ShapesScene, side: Side, from: Cell): { line: number; count: number }[] {
  const axis = axisOf(side);
  return countsAlong(scene, axis)
    .map((count, line) => ({ line, count }))
    .filter(({ line }) => isBeyond({ ...from, [axis]: line }, side, from));
}

const countBeyond = (scene: ShapesScene, side: Side, from: Cell) =>
  scene.objects.filter((o) => isBeyond(o, side, from)).length;

function makeSide(rng: Random, size: Size): Made<SideQuestion, ShapesScene> | undefined {
  const [landmark, side] = [rng.pick(ALL_LOOKS), rng.pick(SIDES)];
  const n = rng.int(6);
  // A cell with room for the answer, or large answers would be rare.
  const roomy = ALL_CELLS.filter((from) => ALL_CELLS.filter((c) => isBeyond(c, side, from)).length >= n);
  const at = { ...rng.pick(roomy), ...landmark };
  const near = rng.shuffle(ALL_CELLS.filter((c) => isBeyond(c, side, at)));
  const far = rng.shuffle(ALL_CELLS.filter((c) => !isBeyond(c, side, at) && !isAt(c, at)));
  const total = between(rng, Math.max(FEWEST, n + 1), MOST);
  const cells = [...near.slice(0, n), ...far.slice(0, total - 1 - n)];
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  if (cells.length + 1 < FEWEST) return undefined;
  const scene = shapesScene(rng, size, [at, ...cells.map((c) => ({ ...c, ...rng.pick(others) }))]);
  return { question: { kind: 'side', side, landmark }, scene };
}

function makeNeighbor(rng: Random, size: Size): Made<NeighborQuestion, ShapesScene> | undefined {
  const [landmark, side, color] = [rng.pick(ALL_LOOKS), rng.pick(SIDES), rng.pick(COLORS)];
  const at = { ...rng.pick(ALL_CELLS), ...landmark };
  const next = nextCell(side, at);
  if (Math.min(next.row, next.column) < 0 || Math.max(next.row, next.column) >= GRID) return undefined;
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  const cells = rng.shuffle(ALL_CELLS.filter((c) => !isAt(c, at) && !isAt(c, next)));
  const total = between(rng, FEWEST, MOST);
  const scene = shapesScene(rng, size, [
    at,
    { ...next, ...rng.pick(others.filter((look) => look.color === color)) },
    ...cells.slice(0, total - 2).map((c) => ({ ...c, ...rng.pick(others) })),
  ]);
  return { question: { kind: 'neighbor', side, landmark }, scene };
}

const isAcross = (side: Side) => side === 'left' || side === 'right';

function text({ kind, side, landmark: { color, shape } }: RelationQuestion): string {
  return kind === 'side'
    ? `How many objects are ${isAcross(side) ? `to the ${side} of` : side} the ${color} ${shape}?`
    : `Which color is the object directly ${isAcross(side) ? `${side} of` : side} the ${color} ${shape}?`;
}

function solve({ kind, side, landmark }: RelationQuestion, scene: ShapesScene) {
  const from = find(scene, landmark);
  const what = `${landmark.color} ${landmark.shape}`;
  if (!from) return undefined;
  if (kind === 'side') {
    const at = from[axisOf(side)] + 1;
    const total = countBeyond(scene, side, from);
    return [perceive(`${what} : ${axisOf(side)} ${at}`, at), perceive(`${side} : ${total}`, total)];
  }
  const next = neighborOf(scene, side, from);
  if (!next) return undefined;
  const { row, column } = from;
  return [
    perceive(`${what} : row ${row + 1} column ${column + 1}`, `${row + 1} ${column + 1}`),
    perceive(`${side} : ${next.color} ${next.shape}`, `${next.color} ${next.shape}`),
    infer(`so ${next.color}`, next.color),
  ];
}

function explain(rng: Random, q: RelationQuestion, scene: ShapesScene): string[] {
  const { side, landmark } = q;
  const from = find(scene, landmark);
  if (!from) return [];
  const what = `${landmark.color} ${landmark.shape}`;
  const the = rng.pick([what, `the ${what}`]);
  const [row, column] = [`row ${from.row + 1}`, `column ${from.column + 1}`];
  const linked = rng.pick([':', 'is in', 'at', 'in']);
  const ofIt = rng.pick(['', ' of it']);
  const place = isAcross(side) ? `${side}${ofIt}` : `${side}${ofIt && ' it'}`;
  if (q.kind === 'neighbor') {
    const next = neighborOf(scene, side, from);
    if (!next) return [];
    const where = rng.pick([`${row} ${column}`, `${column} ${row}`]);
    return [
      rng.pick([`${the} ${linked} ${where}`, `i see ${the} ${linked} ${where}`]),
      `${place} ${rng.pick([':', 'is', '='])} ${rng.pick(['', 'a '])}${next.color} ${next.shape}`,
    ];
  }
  const axis = axisOf(side);
  const lines = linesBeyond(scene, side, from);
  const total = countBeyond(scene, side, from);
  const facts = [`${the} ${linked} ${axis === 'row' ? row : column}`];
  if (lines.length > 0 && rng.int(2) === 0) {
    const one = rng.pick([':', 'has', '=']);
    const each = lines.map(({ line, count }) => `${axis} ${line + 1} ${one} ${count}`);
    facts.push(...(rng.int(2) === 0 ? each : each.reverse()));
  }
  facts.push(
    rng.pick([
      `${place} : ${total}`,
      `${place} = ${total}`,
      `${total} ${place}`,
      `${total} ${total === 1 ? 'is' : 'are'} ${place}`,
      `i count ${total} ${place}`,
    ]),
  );
  return facts;
}

const isSide = (t: string | undefined): t is Side => (SIDES as readonly string[]).includes(t ?? '');

/** Past `of it`, `it`, `of`. */
function pastOfIt(t: readonly string[], i: number): number {
  let at = i;
  while (t[at] === 'of' || t[at] === 'it') at++;
  return at;
}

/** Where a value of `left of it : 3` or `left of it : a red square` begins. */
function afterSide(t: readonly string[], i: number): number {
  const at = link(t, pastOfIt(t, i + 1));
  return t[at] === 'a' ? at + 1 : at;
}

/** `left of it : 3`, `3 are left of it` */
interface SideFact extends Fact {
  kind: 'side';
  side: Side;
  value: number;
}

const SIDE: FactKind<SideFact> = {
  kind: 'side',
  about: 'picture',
  readings: [
    (t, i) => {
      const side = t[i];
      const at = afterSide(t, i);
      if (!isSide(side) || !isNumber(t[at])) return undefined;
      return { facts: [{ kind: 'side', side, value: Number(t[at]) }], next: at + 1 };
    },
    (t, i) => {
      if (!isNumber(t[i])) return undefined;
      const at = t[i + 1] === 'is' || t[i + 1] === 'are' ? i + 2 : i + 1;
      const side = t[at];
      if (!isSide(side)) return undefined;
      return { facts: [{ kind: 'side', side, value: Number(t[i]) }], next: pastOfIt(t, at + 1) };
    },
  ],
  isTrue({ side, value }, { question, scene }) {
    if (!isRelation(question) || !isShapes(scene)) return undefined;
    const from = find(scene, question.landmark);
    return from && countBeyond(scene, side, from) === value;
  },
  arrivesAt: (fact) => String(fact.value),
};

/** `left of it : red square` */
interface NeighborFact extends Fact {
  kind: 'neighbor';
  side: Side;
  entity: Entity;
}

const NEIGHBOR: FactKind<NeighborFact> = {
  kind: 'neighbor',
  about: 'picture',
  readings: [
    (t, i) => {
      const side = t[i];
      const e = isSide(side) ? entityAt(t, afterSide(t, i)) : undefined;
      return isSide(side) && e
        ? { facts: [{ kind: 'neighbor', side, entity: e.entity }], next: e.next }
        : undefined;
    },
  ],
  isTrue({ side, entity }, { question, scene }) {
    if (!isRelation(question) || !isShapes(scene)) return undefined;
    const from = find(scene, question.landmark);
    if (!from) return undefined;
    const next = neighborOf(scene, side, from);
    return next !== undefined && isEntity(next, entity);
  },
  arrivesAt: (fact) => fact.entity.color,
};

export const relation: Task<'relation', RelationQuestion, ShapesScene> = {
  name: 'relation',
  taught: true,
  scene: SHAPES_SCENE,
  facts: [...SHAPES_FACTS, SIDE, NEIGHBOR],
  make: (rng, size) => (rng.int(3) < 2 ? makeSide(rng, size) : makeNeighbor(rng, size)),
  text,
  solve,
  openers: ({ kind }) => (kind === 'side' ? COUNT_OPENERS : OPENERS),
  explain,
};
