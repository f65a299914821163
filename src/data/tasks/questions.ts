/** The questions of the built-in tasks: their words, their answers, and the steps of a right solution. */
import { DataError } from '../../errors.ts';
import {
  COLORS,
  type Color,
  type Scene,
  type SceneObject,
  SHAPES,
  type Shape,
  type ShapesScene,
  type Side,
} from './scene.ts';

/** One step of a right solution. `perceive` is read off the picture, `compute` is arithmetic, `infer` is a conclusion. */
export interface Step {
  kind: 'perceive' | 'compute' | 'infer';
  /** As a response would state it (`red circles : 3`, `3 + 2 = 5`): tasks/facts.ts parses it. */
  text: string;
  value: string;
}

/** A class of objects: by colour, by shape, by both, or (neither given) every object. */
export interface Entity {
  color?: Color;
  shape?: Shape;
}

/** An entity of which there is one in the scene. */
export interface Landmark {
  color: Color;
  shape: Shape;
}

export type Question =
  | { kind: 'count'; of: [Entity] }
  | { kind: 'sum'; of: [Entity, Entity] }
  /** First minus second; never negative. */
  | { kind: 'difference'; of: [Entity, Entity] }
  | { kind: 'most-color'; among?: Shape }
  | { kind: 'most-shape' }
  /** How many objects lie on that side, in any row (or column). */
  | { kind: 'side'; side: Side; landmark: Landmark }
  /** The colour of the object in the next cell on that side. */
  | { kind: 'neighbor'; side: Side; landmark: Landmark }
  | { kind: 'height'; of: [Color] }
  | { kind: 'height-sum'; of: [Color, Color] }
  | { kind: 'height-difference'; of: [Color, Color] }
  | { kind: 'extreme-bar'; extreme: 'highest' | 'lowest' }
  | { kind: 'other-angle' }
  | { kind: 'angle-difference' };

/** `red circles`, `circles`, `red objects`; one of them, unless `number` is 1: `red circle`. */
export function entityWords(entity: Entity, number = 2): string {
  const noun = `${entity.shape ?? 'object'}${number === 1 ? '' : 's'}`;
  return entity.color ? `${entity.color} ${noun}` : noun;
}

const sideWords = (side: Side) => (side === 'left' || side === 'right' ? `to the ${side} of` : side);
const nextWords = (side: Side) => `directly ${side === 'left' || side === 'right' ? `${side} of` : side}`;
const landmarkWords = ({ color, shape }: Landmark) => `the ${color} ${shape}`;

/** Two entities that differ in one thing share the word for the other: `red and blue objects`. */
function pairWords([a, b]: [Entity, Entity], between: string): string {
  if (!a.shape && !b.shape) return `${a.color} ${between} ${b.color} objects`;
  return `${entityWords(a)} ${between} ${entityWords(b)}`;
}

/** The question in words; a question has exactly one wording. */
export function questionText(q: Question): string {
  switch (q.kind) {
    case 'count':
      return `How many ${entityWords(q.of[0])} are there?`;
    case 'sum':
      return `How many ${pairWords(q.of, 'and')} are there in total?`;
    case 'difference':
      return `How many more ${pairWords(q.of, 'than')} are there?`;
    case 'most-color':
      return q.among ? `Which color is most common among the ${q.among}s?` : 'Which color is most common?';
    case 'most-shape':
      return 'Which shape is most common?';
    case 'side':
      return `How many objects are ${sideWords(q.side)} ${landmarkWords(q.landmark)}?`;
    case 'neighbor':
      return `Which color is the object ${nextWords(q.side)} ${landmarkWords(q.landmark)}?`;
    case 'height':
      return `How high is the ${q.of[0]} bar?`;
    case 'height-sum':
      return `How high are the ${q.of[0]} and ${q.of[1]} bars in total?`;
    case 'height-difference':
      return `How much higher is the ${q.of[0]} bar than the ${q.of[1]} bar?`;
    case 'extreme-bar':
      return `Which bar is ${q.extreme}?`;
    case 'other-angle':
      return 'How many degrees is the other acute angle?';
    case 'angle-difference':
      return 'By how many degrees do the acute angles differ?';
  }
}

export const isEntity = (o: SceneObject, e: Entity) =>
  (e.color === undefined || o.color === e.color) && (e.shape === undefined || o.shape === e.shape);

/** How many objects of a class there are. */
export const countOf = (scene: ShapesScene, e: Entity) => scene.objects.filter((o) => isEntity(o, e)).length;

/** Height of a bar. */
export function heightOf(scene: Scene, color: Color): number | undefined {
  return scene.kind === 'chart' ? scene.bars.find((b) => b.color === color)?.height : undefined;
}

/** Whether `o` lies on a side of `from`. */
export function isOnSide(o: SceneObject, side: Side, from: SceneObject): boolean {
  switch (side) {
    case 'left':
      return o.column < from.column;
    case 'right':
      return o.column > from.column;
    case 'above':
      return o.row < from.row;
    case 'below':
      return o.row > from.row;
  }
}

/** The row and column step towards a side. */
export const SIDE_STEP: Record<Side, [number, number]> = {
  left: [0, -1],
  right: [0, 1],
  above: [-1, 0],
  below: [1, 0],
};

/** The object that a landmark names, if the scene holds exactly one. */
export function findLandmark(scene: ShapesScene, landmark: Landmark): SceneObject | undefined {
  const found = scene.objects.filter((o) => isEntity(o, landmark));
  return found.length === 1 ? found[0] : undefined;
}

/** The object in the next cell on a side of a landmark. */
export function neighborOf(scene: ShapesScene, side: Side, landmark: Landmark): SceneObject | undefined {
  const from = findLandmark(scene, landmark);
  if (!from) return undefined;
  const [dr, dc] = SIDE_STEP[side];
  return scene.objects.find((o) => o.row === from.row + dr && o.column === from.column + dc);
}

/** Objects on a side of a landmark, counted by column (left, right) or row (above, below), in reading order. */
export function sideCounts(scene: ShapesScene, side: Side, landmark: Landmark) {
  const from = findLandmark(scene, landmark)!;
  const axis: 'row' | 'column' = side === 'above' || side === 'below' ? 'row' : 'column';
  const lines = new Map<number, number>();
  for (let at = 0; at < 4; at++) {
    const here = scene.objects.filter((o) => o[axis] === at);
    if (isOnSide({ ...from, [axis]: at }, side, from)) lines.set(at, here.length);
  }
  const total = [...lines.values()].reduce((sum, n) => sum + n, 0);
  return { axis, at: from[axis], lines, total };
}

/** The candidates of a comparison with their counts (or heights), in a fixed order. */
export function contenders(q: Question, scene: Scene): { name: string; entity: Entity; value: number }[] {
  if (scene.kind === 'chart') {
    return scene.bars.map((b) => ({ name: b.color, entity: { color: b.color }, value: b.height }));
  }
  if (scene.kind !== 'shapes') return [];
  const entities: Entity[] =
    q.kind === 'most-shape'
      ? SHAPES.map((shape) => ({ shape }))
      : COLORS.map((color) => (q.kind === 'most-color' && q.among ? { color, shape: q.among } : { color }));
  return entities.map((entity) => ({
    name: q.kind === 'most-shape' ? entity.shape! : entity.color!,
    entity,
    value: countOf(scene, entity),
  }));
}

const perceive = (text: string, value: string | number): Step => ({
  kind: 'perceive',
  text,
  value: String(value),
});
const compute = (a: number, op: '+' | '-', b: number): Step => {
  const value = op === '+' ? a + b : a - b;
  return { kind: 'compute', text: `${a} ${op} ${b} = ${value}`, value: String(value) };
};
const infer = (text: string, value: string): Step => ({ kind: 'infer', text, value });

/**
 * The steps of a right solution. The value of the last one is the answer.
 * @throws DataError where the question cannot be asked of the scene (no such landmark, a tie, another kind of scene)
 */
export function solve(q: Question, scene: Scene): Step[] {
  const steps = trySolve(q, scene);
  if (!steps)
    throw new DataError(`tasks: the question "${questionText(q)}" has no single answer in this scene`);
  return steps;
}

function trySolve(q: Question, scene: Scene): Step[] | undefined {
  if (scene.kind === 'angle') {
    if (q.kind !== 'other-angle' && q.kind !== 'angle-difference') return undefined;
    const other = compute(90, '-', scene.angle);
    const steps = [perceive(`angle : ${scene.angle}`, scene.angle), other];
    if (q.kind === 'other-angle') return steps;
    const [low, high] = [scene.angle, Number(other.value)].sort((a, b) => a - b);
    return [...steps, compute(high, '-', low)];
  }
  if (q.kind === 'most-color' || q.kind === 'most-shape' || q.kind === 'extreme-bar') {
    return compareSteps(q, scene);
  }
  if (scene.kind === 'chart') {
    if (q.kind !== 'height' && q.kind !== 'height-sum' && q.kind !== 'height-difference') return undefined;
    const values = q.of.map((color) => heightOf(scene, color)!);
    const steps = q.of.map((color, i) => perceive(`${color} bar : ${values[i]}`, values[i]));
    if (q.kind === 'height') return steps;
    return [...steps, compute(values[0], q.kind === 'height-sum' ? '+' : '-', values[1])];
  }
  switch (q.kind) {
    case 'count':
    case 'sum':
    case 'difference': {
      const values = q.of.map((e) => countOf(scene, e));
      const steps = q.of.map((e, i) => perceive(`${entityWords(e)} : ${values[i]}`, values[i]));
      return q.kind === 'count'
        ? steps
        : [...steps, compute(values[0], q.kind === 'sum' ? '+' : '-', values[1])];
    }
    case 'side': {
      if (!findLandmark(scene, q.landmark)) return undefined;
      const { axis, at, total } = sideCounts(scene, q.side, q.landmark);
      const { color, shape } = q.landmark;
      return [
        perceive(`${color} ${shape} : ${axis} ${at + 1}`, at + 1),
        perceive(`${q.side} : ${total}`, total),
      ];
    }
    case 'neighbor': {
      const next = neighborOf(scene, q.side, q.landmark);
      if (!next) return undefined;
      const { row, column } = findLandmark(scene, q.landmark)!;
      const { color, shape } = q.landmark;
      return [
        perceive(`${color} ${shape} : row ${row + 1} column ${column + 1}`, `${row + 1} ${column + 1}`),
        perceive(`${q.side} : ${next.color} ${next.shape}`, `${next.color} ${next.shape}`),
        infer(`so ${next.color}`, next.color),
      ];
    }
    default:
      return undefined;
  }
}

function compareSteps(q: Question, scene: Scene): Step[] | undefined {
  const all = contenders(q, scene);
  if (all.length === 0 || (q.kind === 'extreme-bar') !== (scene.kind === 'chart')) return undefined;
  const word = q.kind === 'extreme-bar' ? q.extreme : 'most';
  const values = all.map((c) => c.value);
  const best = word === 'lowest' ? Math.min(...values) : Math.max(...values);
  const winners = all.filter((c) => c.value === best);
  if (winners.length !== 1) return undefined;
  const noun = (e: Entity) => (scene.kind === 'chart' ? `${e.color} bar` : entityWords(e));
  return [
    ...all.map((c) => perceive(`${noun(c.entity)} : ${c.value}`, c.value)),
    infer(`${word} : ${winners[0].name}`, winners[0].name),
  ];
}
