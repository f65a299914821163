/** What lies on a side of an object in a picture of shapes, and how responses state what is next to it. */
import type { AnyQuestion, Fact, FactKind } from '../task.ts';
import { GRID } from './canvas.ts';
import type { Entity } from './names.ts';
import type { Cell, Look } from './scatter.ts';
import { type Axis, isEntity, isShapes, type SceneObject, type ShapesScene } from './shapes.ts';
import type { PlaceFact } from './shapes-facts.ts';
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
  side?: Side;
  moves?: readonly Side[];
}

const isFromLandmark = (q: AnyQuestion): q is FromLandmark => 'landmark' in q;

/** `left of it : red square` */
interface NeighborFact extends Fact {
  kind: 'neighbor';
  side: Side;
  entity: Entity;
}

const isNeighbor = (fact: Fact): fact is NeighborFact => fact.kind === 'neighbor';

const along = (sides: readonly Side[], from: Cell): Cell => sides.reduce((at, s) => nextCell(s, at), from);

/** Where the response last said that one object is, if that names one: `it` is this one. */
export function landmarkStated(scene: ShapesScene, before: readonly Fact[]): SceneObject | undefined {
  const places = before.filter((fact): fact is PlaceFact => fact.kind === 'place');
  const there = scene.objects.filter((o) => isEntity(o, places.at(-1)?.entity ?? {}));
  return places.length > 0 && there.length === 1 ? there[0] : undefined;
}

/** Whether some follow the asked moves, with or without leaving some out. */
function follows(sides: readonly Side[], moves: readonly Side[]): boolean {
  let at = 0;
  for (const side of moves) if (side === sides[at]) at++;
  return at === sides.length;
}

export const NEIGHBOR: FactKind<NeighborFact> = {
  kind: 'neighbor',
  about: 'picture',
  readings: [
    (t, i) => {
      const side = t[i];
      const e = isSide(side) ? entityAt(t, afterSide(t, i)) : undefined;
      if (!isSide(side) || !e) return undefined;
      return { facts: [{ kind: 'neighbor', side, entity: e.entity }], next: e.next };
    },
  ],
  /**
   * Held against the asked way, so that a step that was misread spoils no later one, and against the way that the
   * response takes. Where it takes another way than was asked for, that is its error, whatever it sees there.
   */
  isTrue({ side, entity }, { question, scene, before }) {
    if (!isFromLandmark(question) || !isShapes(scene)) return undefined;
    const asked = find(scene, question.landmark);
    if (!asked) return undefined;
    const start = landmarkStated(scene, before) ?? asked;
    const stated = before.filter(isNeighbor).map((fact) => fact.side);
    const moves = question.moves ?? [question.side ?? side];
    const move = moves.flatMap((s, i) => (s === side ? i : []))[stated.filter((s) => s === side).length];
    const froms = [
      ...(move === undefined ? [] : [along(moves.slice(0, move), asked)]),
      along(question.moves ? stated : [], start),
    ];
    const isThere = froms.some((from) => {
      const next = neighborOf(scene, side, from);
      return next !== undefined && isEntity(next, entity);
    });
    if (isThere) return true;
    return isAt(start, asked) && follows([...stated, side], moves) ? false : undefined;
  },
  arrivesAt: (fact) => fact.entity.color,
};
