/**
 * A second way to the answers: reads the words of a problem and the content of a picture, not the stored question, and
 * shares no code with the tasks.
 */
import type { Scene } from '../tasks/index.ts';
import type { SceneObject } from '../tasks/shared/shapes.ts';

const [COLOR, SHAPE, SIDE] = ['red|blue|green|yellow', 'circle|square|triangle', 'left|right|above|below'];
const LANDMARK = `(?:to the )?(${SIDE})(?: of)? the (${COLOR}) (${SHAPE})`;
const WALK = `Go from the (${COLOR}) (${SHAPE}) ([a-z, ]+)\\. Which color is the object there`;

/** How far `o` lies towards a side of `from`, in cells. */
function towards(side: string, o: SceneObject, from: SceneObject): number {
  if (side === 'left') return from.column - o.column;
  if (side === 'right') return o.column - from.column;
  return side === 'above' || side === 'up' ? from.row - o.row : o.row - from.row;
}

const apart = (a: SceneObject, b: SceneObject) => Math.abs(a.row - b.row) + Math.abs(a.column - b.column);

const compiled = new Map<string, RegExp>();

/** The question at the end of a problem. */
function asked(pattern: string): RegExp {
  const known = compiled.get(pattern) ?? new RegExp(`(?:^<image>|[;.] )${pattern}\\?$`);
  compiled.set(pattern, known);
  return known;
}

type Answer = string | number | undefined;

/**
 * The answer that a reader of the problem finds in the scene; undefined where there is none, or not one alone.
 * @throws where the question is none that is known
 */
export function answerIn(problem: string, scene: Scene): string | undefined {
  const objects = scene.kind === 'shapes' ? scene.objects : [];
  const bars = scene.kind === 'chart' ? scene.bars : [];
  const angle = scene.kind === 'angle' ? scene.angle : Number.NaN;
  const many = (phrase: string) =>
    objects.filter((o) =>
      phrase
        .split(' ')
        .every((w) => /^objects?$/.test(w) || w === o.color || w.replace(/s$/, '') === o.shape),
    ).length;
  const bar = (color: string) => bars.find((b) => b.color === color)?.height ?? Number.NaN;
  const first = (names: readonly string[], value: (name: string) => number) => {
    const sorted = [...names].sort((a, b) => value(b) - value(a));
    return value(sorted[0]) > value(sorted[1]) ? sorted[0] : undefined;
  };
  const positive = (n: number, least: number) => (n >= least ? n : undefined);
  const landmark = (color: string, shape: string) => {
    const found = objects.filter((o) => o.color === color && o.shape === shape);
    return found.length === 1 ? found[0] : undefined;
  };
  const next = (side: string, from: SceneObject | undefined) =>
    from && objects.find((o) => towards(side, o, from) === 1 && apart(o, from) === 1);
  const rules: [string, (...m: string[]) => Answer][] = [
    ['How many more (.+) than (.+) are there', (a, b) => positive(many(a) - many(b), 0)],
    ['How many (.+) and (.+) are there in total', (a, b) => many(a) + many(b)],
    [
      `How many objects are ${LANDMARK}`,
      (side, c, s) => {
        const from = landmark(c, s);
        return from && objects.filter((o) => towards(side, o, from) > 0).length;
      },
    ],
    ['How many (.+) are there', many],
    ['Which color is most common', () => first(COLOR.split('|'), many)],
    [
      `Which color is most common among the (${SHAPE})s`,
      (s) => first(COLOR.split('|'), (c) => many(`${c} ${s}`)),
    ],
    ['Which shape is most common', () => first(SHAPE.split('|'), many)],
    [`Which color is the object directly ${LANDMARK}`, (side, c, s) => next(side, landmark(c, s))?.color],
    [
      WALK,
      (c, s, way) => {
        let at = landmark(c, s);
        for (const step of way.split(', then ')) at = next(step.replace('one ', ''), at);
        return at?.color;
      },
    ],
    [
      `Which (row|column) is the (${COLOR}) (${SHAPE}) in`,
      (axis, c, s) => {
        const from = landmark(c, s);
        return from && (axis === 'row' ? from.row : from.column) + 1;
      },
    ],
    [
      'Which (row|column) has most objects',
      (axis) =>
        first(
          ['1', '2', '3', '4'],
          (n) => objects.filter((o) => (axis === 'row' ? o.row : o.column) === Number(n) - 1).length,
        ),
    ],
    [`How high is the (${COLOR}) bar`, bar],
    [`How high are the (${COLOR}) and (${COLOR}) bars in total`, (a, b) => bar(a) + bar(b)],
    [`How much higher is the (${COLOR}) bar than the (${COLOR}) bar`, (a, b) => positive(bar(a) - bar(b), 1)],
    ['Which bar is highest', () => first(COLOR.split('|'), bar)],
    ['Which bar is lowest', () => first(COLOR.split('|'), (c) => -bar(c))],
    ['How high are all bars in total', () => bars.reduce((sum, b) => sum + b.height, 0)],
    ['How many degrees is the other acute angle', () => 90 - angle],
    ['By how many degrees do the acute angles differ', () => Math.abs(90 - 2 * angle)],
  ];
  for (const [pattern, answer] of rules) {
    const m = asked(pattern).exec(problem);
    if (!m) continue;
    const found = answer(...m.slice(1));
    return found === undefined ? undefined : String(found);
  }
  throw new Error(`unknown question: ${problem}`);
}
