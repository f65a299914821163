/** What the pictures of all built-in tasks have in common. Lengths are in units of a canvas of 4 x 4 cells of 28 units. */
import type { Random } from '../../../random.ts';
import type { Color } from './names.ts';

export const FILL: Record<Color, string> = {
  red: '#d92323',
  blue: '#2452d6',
  green: '#1f9a3c',
  yellow: '#f2c200',
};
export const EDGE: Record<Color, string> = {
  red: '#8f1212',
  blue: '#122f86',
  green: '#0f5f22',
  yellow: '#9a7a00',
};
export const INK = '#222';

/** Width and height of a picture in pixels. */
export type Size = 112 | 168 | 224;
export const SIZES: readonly Size[] = [112, 168, 224];

/** Cells to a side. A cell is 28 px at size 112: one merged visual token of a 14-px patch model. */
export const GRID = 4;
export const CELL = 28;
export const SIDE = GRID * CELL;

export interface Canvas {
  size: Size;
  /** RGB, 0-255. */
  background: [number, number, number];
}

/** A whole number of low to high, both included. */
export const between = (rng: Random, low: number, high: number) => low + rng.int(high - low + 1);

/** A light grey with a tint that is hardly seen. */
export function background(rng: Random): [number, number, number] {
  const light = between(rng, 232, 252);
  return [light - rng.int(5), light - rng.int(5), light - rng.int(5)];
}
