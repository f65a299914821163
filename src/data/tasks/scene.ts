/** What a picture of the built-in tasks holds. Lengths are in units of a 112-unit canvas of 4 x 4 cells of 28 units. */
import { random } from '../../random.ts';

export const COLORS = ['red', 'blue', 'green', 'yellow'] as const;
export const SHAPES = ['circle', 'square', 'triangle'] as const;
export type Color = (typeof COLORS)[number];
export type Shape = (typeof SHAPES)[number];
export type Side = 'left' | 'right' | 'above' | 'below';
export const SIDES: readonly Side[] = ['left', 'right', 'above', 'below'];

/** Width and height of a picture in pixels. */
export type Size = 112 | 168 | 224;
export const SIZES: readonly Size[] = [112, 168, 224];

/** Cells to a side. A cell is 28 px at size 112: one merged visual token of a 14-px patch model. */
export const GRID = 4;
export const CELL = 28;

export interface SceneObject {
  color: Color;
  shape: Shape;
  /** From the top and from the left, 0-3. */
  row: number;
  column: number;
  radius: number;
}

interface Canvas {
  size: Size;
  /** RGB, 0-255. */
  background: [number, number, number];
}

export interface ShapesScene extends Canvas {
  kind: 'shapes';
  /** In reading order, at most one a cell. */
  objects: SceneObject[];
  /** Where the centres of each column and row lie off the centres of their cells. Shared by a whole column or row, so
   * that two objects of one column are never left or right of each other. */
  shift: { columns: number[]; rows: number[] };
}

export interface ChartScene extends Canvas {
  kind: 'chart';
  /** Left to right; heights are whole numbers of gridlines, 1-6. */
  bars: { color: Color; height: number }[];
}

/** A right triangle whose one acute angle is written beside its vertex. Drawn to scale between 25 and 65 degrees; flatter
 * ones are drawn at that limit, or the number would not fit beside them. */
export interface AngleScene extends Canvas {
  kind: 'angle';
  /** The written acute angle in degrees. */
  angle: number;
  color: Color;
  /** The legs run from the right angle to the right (or left) and downwards (or upwards). */
  toRight: boolean;
  toBottom: boolean;
  /** Whose end carries the number: that of the horizontal or of the vertical leg. */
  markedLeg: 'horizontal' | 'vertical';
  /** Length of the hypotenuse's longer leg. */
  length: number;
}

export type Scene = ShapesScene | ChartScene | AngleScene;

/** What makes two scenes the same for a learner: content and layout, not brightness, shifts or sizes by a pixel. */
export function signature(scene: Scene): string {
  switch (scene.kind) {
    case 'shapes':
      return `shapes ${scene.objects.map((o) => `${o.row}${o.column}${o.color[0]}${o.shape[0]}`).join(' ')}`;
    case 'chart':
      return `chart ${scene.bars.map((b) => `${b.color[0]}${b.height}`).join(' ')}`;
    case 'angle':
      return `angle ${scene.angle} ${scene.color} ${+scene.toRight}${+scene.toBottom} ${scene.markedLeg} ${scene.length}`;
  }
}

export type Split = 'train' | 'validation' | 'test';
export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

/**
 * The one split in which a scene may appear, whatever the seed: 80 % of all possible scenes are for training, 10 % for
 * validation, 10 % for testing. So a policy pre-trained with any seed on the train split has never seen a test scene.
 */
export function splitOf(signatureOfScene: string): Split {
  const bucket = random('split of scene', signatureOfScene).int(10);
  return bucket === 0 ? 'test' : bucket === 1 ? 'validation' : 'train';
}

/** The object in a cell, if there is one. */
export function objectAt(scene: ShapesScene, row: number, column: number): SceneObject | undefined {
  return scene.objects.find((o) => o.row === row && o.column === column);
}
