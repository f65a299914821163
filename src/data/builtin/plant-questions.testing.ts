/** Other questions about the same picture: what a response that reasons wrongly answers instead of what was asked. */
import type { Random } from '../../random.ts';
import type { Question, Scene, TaskName } from '../tasks/index.ts';
import { COLORS, SHAPES } from '../tasks/shared/names.ts';
import { SIDES } from '../tasks/shared/sides.ts';

interface Other {
  task: TaskName;
  question: Question;
}

type Kinds = Question['kind'];
type OfKind<K extends Kinds> = Extract<Question, { kind: K }>;
type Planters = { [K in Kinds]: (question: OfKind<K>, scene: Scene, rng: Random) => Other | undefined };

/** Another class of objects: the wrong quantity. */
const otherClass = (rng: Random) =>
  rng.pick([
    { color: rng.pick(COLORS) },
    { shape: rng.pick(SHAPES) },
    { color: rng.pick(COLORS), shape: rng.pick(SHAPES) },
  ]);

/** Another object of which there is one. */
function otherLandmark(scene: Scene, rng: Random) {
  const objects = scene.kind === 'shapes' ? scene.objects : [];
  const single = objects.filter(
    (o) => objects.filter(({ color, shape }) => color === o.color && shape === o.shape).length === 1,
  );
  if (single.length === 0) return undefined;
  const { color, shape } = rng.pick(single);
  return { color, shape };
}

export const OTHER_QUESTIONS: Planters = {
  count: (_, __, rng) => ({ task: 'count', question: { kind: 'count', of: [otherClass(rng)] } }),
  sum: ({ of: [a, b] }, _, rng) =>
    rng.pick<Other>([
      {
        task: 'difference',
        question: {
          kind: 'difference',
          of: rng.pick([[a, b] as const, [b, a] as const]).slice() as [typeof a, typeof b],
        },
      },
      { task: 'sum', question: { kind: 'sum', of: [a, otherClass(rng)] } },
      { task: 'count', question: { kind: 'count', of: [a] } },
    ]),
  difference: ({ of: [a, b] }, _, rng) =>
    rng.pick<Other>([
      { task: 'sum', question: { kind: 'sum', of: [a, b] } },
      { task: 'difference', question: { kind: 'difference', of: [a, otherClass(rng)] } },
      { task: 'count', question: { kind: 'count', of: [b] } },
    ]),
  'most-color': ({ among }, _, rng) => ({
    task: 'compare',
    question: rng.pick([
      { kind: 'most-color', among: rng.pick(SHAPES) },
      among ? { kind: 'most-color' } : { kind: 'most-shape' },
    ]),
  }),
  'most-shape': () => ({ task: 'compare', question: { kind: 'most-color' } }),
  side: (q, scene, rng) => otherRelation(q, scene, rng),
  neighbor: (q, scene, rng) => otherRelation(q, scene, rng),
  position: (q, scene, rng) => {
    const landmark = otherLandmark(scene, rng);
    return {
      task: 'relation',
      question:
        landmark && rng.int(2) === 0
          ? { ...q, landmark }
          : { ...q, axis: q.axis === 'row' ? 'column' : 'row' },
    };
  },
  height: (_, __, rng) => ({ task: 'chart', question: { kind: 'height', of: [rng.pick(COLORS)] } }),
  'height-sum': ({ of: [a, b] }, _, rng) => otherBars(a, b, rng),
  'height-difference': ({ of: [a, b] }, _, rng) => otherBars(a, b, rng),
  'extreme-bar': ({ extreme }) => ({
    task: 'chart',
    question: { kind: 'extreme-bar', extreme: extreme === 'highest' ? 'lowest' : 'highest' },
  }),
  'other-angle': () => ({ task: 'angle', question: { kind: 'angle-difference' } }),
  'angle-difference': () => ({ task: 'angle', question: { kind: 'other-angle' } }),
  walk: (q, scene, rng) => {
    const landmark = otherLandmark(scene, rng);
    if (landmark && rng.int(4) === 0) return { task: 'walk', question: { ...q, landmark } };
    const at = rng.int(q.moves.length);
    if (q.moves.length > 1 && rng.int(3) === 0)
      return { task: 'walk', question: { ...q, moves: q.moves.slice(0, -1) } };
    const moves = q.moves.map((side, i) => (i === at ? rng.pick(SIDES) : side));
    return { task: 'walk', question: { ...q, moves } };
  },
  total: (_, __, rng) => {
    const [a, b] = rng.shuffle(COLORS);
    return { task: 'chart', question: { kind: 'height-sum', of: [a, b] } };
  },
  busiest: ({ axis }) => ({
    task: 'busiest',
    question: { kind: 'busiest', axis: axis === 'row' ? 'column' : 'row' },
  }),
};

function otherRelation(q: OfKind<'side'> | OfKind<'neighbor'>, scene: Scene, rng: Random): Other {
  const landmark = otherLandmark(scene, rng);
  return {
    task: 'relation',
    question: landmark && rng.int(2) === 0 ? { ...q, landmark } : { ...q, side: rng.pick(SIDES) },
  };
}

type Color = (typeof COLORS)[number];

function otherBars(a: Color, b: Color, rng: Random): Other {
  const [other] = rng.shuffle(COLORS.filter((color) => color !== a));
  return {
    task: 'chart',
    question: rng.pick<OfKind<'height-sum'> | OfKind<'height-difference'> | OfKind<'height'>>([
      { kind: 'height-sum', of: [a, other] },
      { kind: 'height-difference', of: [a, b] },
      { kind: 'height-difference', of: [b, a] },
      { kind: 'height-sum', of: [a, b] },
      { kind: 'height', of: [b] },
    ]),
  };
}
