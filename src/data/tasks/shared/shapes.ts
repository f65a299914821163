/** Coloured shapes on a grid, and how many of them there are where. */
import type { AnyScene } from '../task.ts';
import { type Canvas, GRID } from './canvas.ts';
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
