/**
 * Right solutions in words, for supervised training: first what is seen, then what follows from it. The wording, the
 * order of mention, and whether objects are counted at once or line by line are drawn at random, because a policy
 * needs entropy to explore (0.3 nats a token and more); every variant is parsed by facts.ts.
 */
import type { Random } from '../../random.ts';
import type { RowMeta } from '../row.ts';
import {
  contenders,
  countOf,
  type Entity,
  entityWords,
  findLandmark,
  heightOf,
  isEntity,
  neighborOf,
  type Question,
  sideCounts,
} from './questions.ts';
import { type AngleScene, type Color, GRID, type Scene, type ShapesScene } from './scene.ts';

const OPENERS = [
  '',
  '',
  'look .',
  'first look .',
  'let me look .',
  'let me see .',
  'ok .',
  'i look at the picture .',
];
const COUNT_OPENERS = [...OPENERS, 'let me count .', 'first i count .', 'count .', 'i count .'];

/** `red circles`, or only `red` where the shape does not matter. */
function label(rng: Random, e: Entity): string {
  return e.color && !e.shape ? rng.pick([e.color, entityWords(e)]) : entityWords(e);
}

type Style = (e: Entity, n: number, rng: Random) => string;

const AT_ONCE: readonly Style[] = [
  (e, n, rng) => `${label(rng, e)} : ${n}`,
  (e, n, rng) => `${label(rng, e)} = ${n}`,
  (e, n) => `${n} ${entityWords(e, n)}`,
  (e, n) => `i see ${n} ${entityWords(e, n)}`,
  (e, n) => `there ${n === 1 ? 'is' : 'are'} ${n} ${entityWords(e, n)}`,
  (e, n) => `i count ${n} ${entityWords(e, n)}`,
];

/** A count stated at once, or after the counts of its four rows or columns: `red by rows 1 0 2 0 : 3`. */
function countFact(rng: Random, scene: ShapesScene, e: Entity): string {
  const n = countOf(scene, e);
  const way = rng.int(4);
  if (way < 2) return rng.pick(AT_ONCE)(e, n, rng);
  const axis = way === 2 ? 'row' : 'column';
  const lines = Array.from(
    { length: GRID },
    (_, at) => scene.objects.filter((o) => isEntity(o, e) && o[axis] === at).length,
  );
  return `${label(rng, e)} by ${axis}s ${lines.join(' ')} ${rng.pick([':', '=', 'so', 'is'])} ${n}`;
}

function arithmetic(rng: Random, a: number, op: '+' | '-', b: number): string {
  const sign = rng.pick([op, op === '+' ? 'plus' : 'minus']);
  const opener = rng.pick(['', 'so', 'then', op === '+' ? 'total' : 'difference']);
  return `${opener} ${a} ${sign} ${b} ${rng.pick(['=', 'is'])} ${op === '+' ? a + b : a - b}`.trim();
}

const conclusion = (rng: Random, answer: string) =>
  rng.pick([
    '',
    `so ${answer}`,
    `answer : ${answer}`,
    `the answer is ${answer}`,
    `it is ${answer}`,
    `that is ${answer}`,
  ]);

const joined = (rng: Random, facts: string[]) => facts.join(rng.pick([' . ', ' , ']));

function comparison(rng: Random, q: Question, scene: Scene, answer: string): string[] {
  const word = q.kind === 'extreme-bar' ? q.extreme : 'most';
  const short = rng.int(2) === 0;
  const style = rng.pick<(name: string, n: number) => string>([
    (name, n) => `${name} : ${n}`,
    (name, n) => `${name} = ${n}`,
    (name, n) => `${n} ${name}`,
  ]);
  const name = (e: Entity, n: number) => {
    if (scene.kind === 'chart') return short ? e.color! : `${e.color} bar`;
    return e.color && short ? e.color : entityWords(e, n);
  };
  // With `among`, a colour alone would claim more than was counted.
  const among = q.kind === 'most-color' && q.among !== undefined;
  const items = rng
    .shuffle(contenders(q, scene))
    .map((c) =>
      style(among || !c.entity.color ? entityWords(c.entity, c.value) : name(c.entity, c.value), c.value),
    );
  return [
    joined(rng, items),
    rng.pick([
      `${word} : ${answer}`,
      `${word} is ${answer}`,
      `${answer} is ${word}`,
      `so ${word} is ${answer}`,
    ]),
  ];
}

function relation(rng: Random, q: Question & { kind: 'side' | 'neighbor' }, scene: ShapesScene): string[] {
  const { color, shape } = q.landmark;
  const at = findLandmark(scene, q.landmark)!;
  const the = rng.pick([`${color} ${shape}`, `the ${color} ${shape}`]);
  const [row, column] = [`row ${at.row + 1}`, `column ${at.column + 1}`];
  const link = rng.pick([':', 'is in', 'at', 'in']);
  const ofIt = rng.pick(['', ' of it']);
  const place = q.side === 'left' || q.side === 'right' ? `${q.side}${ofIt}` : `${q.side}${ofIt && ' it'}`;
  if (q.kind === 'neighbor') {
    const next = neighborOf(scene, q.side, q.landmark)!;
    const where = rng.pick([`${row} ${column}`, `${column} ${row}`]);
    return [
      rng.pick([`${the} ${link} ${where}`, `i see ${the} ${link} ${where}`]),
      `${place} ${rng.pick([':', 'is', '='])} ${rng.pick(['', 'a '])}${next.color} ${next.shape}`,
    ];
  }
  const { axis, lines, total } = sideCounts(scene, q.side, q.landmark);
  const facts = [`${the} ${link} ${axis === 'row' ? row : column}`];
  if (lines.size > 0 && rng.int(2) === 0) {
    const one = rng.pick([':', 'has', '=']);
    const each = [...lines].map(([line, n]) => `${axis} ${line + 1} ${one} ${n}`);
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

function bars(rng: Random, q: Question & { of: Color[] }, scene: Scene): string[] {
  const facts = rng.shuffle(q.of).map((c) => {
    const h = heightOf(scene, c)!;
    const bar = rng.pick([c, `${c} bar`, `the ${c} bar`]);
    return rng.pick([`${bar} : ${h}`, `${bar} = ${h}`, `${bar} is ${h}`, `${bar} is ${h} high`]);
  });
  const [a, b] = q.of.map((c) => heightOf(scene, c)!);
  if (q.kind === 'height') return facts;
  return [joined(rng, facts), sumOrDifference(rng, a, b, q.kind === 'height-sum')];
}

/** A sum may be written either way round. */
function sumOrDifference(rng: Random, a: number, b: number, isSum: boolean): string {
  if (!isSum) return arithmetic(rng, a, '-', b);
  return rng.int(2) === 0 ? arithmetic(rng, a, '+', b) : arithmetic(rng, b, '+', a);
}

function angles(rng: Random, q: Question, { angle }: AngleScene): string[] {
  const facts = [
    rng.pick(['angle : ', 'angle = ', 'the angle is ', 'i read ', 'i see ', 'marked : ', 'it is marked ']) +
      angle,
  ];
  if (rng.int(3) === 0)
    facts.push(rng.pick(['right angle : 90', 'the right angle is 90', 'acute angles : 90']));
  const other = 90 - angle;
  facts.push(arithmetic(rng, 90, '-', angle));
  if (q.kind === 'other-angle') return facts;
  if (rng.int(2) === 0) facts.push(`${rng.pick(['other', 'other angle', 'the other angle'])} : ${other}`);
  facts.push(arithmetic(rng, Math.max(angle, other), '-', Math.min(angle, other)));
  return facts;
}

function body(rng: Random, { question: q, scene, steps }: RowMeta): string[] {
  const answer = steps[steps.length - 1].value;
  if (scene.kind === 'angle') return angles(rng, q, scene);
  switch (q.kind) {
    case 'most-color':
    case 'most-shape':
    case 'extreme-bar':
      return comparison(rng, q, scene, answer);
    case 'height':
    case 'height-sum':
    case 'height-difference':
      return bars(rng, q, scene);
    case 'side':
    case 'neighbor':
      return relation(rng, q, scene as ShapesScene);
    case 'count':
      return [countFact(rng, scene as ShapesScene, q.of[0])];
    case 'sum':
    case 'difference': {
      const [a, b] = q.of.map((e) => countOf(scene as ShapesScene, e));
      const facts = rng.shuffle(q.of).map((e) => countFact(rng, scene as ShapesScene, e));
      return [joined(rng, facts), sumOrDifference(rng, a, b, q.kind === 'sum')];
    }
    default:
      return [];
  }
}

/** A right solution in words: `<think> red : 3 . blue : 2 . 3 + 2 = 5 </think> \boxed{5}`; all tokens spaced. */
export function solution(row: { meta?: RowMeta }, rng: Random): string {
  const meta = row.meta!;
  const counts = meta.scene.kind === 'shapes' && meta.question.kind !== 'neighbor';
  const answer = meta.steps[meta.steps.length - 1].value;
  const parts = [
    rng.pick(counts ? COUNT_OPENERS : OPENERS).replace(/ \.$/, ''),
    ...body(rng, meta),
    conclusion(rng, answer),
  ].filter((part) => part !== '');
  return `<think> ${parts.join(' . ')} </think> \\boxed{${answer}}`;
}
