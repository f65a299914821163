/** Random true statements about a picture of shapes. What is asked for is drawn before it is looked up. */
import type { Random } from '../../../random.ts';
import type { Statement } from '../task.ts';
import { GRID } from './canvas.ts';
import { COLORS, type Entity, entityWords, SHAPES } from './names.ts';
import type { Cell } from './scatter.ts';
import { type Axis, countOf, countsAlong, isEntity, type SceneObject, type ShapesScene } from './shapes.ts';
import { axisOf, countBeyond, neighborOf, nextCell, OPPOSITE, objectAt, SIDES, type Side } from './sides.ts';

/** What an empty cell is called. */
const NOTHING = '.';

const lookWords = (o: SceneObject | undefined) => (o ? `${o.color} ${o.shape}` : NOTHING);

function anyEntity(rng: Random): Entity {
  const by = rng.int(3);
  if (by === 0) return { color: rng.pick(COLORS) };
  return by === 1 ? { shape: rng.pick(SHAPES) } : { color: rng.pick(COLORS), shape: rng.pick(SHAPES) };
}

/** A class that occurs, mostly. */
function likelyEntity(rng: Random, scene: ShapesScene): Entity {
  if (rng.int(4) === 0) return anyEntity(rng);
  const { color, shape } = rng.pick(scene.objects);
  const by = rng.int(3);
  if (by === 0) return { color };
  return by === 1 ? { shape } : { color, shape };
}

/** `red circles :` 3, or line by line first: `red by rows` 1 0 2 0 `:` 3 */
function counted(rng: Random, scene: ShapesScene, by?: Axis): Statement {
  const e = likelyEntity(rng, scene);
  const label = e.color && !e.shape ? rng.pick([e.color, entityWords(e)]) : entityWords(e);
  const n = String(countOf(scene, e));
  if (by === undefined) return [[`${label} ${rng.pick([':', '='])}`, n]];
  return [
    [`${label} by ${by}s`, countsAlong(scene, by, e).join(' ')],
    [rng.pick([':', '=', 'so', 'is']), n],
  ];
}

/** `row 2 column 1 :` red circle */
function cell(rng: Random, scene: ShapesScene): Statement {
  const at = { row: rng.int(GRID), column: rng.int(GRID) };
  return [[`row ${at.row + 1} column ${at.column + 1} :`, lookWords(objectAt(scene, at))]];
}

/** `row 2 has` 3 */
function line(rng: Random, scene: ShapesScene): Statement {
  const axis = rng.pick(['row', 'column'] as const);
  const at = rng.int(GRID);
  return [[`${axis} ${at + 1} ${rng.pick([':', 'has', '='])}`, String(countsAlong(scene, axis)[at])]];
}

/** `red circle is in row` 2 `column` 1 */
function place(rng: Random, { row, column }: Cell, what: string): Statement {
  return rng.int(2)
    ? [
        [`${what} row`, `${row + 1}`],
        ['column', `${column + 1}`],
      ]
    : [
        [`${what} column`, `${column + 1}`],
        ['row', `${row + 1}`],
      ];
}

/** `. right :` blue square `. below :` green circle, from object to object, as far as there are any. */
function walk(rng: Random, scene: ShapesScene, start: Cell): Statement {
  const said: [string, string][] = [];
  let at = start;
  let back: Side | undefined;
  do {
    const side = rng.pick(SIDES.filter((s) => s !== back));
    const next = neighborOf(scene, side, at);
    said.push([`. ${side} :`, lookWords(next)]);
    if (!next) break;
    at = nextCell(side, at);
    back = OPPOSITE[side];
  } while (said.length < 3 && rng.int(2) === 0);
  return said;
}

export function shapesStatement(rng: Random, scene: ShapesScene): Statement {
  const kind = rng.int(8);
  if (kind === 0) return counted(rng, scene);
  if (kind <= 2) return counted(rng, scene, kind === 1 ? 'row' : 'column');
  if (kind === 3) return cell(rng, scene);
  if (kind === 4) return line(rng, scene);
  const single = scene.objects.filter(
    (o) => scene.objects.filter((other) => isEntity(other, { color: o.color, shape: o.shape })).length === 1,
  );
  if (single.length === 0) return shapesStatement(rng, scene);
  const from = rng.pick(single);
  const what = `${lookWords(from)} ${rng.pick([':', 'is in', 'at', 'in'])}`;
  if (kind === 5) return place(rng, from, what);
  if (kind === 6) return [...place(rng, from, what), ...walk(rng, scene, from)];
  const side = rng.pick(SIDES);
  const axis = axisOf(side);
  return [
    [`${what} ${axis}`, `${from[axis] + 1}`],
    [`. ${side} :`, String(countBeyond(scene, side, from))],
  ];
}
