/** How many more objects of one class there are than of another. */
import { between } from './shared/canvas.ts';
import { drawPair, explainPair, HIGHEST, hintPair, type Pair, pairWords, solvePair } from './shared/pairs.ts';
import { looksOf, MOST, scatter } from './shared/scatter.ts';
import { SHAPES_SCENE, type ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { COUNT_OPENERS } from './shared/wording.ts';
import type { Task } from './task.ts';

export interface DifferenceQuestion {
  kind: 'difference';
  /** First minus second; never negative. */
  of: Pair;
}

export const difference: Task<'difference', DifferenceQuestion, ShapesScene> = {
  name: 'difference',
  taught: true,
  scene: SHAPES_SCENE,
  facts: SHAPES_FACTS,
  make(rng, size) {
    const of = drawPair(rng);
    const d = rng.int(6);
    const b = between(rng, d === 0 ? 1 : 0, Math.min(HIGHEST - d, Math.floor((MOST - d) / 2), 3));
    const scene = scatter(rng, size, [...looksOf(rng, of[0], b + d), ...looksOf(rng, of[1], b)], of);
    return scene && { question: { kind: 'difference', of }, scene };
  },
  text: ({ of }) => `How many more ${pairWords(of, 'than')} are there?`,
  solve: ({ of }, scene) => solvePair(of, scene, '-'),
  openers: () => COUNT_OPENERS,
  explain: (rng, { of }, scene) => explainPair(rng, of, scene, '-'),
  hint: (rng, { of }, scene) => hintPair(rng, of, scene),
};
