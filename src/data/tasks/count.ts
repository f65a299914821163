/** How many objects of a class there are. */
import type { Random } from '../../random.ts';
import { between } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { COLORS, type Entity, entityWords, SHAPES } from './shared/names.ts';
import { looksOf, scatter } from './shared/scatter.ts';
import { countOf, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { ROWS, rowsTold, SHAPES_SCENE } from './shared/shapes-scene.ts';
import { COUNT_OPENERS, countFact } from './shared/wording.ts';
import { perceive, type Task } from './task.ts';

export interface CountQuestion {
  kind: 'count';
  of: [Entity];
}

/** The highest answer. */
const HIGHEST: Record<Difficulty, number> = { easy: 3, medium: 5, hard: 8 };

function drawEntity(rng: Random): Entity {
  const by = rng.int(3);
  if (by === 0) return { color: rng.pick(COLORS) };
  return by === 1 ? { shape: rng.pick(SHAPES) } : { color: rng.pick(COLORS), shape: rng.pick(SHAPES) };
}

export const count: Task<'count', CountQuestion, ShapesScene> = {
  name: 'count',
  taught: true,
  scene: SHAPES_SCENE,
  facts: SHAPES_FACTS,
  make(rng, size, difficulty) {
    const e = drawEntity(rng);
    const n = between(rng, 0, HIGHEST[difficulty]);
    const scene = scatter(rng, size, looksOf(rng, e, n), [e], difficulty);
    return scene && { question: { kind: 'count', of: [e] }, scene };
  },
  text: ({ of: [e] }) => `How many ${entityWords(e)} are there?`,
  solve: ({ of: [e] }, scene) => [perceive(`${entityWords(e)} : ${countOf(scene, e)}`, countOf(scene, e))],
  openers: () => COUNT_OPENERS,
  explain: (rng, { of: [e] }, scene) => [countFact(rng, scene, e)],
  hint: (rng, _, scene) => rowsTold(rng, scene, ROWS),
};
