/** A right triangle with one of its acute angles written beside it: the other one, or how far the two are apart. */
import type { Random } from '../../random.ts';
import {
  background,
  between,
  type Canvas,
  CELL,
  EDGE,
  FILL,
  GRID,
  INK,
  SIDE,
  type Size,
} from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { numberSvg } from './shared/glyphs.ts';
import { COLORS, type Color } from './shared/names.ts';
import { isNumber, link } from './shared/tokens.ts';
import { arithmetic, OPENERS } from './shared/wording.ts';
import {
  type AnyScene,
  compute,
  type Fact,
  type FactKind,
  type Made,
  perceive,
  type SceneKind,
  type Step,
  type Task,
} from './task.ts';

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
  /** Length of the longer leg. */
  length: number;
}

export interface AngleQuestion {
  kind: 'other-angle' | 'angle-difference';
}

const isAngle = (scene: AnyScene): scene is AngleScene => scene.kind === 'angle';

/** The picture of the triangle keeps within these degrees. */
const [FLATTEST, STEEPEST] = [25, 65];

function svg(scene: AngleScene): string {
  const { angle, color, toRight, toBottom, markedLeg, length } = scene;
  const drawn = (Math.min(Math.max(angle, FLATTEST), STEEPEST) * Math.PI) / 180;
  const slope = Math.tan(drawn);
  const across = slope <= 1 ? length : length / slope;
  const along = slope <= 1 ? length * slope : length;
  // `across` is the leg that ends in the marked vertex. The number has the outermost row or column of cells to itself.
  const horizontal = markedLeg === 'horizontal';
  const [w, h] = horizontal ? [across, along] : [along, across];
  const [marginX, marginY] = horizontal
    ? [SIDE - CELL - w - 4, (SIDE - h) / 2]
    : [(SIDE - w) / 2, SIDE - CELL - h - 4];
  const x0 = toRight ? marginX : SIDE - marginX;
  const y0 = toBottom ? marginY : SIDE - marginY;
  const [sx, sy] = [toRight ? 1 : -1, toBottom ? 1 : -1];
  const [x1, y1] = [x0 + sx * w, y0 + sy * h];
  const corner = 8;
  // The cell beyond the marked vertex, so that one visual token sees the whole number.
  const cell = (at: number) => Math.min(Math.max(Math.floor(at / CELL), 0), GRID - 1) * CELL;
  const cellX = horizontal ? (toRight ? SIDE - CELL : 0) : cell(x0);
  const cellY = horizontal ? cell(y0) : toBottom ? SIDE - CELL : 0;
  return [
    `<path d="M${x0} ${y0}L${x1} ${y0}L${x0} ${y1}Z" fill="${FILL[color]}" fill-opacity=".35" stroke="${EDGE[color]}" stroke-width="2" stroke-linejoin="round"/>`,
    `<path d="M${x0 + sx * corner} ${y0}V${y0 + sy * corner}H${x0}" fill="none" stroke="${INK}" stroke-width="1.5"/>`,
    `<circle cx="${horizontal ? x1 : x0}" cy="${horizontal ? y0 : y1}" r="3.5" fill="${INK}"/>`,
    numberSvg(angle, cellX + 2.4, cellY + 6.2, 15.6, INK),
  ].join('');
}

const ANGLE_SCENE: SceneKind<AngleScene> = {
  kind: 'angle',
  title: 'Picture',
  words: ({ angle }) => `right triangle , angle ${angle}`,
  statement: (_, { angle }) => [
    ['angle :', String(angle)],
    [`. 90 - ${angle} =`, String(90 - angle)],
  ],
  signature: (s) => `angle ${s.angle} ${s.color} ${+s.toRight}${+s.toBottom} ${s.markedLeg} ${s.length}`,
  svg,
};

function make(rng: Random, size: Size, difficulty: Difficulty): Made<AngleQuestion, AngleScene> {
  const scene: AngleScene = {
    kind: 'angle',
    size,
    background: background(rng),
    angle: 5 * between(rng, 2, 16),
    color: rng.pick(COLORS),
    toRight: rng.int(2) === 0,
    toBottom: rng.int(2) === 0,
    markedLeg: rng.pick(['horizontal', 'vertical'] as const),
    length: between(rng, 56, 78),
  };
  const other = difficulty === 'easy' || (difficulty === 'medium' && rng.int(3) < 2);
  return { question: { kind: other ? 'other-angle' : 'angle-difference' }, scene };
}

function solve({ kind }: AngleQuestion, { angle }: AngleScene): Step[] {
  const other = 90 - angle;
  const steps = [perceive(`angle : ${angle}`, angle), compute(90, '-', angle)];
  if (kind === 'other-angle') return steps;
  return [...steps, compute(Math.max(angle, other), '-', Math.min(angle, other))];
}

function explain(rng: Random, { kind }: AngleQuestion, { angle }: AngleScene): string[] {
  const facts = [
    rng.pick(['angle : ', 'angle = ', 'the angle is ', 'i read ', 'i see ', 'marked : ', 'it is marked ']) +
      angle,
  ];
  if (rng.int(3) === 0)
    facts.push(rng.pick(['right angle : 90', 'the right angle is 90', 'acute angles : 90']));
  const other = 90 - angle;
  facts.push(arithmetic(rng, 90, '-', angle));
  if (kind === 'other-angle') return facts;
  if (rng.int(2) === 0) facts.push(`${rng.pick(['other', 'other angle', 'the other angle'])} : ${other}`);
  facts.push(arithmetic(rng, Math.max(angle, other), '-', Math.min(angle, other)));
  return facts;
}

/** `angle : 35` (the written one), `right angle : 90`, `other angle : 55`, `acute angles : 90` (their sum) */
interface AngleFact extends Fact {
  kind: 'angle';
  which: 'marked' | 'right' | 'other' | 'acute';
  value: number;
}

const ANGLE: FactKind<AngleFact> = {
  kind: 'angle',
  about: 'picture',
  readings: [
    (t, i) => {
      const word = t[i];
      let at = i + 1;
      let which: AngleFact['which'] = 'marked';
      if (word === 'right' || word === 'other' || word === 'acute') {
        which = word;
        if (t[at] !== 'angle' && which !== 'other') return undefined;
      } else if (word !== 'angle' && word !== 'marked' && word !== 'read') return undefined;
      if (t[at] === 'angle') at++;
      at = link(t, at);
      if (!isNumber(t[at])) return undefined;
      return { facts: [{ kind: 'angle', which, value: Number(t[at]) }], next: at + 1 };
    },
    // `i see 35`: a lone number that is said to be seen is what is written in the picture.
    (t, i) => {
      const lone = t[i + 1] === undefined || t[i + 1] === '.' || t[i + 1] === ',';
      if (t[i - 1] !== 'see' || !isNumber(t[i]) || !lone) return undefined;
      return { facts: [{ kind: 'angle', which: 'marked', value: Number(t[i]) }], next: i + 1 };
    },
  ],
  isTrue({ which, value }, { scene }) {
    if (!isAngle(scene)) return undefined;
    if (which === 'right' || which === 'acute') return value === 90;
    return value === (which === 'marked' ? scene.angle : 90 - scene.angle);
  },
  arrivesAt: (fact) => String(fact.value),
};

export const angle: Task<'angle', AngleQuestion, AngleScene> = {
  name: 'angle',
  taught: true,
  scene: ANGLE_SCENE,
  facts: [ANGLE],
  make,
  text: ({ kind }) =>
    kind === 'other-angle'
      ? 'How many degrees is the other acute angle?'
      : 'By how many degrees do the acute angles differ?',
  solve,
  openers: () => OPENERS,
  explain,
  hint: (_rng, _question, { angle }) => `The angle is ${angle < 50 ? 'below 50' : 'above 45'}. `,
};
