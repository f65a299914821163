/** Pictures of coloured shapes: how they are drawn, and told in words. */
import type { Random } from '../../../random.ts';
import type { SceneKind } from '../task.ts';
import { CELL, EDGE, FILL, GRID } from './canvas.ts';
import { countOf, type SceneObject, type ShapesScene } from './shapes.ts';
import { shapesStatement } from './shapes-statements.ts';

const rowWords = (scene: ShapesScene, row: number) =>
  Array.from({ length: GRID }, (_, column) => {
    const o = scene.objects.find((other) => other.row === row && other.column === column);
    return o ? `${o.color} ${o.shape}` : '.';
  }).join(' ');

/** `Row 1 : . . red circle . ; row 3 : ... ; `: some of these rows (from 0), the others are left to the picture. */
export function rowsTold(rng: Random, scene: ShapesScene, among: readonly number[], many = 2): string {
  const rows = rng.shuffle(among).slice(0, many).sort();
  return rows.map((row, i) => `${i === 0 ? 'Row' : 'row'} ${row + 1} : ${rowWords(scene, row)} ; `).join('');
}

/** All rows of the grid, from 0. */
export const ROWS: readonly number[] = Array.from({ length: GRID }, (_, row) => row);

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
  signature: (scene) =>
    `shapes ${scene.objects.map((o) => `${o.row}${o.column}${o.color[0]}${o.shape[0]}`).join(' ')}`,
  statement: shapesStatement,
  svg: (scene) => scene.objects.map((o) => objectSvg(scene, o)).join(''),
  amount: (scene, entity, bar) => (bar ? undefined : countOf(scene, entity)),
};
