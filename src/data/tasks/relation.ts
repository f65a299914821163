/** Where one object is, and what lies on a side of it: how many others, or which one is next to it. */
import type { Random } from '../../random.ts';
import { between, type Size } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS } from './shared/names.ts';
import { ALL_CELLS, ALL_LOOKS, type Cell, type Look, OBJECTS, shapesScene } from './shared/scatter.ts';
import { type Axis, countsAlong, isEntity, isShapes, type ShapesScene } from './shared/shapes.ts';
import { type LineFact, SHAPES_FACTS } from './shared/shapes-facts.ts';
import { ROWS, rowsTold, SHAPES_SCENE } from './shared/shapes-scene.ts';
import {
  afterSide,
  axisOf,
  countBeyond,
  find,
  isAcross,
  isAt,
  isBeyond,
  isInGrid,
  isSide,
  landmarkStated,
  NEIGHBOR,
  neighborOf,
  nextCell,
  pastOfIt,
  placeTold,
  SIDES,
  type Side,
} from './shared/sides.ts';
import { isNumber } from './shared/tokens.ts';
import { COUNT_OPENERS, OPENERS } from './shared/wording.ts';
import {
  type AnyQuestion,
  type Asked,
  type Fact,
  type FactKind,
  infer,
  type Made,
  perceive,
  type Step,
  type Task,
} from './task.ts';

export interface SideQuestion {
  /** How many objects lie on that side, in any row (or column). */
  kind: 'side';
  side: Side;
  /** There is one of it in the scene. */
  landmark: Look;
}

export interface NeighborQuestion {
  /** The colour of the object in the next cell on that side. */
  kind: 'neighbor';
  side: Side;
  landmark: Look;
}

export interface PositionQuestion {
  /** The row or column that the object is in, from 1. */
  kind: 'position';
  axis: Axis;
  landmark: Look;
}

export type RelationQuestion = SideQuestion | NeighborQuestion | PositionQuestion;

const isRelation = (q: AnyQuestion): q is RelationQuestion =>
  q.kind === 'side' || q.kind === 'neighbor' || q.kind === 'position';

/** Counts of the rows (above, below) or columns (left, right) beyond a landmark, in reading order, from 0. */
function linesBeyond(scene: ShapesScene, side: Side, from: Cell): { line: number; count: number }[] {
  const axis = axisOf(side);
  return countsAlong(scene, axis)
    .map((count, line) => ({ line, count }))
    .filter(({ line }) => isBeyond({ ...from, [axis]: line }, side, from));
}

/** The highest answer to how many lie beyond. */
const HIGHEST: Record<Difficulty, number> = { easy: 3, medium: 5, hard: 8 };

type Draw<Q extends RelationQuestion> = Made<Q, ShapesScene> | undefined;

function makeSide(rng: Random, size: Size, difficulty: Difficulty): Draw<SideQuestion> {
  const [landmark, side] = [rng.pick(ALL_LOOKS), rng.pick(SIDES)];
  const [fewest, most] = OBJECTS[difficulty];
  const n = between(rng, 0, HIGHEST[difficulty]);
  // A cell with room for the answer and for the other objects, or large answers and small ones would be rare.
  const roomy = ALL_CELLS.filter((from) => {
    const near = ALL_CELLS.filter((c) => isBeyond(c, side, from)).length;
    return near >= n && n + ALL_CELLS.length - near >= fewest;
  });
  const at = { ...rng.pick(roomy), ...landmark };
  const near = rng.shuffle(ALL_CELLS.filter((c) => isBeyond(c, side, at)));
  const far = rng.shuffle(ALL_CELLS.filter((c) => !isBeyond(c, side, at) && !isAt(c, at)));
  const total = between(rng, Math.max(fewest, n + 1), most);
  const cells = [...near.slice(0, n), ...far.slice(0, total - 1 - n)];
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  const scene = shapesScene(rng, size, [at, ...cells.map((c) => ({ ...c, ...rng.pick(others) }))]);
  return { question: { kind: 'side', side, landmark }, scene };
}

function makeNeighbor(rng: Random, size: Size, difficulty: Difficulty): Draw<NeighborQuestion> {
  const [landmark, side, color] = [rng.pick(ALL_LOOKS), rng.pick(SIDES), rng.pick(COLORS)];
  const at = { ...rng.pick(ALL_CELLS), ...landmark };
  const next = nextCell(side, at);
  if (!isInGrid(next)) return undefined;
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  const cells = rng.shuffle(ALL_CELLS.filter((c) => !isAt(c, at) && !isAt(c, next)));
  const total = between(rng, ...OBJECTS[difficulty]);
  const scene = shapesScene(rng, size, [
    at,
    { ...next, ...rng.pick(others.filter((look) => look.color === color)) },
    ...cells.slice(0, total - 2).map((c) => ({ ...c, ...rng.pick(others) })),
  ]);
  return { question: { kind: 'neighbor', side, landmark }, scene };
}

function makePosition(rng: Random, size: Size, difficulty: Difficulty): Draw<PositionQuestion> {
  const [landmark, axis] = [rng.pick(ALL_LOOKS), rng.pick(['row', 'column'] as const)];
  const others = ALL_LOOKS.filter((look) => !isEntity(look, landmark));
  const cells = rng.shuffle(ALL_CELLS).slice(0, between(rng, ...OBJECTS[difficulty]));
  const placed = cells.map((cell, i) => ({ ...cell, ...(i === 0 ? landmark : rng.pick(others)) }));
  return { question: { kind: 'position', axis, landmark }, scene: shapesScene(rng, size, placed) };
}

function make(rng: Random, size: Size, difficulty: Difficulty): Draw<RelationQuestion> {
  if (difficulty === 'easy') return (rng.int(2) === 0 ? makePosition : makeNeighbor)(rng, size, difficulty);
  if (difficulty === 'hard' || rng.int(3) < 2) return makeSide(rng, size, difficulty);
  return makeNeighbor(rng, size, difficulty);
}

const lookWords = ({ color, shape }: Look) => `${color} ${shape}`;

function text(q: RelationQuestion): string {
  const what = lookWords(q.landmark);
  if (q.kind === 'position') return `Which ${q.axis} is the ${what} in?`;
  const { kind, side } = q;
  return kind === 'side'
    ? `How many objects are ${isAcross(side) ? `to the ${side} of` : side} the ${what}?`
    : `Which color is the object directly ${isAcross(side) ? `${side} of` : side} the ${what}?`;
}

function solve(q: RelationQuestion, scene: ShapesScene): Step[] | undefined {
  const from = find(scene, q.landmark);
  const what = lookWords(q.landmark);
  if (!from) return undefined;
  if (q.kind === 'position') return [perceive(`${what} : ${q.axis} ${from[q.axis] + 1}`, from[q.axis] + 1)];
  const { kind, side } = q;
  if (kind === 'side') {
    const at = from[axisOf(side)] + 1;
    const total = countBeyond(scene, side, from);
    return [perceive(`${what} : ${axisOf(side)} ${at}`, at), perceive(`${side} : ${total}`, total)];
  }
  const next = neighborOf(scene, side, from);
  if (!next) return undefined;
  const { row, column } = from;
  return [
    perceive(`${what} : row ${row + 1} column ${column + 1}`, `${row + 1} ${column + 1}`),
    perceive(`${side} : ${lookWords(next)}`, lookWords(next)),
    infer(`so ${next.color}`, next.color),
  ];
}

function explain(rng: Random, q: RelationQuestion, scene: ShapesScene): string[] {
  const from = find(scene, q.landmark);
  if (!from) return [];
  const what = lookWords(q.landmark);
  const the = rng.pick([what, `the ${what}`]);
  const [row, column] = [`row ${from.row + 1}`, `column ${from.column + 1}`];
  const linked = rng.pick([':', 'is in', 'at', 'in']);
  if (q.kind === 'position') {
    const place = `${the} ${linked} ${q.axis === 'row' ? row : column}`;
    return [rng.pick([place, `i see ${place}`])];
  }
  const { side } = q;
  const ofIt = rng.pick(['', ' of it']);
  const place = isAcross(side) ? `${side}${ofIt}` : `${side}${ofIt && ' it'}`;
  if (q.kind === 'neighbor') {
    const next = neighborOf(scene, side, from);
    if (!next) return [];
    const where = rng.pick([`${row} ${column}`, `${column} ${row}`]);
    return [
      rng.pick([`${the} ${linked} ${where}`, `i see ${the} ${linked} ${where}`]),
      `${place} ${rng.pick([':', 'is', '='])} ${rng.pick(['', 'a '])}${lookWords(next)}`,
    ];
  }
  const axis = axisOf(side);
  const lines = linesBeyond(scene, side, from);
  const total = countBeyond(scene, side, from);
  const facts = [`${the} ${linked} ${axis === 'row' ? row : column}`];
  if (lines.length > 0 && rng.int(2) === 0) {
    const one = rng.pick([':', 'has', '=']);
    const each = lines.map(({ line, count }) => `${axis} ${line + 1} ${one} ${count}`);
    facts.push(...(rng.int(2) === 0 ? each : each.reverse()));
  }
  facts.push(
    rng.pick([
      `${place} : ${total}`,
      `${place} = ${total}`,
      `${total} ${place}`,
      `${total} ${total === 1 ? 'is' : 'are'} ${place}`,
      `i count ${total} ${place}`,
    ]),
  );
  return facts;
}

/**
 * Where the object is, or two rows: without it where others are counted from it, without its neighbour where that is
 * asked for. At an edge, where it is would say that nothing lies beyond.
 */
function hint(rng: Random, q: RelationQuestion, scene: ShapesScene): string {
  const from = find(scene, q.landmark);
  if (!from) return '';
  if (q.kind === 'position') return placeTold(q.landmark, from, q.axis === 'row' ? 'column' : 'row');
  const next = nextCell(q.side, from);
  if (isInGrid(next) && rng.int(2) === 0) return placeTold(q.landmark, from);
  const kept = q.kind === 'neighbor' ? next.row : from.row;
  return rowsTold(
    rng,
    scene,
    ROWS.filter((row) => row !== kept),
  );
}

/** `left of it : 3`, `3 are left of it` */
interface SideFact extends Fact {
  kind: 'side';
  side: Side;
  value: number;
}

/** Whether the counts of all rows or columns on that side were stated before: then it is what they make together. */
function isSumOfLines({ side }: SideFact, { question, scene, before }: Asked): boolean {
  if (!isRelation(question) || !isShapes(scene)) return false;
  const from = landmarkStated(scene, before) ?? find(scene, question.landmark);
  const lines = from ? linesBeyond(scene, side, from) : [];
  const stated = before.filter((fact): fact is LineFact => fact.kind === 'line');
  const isStated = (line: number) => stated.some(({ axis, at }) => axis === axisOf(side) && at === line + 1);
  return lines.length > 1 && lines.every(({ line }) => isStated(line));
}

const SIDE: FactKind<SideFact> = {
  kind: 'side',
  about: 'picture',
  aboutOf: (fact, asked) => (isSumOfLines(fact, asked) ? 'arithmetic' : 'picture'),
  readings: [
    (t, i) => {
      const side = t[i];
      const at = afterSide(t, i);
      if (!isSide(side) || !isNumber(t[at])) return undefined;
      return { facts: [{ kind: 'side', side, value: Number(t[at]) }], next: at + 1 };
    },
    (t, i) => {
      if (!isNumber(t[i])) return undefined;
      const at = t[i + 1] === 'is' || t[i + 1] === 'are' ? i + 2 : i + 1;
      const side = t[at];
      if (!isSide(side)) return undefined;
      return { facts: [{ kind: 'side', side, value: Number(t[i]) }], next: pastOfIt(t, at + 1) };
    },
  ],
  /** Where it is counted from another object, or on another side, than was asked for, that is the error. */
  isTrue({ side, value }, { question, scene, before }) {
    if (!isRelation(question) || !isShapes(scene)) return undefined;
    const asked = find(scene, question.landmark);
    if (!asked) return undefined;
    const from = landmarkStated(scene, before) ?? asked;
    if ([asked, from].some((at) => countBeyond(scene, side, at) === value)) return true;
    return isAt(from, asked) && (question.kind !== 'side' || question.side === side) ? false : undefined;
  },
  arrivesAt: (fact) => String(fact.value),
};

export const relation: Task<'relation', RelationQuestion, ShapesScene> = {
  name: 'relation',
  taught: true,
  scene: SHAPES_SCENE,
  facts: [...SHAPES_FACTS, SIDE, NEIGHBOR],
  make,
  text,
  solve,
  openers: ({ kind }) => (kind === 'side' ? COUNT_OPENERS : OPENERS),
  explain,
  hint,
};
