/** How many objects of two classes there are together. */
import { between } from './shared/canvas.ts';
import { drawPair, explainPair, HIGHEST, hintPair, type Pair, pairWords, solvePair } from './shared/pairs.ts';
import { looksOf, scatter } from './shared/scatter.ts';
import { SHAPES_SCENE, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { COUNT_OPENERS } from './shared/wording.ts';
import type { Task } from './task.ts';

export interface SumQuestion {
  kind: 'sum';
  of: Pair;
}

export const sum: Task<'sum', SumQuestion, ShapesScene> = {
  name: 'sum',
  taught: true,
  scene: SHAPES_SCENE,
  facts: SHAPES_FACTS,
  make(rng, size) {
    const of = drawPair(rng);
    const total = between(rng, 1, 8);
    const a = between(rng, Math.max(0, total - HIGHEST), Math.min(HIGHEST, total));
    const scene = scatter(rng, size, [...looksOf(rng, of[0], a), ...looksOf(rng, of[1], total - a)], of);
    return scene && { question: { kind: 'sum', of }, scene };
  },
  text: ({ of }) => `How many ${pairWords(of, 'and')} are there in total?`,
  solve: ({ of }, scene) => solvePair(of, scene, '+'),
  openers: () => COUNT_OPENERS,
  explain: (rng, { of }, scene) => explainPair(rng, of, scene, '+'),
  hint: (rng, { of }, scene) => hintPair(rng, of, scene),
};
