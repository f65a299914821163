/** Which colour or shape there is most of, among all objects or those of one shape. */
import { between } from './shared/canvas.ts';
import { type Contender, EXTREME, explainComparison, solveComparison } from './shared/comparison.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS, type Entity, entityWords, SHAPES, type Shape } from './shared/names.ts';
import { looksOf, scatter } from './shared/scatter.ts';
import { countOf, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { ROWS, rowsTold, SHAPES_SCENE } from './shared/shapes-scene.ts';
import { COUNT_OPENERS } from './shared/wording.ts';
import type { Task } from './task.ts';

export type CompareQuestion = { kind: 'most-color'; among?: Shape } | { kind: 'most-shape' };

/** The classes that are compared, with what the answer calls each. */
function classes(q: CompareQuestion): { name: string; entity: Entity; short?: string }[] {
  if (q.kind === 'most-shape') return SHAPES.map((shape) => ({ name: shape, entity: { shape } }));
  const { among } = q;
  // With `among`, a colour alone would claim more than was counted.
  return COLORS.map((color) =>
    among
      ? { name: color, entity: { color, shape: among } }
      : { name: color, entity: { color }, short: color },
  );
}

const contenders = (q: CompareQuestion, scene: ShapesScene): Contender[] =>
  classes(q).map(({ name, entity, short }) => ({
    name,
    value: countOf(scene, entity),
    words: (number) => entityWords(entity, number),
    short,
  }));

/** How many there are of what there is most of: lowest and highest. */
const WINNER: Record<Difficulty, readonly [number, number]> = { easy: [2, 3], medium: [2, 4], hard: [3, 5] };

export const compare: Task<'compare', CompareQuestion, ShapesScene> = {
  name: 'compare',
  taught: true,
  scene: SHAPES_SCENE,
  facts: [...SHAPES_FACTS, EXTREME],
  make(rng, size, difficulty) {
    // Shapes are asked for least often: there are only three to guess from.
    const by = rng.int(5);
    const among = by >= 3 ? rng.pick(SHAPES) : undefined;
    const question: CompareQuestion = by === 0 ? { kind: 'most-shape' } : { kind: 'most-color', among };
    const entities = classes(question).map(({ entity }) => entity);
    const winner = rng.int(entities.length);
    const most = between(rng, ...WINNER[difficulty]);
    const looks = entities.flatMap((e, i) => looksOf(rng, e, i === winner ? most : rng.int(most)));
    const scene = scatter(rng, size, looks, entities, difficulty);
    return scene && { question, scene };
  },
  text(q) {
    if (q.kind === 'most-shape') return 'Which shape is most common?';
    return q.among ? `Which color is most common among the ${q.among}s?` : 'Which color is most common?';
  },
  solve: (q, scene) => solveComparison('most', contenders(q, scene)),
  openers: () => COUNT_OPENERS,
  explain: (rng, q, scene, answer) => explainComparison(rng, 'most', contenders(q, scene), answer),
  hint: (rng, _, scene) => rowsTold(rng, scene, ROWS),
};
