/** What lies on a side of an object in a picture of shapes, and how responses state what is next to it. */
import type { AnyQuestion, Fact, FactKind } from '../task.ts';
import { GRID } from './canvas.ts';
import type { Entity } from './names.ts';
import type { Cell, Look } from './scatter.ts';
import { type Axis, isEntity, isShapes, type SceneObject, type ShapesScene } from './shapes.ts';
import { entityAt, link } from './tokens.ts';

export const SIDES = ['left', 'right', 'above', 'below'] as const;
export type Side = (typeof SIDES)[number];

export const OPPOSITE: Record<Side, Side> = { left: 'right', right: 'left', above: 'below', below: 'above' };

/** The row and column step towards a side. */
const STEP: Record<Side, [number, number]> = {
  left: [0, -1],
  right: [0, 1],
  above: [-1, 0],
  below: [1, 0],
};

/** Whether a cell lies on a side of another, in any row (or column). */
export function isBeyond(cell: Cell, side: Side, from: Cell): boolean {
  const [down, right] = STEP[side];
  return (cell.row - from.row) * down + (cell.column - from.column) * right > 0;
}

export const isAt = (a: Cell, b: Cell): boolean => a.row === b.row && a.column === b.column;

/** It may lie outside the grid. */
export function nextCell(side: Side, from: Cell): Cell {
  const [down, right] = STEP[side];
  return { row: from.row + down, column: from.column + right };
}

export const isInGrid = ({ row, column }: Cell): boolean =>
  Math.min(row, column) >= 0 && Math.max(row, column) < GRID;

/** The object that a landmark names, if the scene holds exactly one. */
export function find(scene: ShapesScene, landmark: Look): SceneObject | undefined {
  const found = scene.objects.filter((o) => isEntity(o, landmark));
  return found.length === 1 ? found[0] : undefined;
}

export const objectAt = (scene: ShapesScene, at: Cell): SceneObject | undefined =>
  scene.objects.find((o) => isAt(o, at));

export const neighborOf = (scene: ShapesScene, side: Side, from: Cell): SceneObject | undefined =>
  objectAt(scene, nextCell(side, from));

export const countBeyond = (scene: ShapesScene, side: Side, from: Cell): number =>
  scene.objects.filter((o) => isBeyond(o, side, from)).length;

export const axisOf = (side: Side): Axis => (side === 'above' || side === 'below' ? 'row' : 'column');

export const isAcross = (side: Side): boolean => side === 'left' || side === 'right';

/** `The red circle is in row 2 column 1. `; `axis`: only that. */
export function placeTold({ color, shape }: Look, { row, column }: Cell, axis?: Axis): string {
  const [r, c] = [`row ${row + 1}`, `column ${column + 1}`];
  return `The ${color} ${shape} is in ${axis === undefined ? `${r} ${c}` : axis === 'row' ? r : c}. `;
}

export const isSide = (t: string | undefined): t is Side => (SIDES as readonly string[]).includes(t ?? '');

/** Past `of it`, `it`, `of`. */
export function pastOfIt(t: readonly string[], i: number): number {
  let at = i;
  while (t[at] === 'of' || t[at] === 'it') at++;
  return at;
}

/** Where a value of `left of it : 3` or `left of it : a red square` begins. */
export function afterSide(t: readonly string[], i: number): number {
  const at = link(t, pastOfIt(t, i + 1));
  return t[at] === 'a' ? at + 1 : at;
}

/** A question about what is found from a landmark on: at once, or after moves from cell to cell. */
interface FromLandmark extends AnyQuestion {
  landmark: Look;
  moves?: readonly Side[];
}

const isFromLandmark = (q: AnyQuestion): q is FromLandmark => 'landmark' in q;

/** `left of it : red square` */
interface NeighborFact extends Fact {
  kind: 'neighbor';
  side: Side;
  entity: Entity;
  /** How many neighbours on that side were stated before: where moves repeat a side, it tells which is meant. */
  nth: number;
}

/** The cell from which a neighbour is told; undefined where no move of the question goes there. */
function whence({ landmark, moves }: FromLandmark, scene: ShapesScene, { side, nth }: NeighborFact) {
  const start: Cell | undefined = find(scene, landmark);
  if (!moves || !start) return start;
  const move = moves.flatMap((s, i) => (s === side ? i : []))[nth];
  return move === undefined ? undefined : moves.slice(0, move).reduce((at, s) => nextCell(s, at), start);
}

const neighborAt = (t: readonly string[], i: number) =>
  isSide(t[i]) ? entityAt(t, afterSide(t, i)) : undefined;

export const NEIGHBOR: FactKind<NeighborFact> = {
  kind: 'neighbor',
  about: 'picture',
  readings: [
    (t, i) => {
      const side = t[i];
      const e = neighborAt(t, i);
      if (!isSide(side) || !e) return undefined;
      const nth = t.filter((word, at) => at < i && word === side && neighborAt(t, at)).length;
      return { facts: [{ kind: 'neighbor', side, entity: e.entity, nth }], next: e.next };
    },
  ],
  /** Held against the true way, so that an early step that was misread spoils no later one that was read. */
  isTrue(fact, { question, scene }) {
    if (!isFromLandmark(question) || !isShapes(scene)) return undefined;
    const from = whence(question, scene, fact);
    if (!from) return undefined;
    const next = neighborOf(scene, fact.side, from);
    return next !== undefined && isEntity(next, fact.entity);
  },
  arrivesAt: (fact) => fact.entity.color,
};
