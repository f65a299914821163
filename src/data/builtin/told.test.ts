/**
 * What a problem's words tell at medium dependency leaves its answer open. Shown by a reader without the picture, who
 * knows what pictures there are and shares no code with the tasks: it makes up pictures of which the words are true and
 * looks for two that give different answers.
 */
import { describe, expect, it } from 'vitest';
import { type Random, random } from '../../random.ts';
import { type Scene, TASKS } from '../tasks/index.ts';
import { makeUndrawn } from './make.ts';
import { answerIn } from './oracle.testing.ts';

const COLORS = ['red', 'blue', 'green', 'yellow'] as const;
const SHAPES = ['circle', 'square', 'triangle'] as const;
/** How many objects there are in a picture, for a reader who knows that, too. */
const isUsual = (scene: Scene) =>
  scene.kind !== 'shapes' || (scene.objects.length >= 3 && scene.objects.length <= 12);

type Look = { color: (typeof COLORS)[number]; shape: (typeof SHAPES)[number] };
/** Of 16, in reading order; undefined: nothing was told of it, null: it is empty. */
type Cells = (Look | null | undefined)[];

interface Told {
  cells: Cells;
  /** Where there is one of these, from 0. */
  place?: { look: Look; row?: number; column?: number };
  /** How many of these there are. */
  many?: { phrase: string; n: number };
  bars: Map<string, number>;
  angle?: (degrees: number) => boolean;
}

const lookOf = (words: string): Look => {
  const [color, shape] = words.split(' ');
  return { color, shape } as Look;
};

function readRow(cells: Cells, row: number, words: string): void {
  const found = words.match(/\.|[a-z]+ [a-z]+/g) ?? [];
  expect(found).toHaveLength(4);
  found.forEach((w, column) => {
    cells[4 * row + column] = w === '.' ? null : lookOf(w);
  });
}

/** Cuts the words before the question into what they tell; what is left is the question. */
function read(problem: string): { told: Told; question: string } {
  const told: Told = { cells: Array(16).fill(undefined), bars: new Map() };
  const forms: [RegExp, (...m: string[]) => void][] = [
    [
      /^Grid : ([^;]*) ; /,
      (all) => all.split(' | ').forEach((words, row) => void readRow(told.cells, row, words)),
    ],
    [/^[Rr]ow (\d) : ([^;]*) ; /, (row, words) => readRow(told.cells, Number(row) - 1, words)],
    [
      /^Bars : ([^;]*) ; /,
      (bars) => {
        for (const bar of bars.split(' , ')) told.bars.set(bar.split(' ')[0], Number(bar.split(' ')[1]));
      },
    ],
    [
      /^There are (\d+) ([a-z ]+)\. /,
      (n, phrase) => {
        told.many = { phrase, n: Number(n) };
      },
    ],
    [
      /^The ([a-z]+ [a-z]+) is in (?:row (\d))? ?(?:column (\d))?\. /,
      (words, row, column) => {
        told.place = {
          look: lookOf(words),
          row: row === undefined ? undefined : Number(row) - 1,
          column: column === undefined ? undefined : Number(column) - 1,
        };
      },
    ],
    [
      /^The angle is (below|above) (\d+)\. /,
      (than, d) => {
        told.angle = (degrees) => (than === 'below' ? degrees < Number(d) : degrees > Number(d));
      },
    ],
    [
      /^Picture : right triangle , angle (\d+) ; /,
      (d) => {
        told.angle = (degrees) => degrees === Number(d);
      },
    ],
  ];
  let rest = problem.slice('<image>'.length);
  for (let before = ''; before !== rest; ) {
    before = rest;
    for (const [form, take] of forms) {
      const m = form.exec(rest);
      if (!m) continue;
      take(...m.slice(1));
      rest = rest.slice(m[0].length);
    }
  }
  return { told, question: rest };
}

const isOf = (look: Look, phrase: string) =>
  phrase
    .split(' ')
    .every((w) => /^objects?$/.test(w) || w === look.color || w.replace(/s$/, '') === look.shape);
const isSame = (a: Look, b: Look) => a.color === b.color && a.shape === b.shape;

function agrees({ cells, place, many, bars, angle }: Told, scene: Scene): boolean {
  if (scene.kind === 'chart') return scene.bars.every((b) => (bars.get(b.color) ?? b.height) === b.height);
  if (scene.kind === 'angle') return angle?.(scene.angle) ?? true;
  const { objects } = scene;
  const found = place && objects.filter((o) => isSame(o, place.look));
  return (
    cells.every((cell, i) => {
      const o = objects.find((other) => 4 * other.row + other.column === i);
      return cell === undefined || (cell === null ? o === undefined : o !== undefined && isSame(o, cell));
    }) &&
    (!found ||
      (found.length === 1 &&
        (place?.row ?? found[0].row) === found[0].row &&
        (place?.column ?? found[0].column) === found[0].column)) &&
    (!many || objects.filter((o) => isOf(o, many.phrase)).length === many.n)
  );
}

/** A picture of the kind that the question is about of which the words may be true. */
function madeUp(rng: Random, { cells, place, many, bars, angle }: Told, question: string): Scene {
  const canvas = { size: 112, background: [240, 240, 240] as [number, number, number] } as const;
  if (/\bbars?\b/.test(question)) {
    const all = COLORS.map((color) => ({ color, height: bars.get(color) ?? 1 + rng.int(6) }));
    return { ...canvas, kind: 'chart', bars: all };
  }
  if (question.includes('acute')) {
    const open = Array.from({ length: 15 }, (_, i) => 10 + 5 * i).filter((d) => angle?.(d) ?? true);
    const look = { color: 'red', toRight: true, toBottom: true, markedLeg: 'vertical', length: 60 } as const;
    return { ...canvas, kind: 'angle', angle: rng.pick(open), ...look };
  }
  const free = rng.shuffle(Array.from(cells.keys()).filter((i) => cells[i] === undefined));
  const filled = [...cells];
  const looks = COLORS.flatMap((color) => SHAPES.map((shape) => ({ color, shape })));
  // What the question takes for granted: there is one of it.
  const landmark = /the ((?:red|blue|green|yellow) (?:circle|square|triangle))\b/.exec(question)?.[1];
  const single = place?.look ?? (landmark === undefined ? undefined : lookOf(landmark));
  if (single && !cells.some((cell) => cell && isSame(cell, single))) {
    const at = free.findIndex((i) => (place?.row ?? i >> 2) === i >> 2 && (place?.column ?? i % 4) === i % 4);
    filled[free.splice(at, 1)[0]] = single;
  }
  for (const i of free.splice(0, many?.n ?? 0))
    filled[i] = rng.pick(looks.filter((l) => isOf(l, many?.phrase ?? '')));
  const others = looks.filter((l) => !(single && isSame(l, single)) && !(many && isOf(l, many.phrase)));
  const density = rng.next();
  // Of few kinds in some pictures, so that there is much of one.
  const palette = rng.shuffle(others).slice(0, 1 + rng.int(others.length));
  for (const i of free) filled[i] = rng.next() < density ? rng.pick(palette) : null;
  const objects = filled.flatMap((look, i) =>
    look ? [{ ...look, row: i >> 2, column: i % 4, radius: 9 }] : [],
  );
  const shift = { columns: [0, 0, 0, 0], rows: [0, 0, 0, 0] };
  return { ...canvas, kind: 'shapes', objects, shift };
}

/** Answers in made-up pictures that may be; ends once there are two of them. */
function answers(
  problem: string,
  tries: number,
  rng: Random,
  mayBe: (scene: Scene) => boolean = () => true,
): Set<string> {
  const { told, question } = read(problem);
  const found = new Set<string>();
  for (let i = 0; i < tries && found.size < 2; i++) {
    const scene = madeUp(rng, told, question);
    if (!mayBe(scene) || !agrees(told, scene)) continue;
    const answer = answerIn(`<image>${question}`, scene);
    if (answer !== undefined) found.add(answer);
  }
  return found;
}

const ROWS = 300;

describe('what the words of a problem tell', () => {
  it.each(TASKS)('is true, and leaves the answer open at medium dependency: %s', (task) => {
    let settled = 0;
    for (let i = 0; i < ROWS; i++) {
      const { problem, meta } = makeUndrawn('told', i, { tasks: [task], dependency: 'medium' });
      const { told, question } = read(problem);
      expect(problem.length).toBeGreaterThan(question.length + '<image>'.length);
      expect([problem, agrees(told, meta.scene)]).toEqual([problem, true]);
      if (answers(problem, 2000, random('made up', i), isUsual).size === 2) continue;
      expect([problem, answers(problem, 2000, random('made up', i)).size]).toEqual([problem, 2]);
      settled++;
    }
    // Two full rows can say what there is most of to one who knows how few objects the other two can hold.
    expect(settled).toBeLessThanOrEqual(ROWS / 100);
  });

  it.each(TASKS)('settles the answer at low dependency: %s', (task) => {
    for (let i = 0; i < 50; i++) {
      const { problem, answer } = makeUndrawn('told', i, { tasks: [task], dependency: 'low' });
      expect([...answers(problem, 50, random('made up', i))]).toEqual([answer]);
    }
  });

  it('would be found out where it told too much', () => {
    const size = (problem: string) => answers(`<image>${problem}`, 2000, random('too much')).size;
    expect(size('Bars : red 3 , blue 1 ; How much higher is the red bar than the blue bar?')).toBe(1);
    expect(size('Bars : red 2 ; How much higher is the red bar than the blue bar?')).toBe(1);
    expect(size('Bars : red 3 ; How much higher is the red bar than the blue bar?')).toBe(2);
    expect(size('Bars : red 6 ; Which bar is highest?')).toBe(1);
    expect(size('The red circle is in row 1 column 2. How many objects are above the red circle?')).toBe(1);
    const rows = 'Row 1 : . blue square . . ; row 2 : . red circle . green square ; ';
    expect(size(`${rows}Which color is the object directly above the red circle?`)).toBe(1);
    expect(size(`${rows}How many objects are above the red circle?`)).toBe(1);
    expect(size(`${rows}How many objects are below the red circle?`)).toBe(2);
  });
});
