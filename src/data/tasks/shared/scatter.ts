/** Scenes of shapes that are made around an answer. */
import type { Random } from '../../../random.ts';
import { background, between, GRID, type Size } from './canvas.ts';
import type { Difficulty } from './difficulty.ts';
import { COLORS, type Color, type Entity, SHAPES, type Shape } from './names.ts';
import { isEntity, type ShapesScene } from './shapes.ts';

/** A colour and a shape: what an object is. */
export type Look = { color: Color; shape: Shape };
export type Cell = { row: number; column: number };

/** Objects of a scene, fewest and most. */
export const OBJECTS: Record<Difficulty, readonly [fewest: number, most: number]> = {
  easy: [3, 5],
  medium: [3, 9],
  hard: [7, 12],
};

export const ALL_LOOKS: readonly Look[] = COLORS.flatMap((color) =>
  SHAPES.map((shape) => ({ color, shape })),
);
export const ALL_CELLS: readonly Cell[] = Array.from({ length: GRID * GRID }, (_, i) => ({
  row: Math.floor(i / GRID),
  column: i % GRID,
}));

/** A scene with these objects; where exactly in their cells they are, and how large, is drawn. */
export function shapesScene(rng: Random, size: Size, placed: readonly (Look & Cell)[]): ShapesScene {
  const shifts = () => Array.from({ length: GRID }, () => between(rng, -2, 2));
  const order = (p: Cell) => p.row * GRID + p.column;
  return {
    kind: 'shapes',
    size,
    background: background(rng),
    objects: [...placed]
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

/** Puts `looks` and further objects that match none of `counted` on random cells; undefined where they are too many or too few. */
export function scatter(
  rng: Random,
  size: Size,
  looks: readonly Look[],
  counted: readonly Entity[],
  difficulty: Difficulty,
): ShapesScene | undefined {
  const fillers = ALL_LOOKS.filter((look) => !counted.some((e) => isEntity(look, e)));
  const [fewest, most] = OBJECTS[difficulty];
  if (looks.length > most) return undefined;
  const total = fillers.length === 0 ? looks.length : between(rng, Math.max(fewest, looks.length), most);
  if (total < fewest) return undefined;
  const all = [...looks];
  while (all.length < total) all.push(rng.pick(fillers));
  const cells = rng.shuffle(ALL_CELLS);
  return shapesScene(
    rng,
    size,
    all.map((look, i) => ({ ...look, ...cells[i] })),
  );
}

/** `n` objects of a class, each in one of the ways that the class leaves open. */
export const looksOf = (rng: Random, e: Entity, n: number): Look[] =>
  Array.from({ length: n }, () => ({
    color: e.color ?? rng.pick(COLORS),
    shape: e.shape ?? rng.pick(SHAPES),
  }));
