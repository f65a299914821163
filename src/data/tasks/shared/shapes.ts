/** Pictures of coloured shapes on a grid. */
import type { Random } from '../../../random.ts';
import type { AnyScene, SceneKind } from '../task.ts';
import { type Canvas, CELL, EDGE, FILL, GRID } from './canvas.ts';
import type { Color, Entity, Shape } from './names.ts';

export type Axis = 'row' | 'column';

export interface SceneObject {
  color: Color;
  shape: Shape;
  /** From the top and from the left, 0-3. */
  row: number;
  column: number;
  radius: number;
}

export interface ShapesScene extends Canvas {
  kind: 'shapes';
  /** In reading order, at most one a cell. */
  objects: SceneObject[];
  /** Where the centres of each column and row lie off the centres of their cells. Shared by a whole column or row, so
   * that two objects of one column are never left or right of each other. */
  shift: { columns: number[]; rows: number[] };
}

export const isShapes = (scene: AnyScene): scene is ShapesScene => scene.kind === 'shapes';

export const isEntity = (o: { color: Color; shape: Shape }, e: Entity) =>
  (e.color === undefined || o.color === e.color) && (e.shape === undefined || o.shape === e.shape);

/** How many objects of a class there are. */
export const countOf = (scene: ShapesScene, e: Entity) => scene.objects.filter((o) => isEntity(o, e)).length;

/** How many objects of a class there are in each row or column, from the top or from the left. */
export const countsAlong = (scene: ShapesScene, axis: Axis, e: Entity = {}) =>
  Array.from(
    { length: GRID },
    (_, at) => scene.objects.filter((o) => o[axis] === at && isEntity(o, e)).length,
  );

const rowWords = (scene: ShapesScene, row: number) =>
  Array.from({ length: GRID }, (_, column) => {
    const o = scene.objects.find((other) => other.row === row && other.column === column);
    return o ? `${o.color} ${o.shape}` : '.';
  }).join(' ');

function objectSvg(scene: ShapesScene, { color, shape, row, column, radius: r }: SceneObject): string {
  const x = (column + 0.5) * CELL + scene.shift.columns[column];
  const y = (row + 0.5) * CELL + scene.shift.rows[row];
  const paint = `fill="${FILL[color]}" stroke="${EDGE[color]}"`;
  if (shape === 'circle') return `<circle cx="${x}" cy="${y}" r="${r}" ${paint}/>`;
  if (shape === 'square') {
    const h = r * 0.88;
    return `<rect x="${x - h}" y="${y - h}" width="${2 * h}" height="${2 * h}" ${paint}/>`;
  }
  const [up, down, half] = [0.96 * r, 0.86 * r, 1.08 * r];
  return `<path d="M${x} ${y - up}L${x + half} ${y + down}H${x - half}Z" ${paint}/>`;
}

export const SHAPES_SCENE: SceneKind<ShapesScene> = {
  kind: 'shapes',
  title: 'Grid',
  /** Cell by cell, rows from the top, a dot is an empty cell: `. . red circle . | blue square . . . | ...`. */
  words: (scene) => Array.from({ length: GRID }, (_, row) => rowWords(scene, row)).join(' | '),
  part(rng: Random, scene) {
    const [a, b] = rng.shuffle([0, 1, 2, 3]).slice(0, 2).sort();
    return `Row ${a + 1} : ${rowWords(scene, a)} ; row ${b + 1} : ${rowWords(scene, b)} ; `;
  },
  signature: (scene) =>
    `shapes ${scene.objects.map((o) => `${o.row}${o.column}${o.color[0]}${o.shape[0]}`).join(' ')}`,
  svg: (scene) => scene.objects.map((o) => objectSvg(scene, o)).join(''),
  amount: (scene, entity, bar) => (bar ? undefined : countOf(scene, entity)),
};
