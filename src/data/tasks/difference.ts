/** How many more objects of one class there are than of another. */
import { between } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { drawPair, explainPair, hintPair, type Pair, pairWords, solvePair } from './shared/pairs.ts';
import { looksOf, OBJECTS, scatter } from './shared/scatter.ts';
import type { ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { SHAPES_SCENE } from './shared/shapes-scene.ts';
import { COUNT_OPENERS } from './shared/wording.ts';
import type { Task } from './task.ts';

export interface DifferenceQuestion {
  kind: 'difference';
  /** First minus second; never negative. */
  of: Pair;
}

/** The highest answer, and the highest count of either class. */
const HIGHEST: Record<Difficulty, readonly [answer: number, first: number, second: number]> = {
  easy: [3, 4, 2],
  medium: [5, 6, 3],
  hard: [6, 8, 4],
};

export const difference: Task<'difference', DifferenceQuestion, ShapesScene> = {
  name: 'difference',
  taught: true,
  scene: SHAPES_SCENE,
  facts: SHAPES_FACTS,
  make(rng, size, difficulty) {
    const of = drawPair(rng);
    const [answer, first, second] = HIGHEST[difficulty];
    const [, most] = OBJECTS[difficulty];
    const d = between(rng, 0, answer);
    const b = between(rng, d === 0 ? 1 : 0, Math.min(first - d, Math.floor((most - d) / 2), second));
    const looks = [...looksOf(rng, of[0], b + d), ...looksOf(rng, of[1], b)];
    const scene = scatter(rng, size, looks, of, difficulty);
    return scene && { question: { kind: 'difference', of }, scene };
  },
  text: ({ of }) => `How many more ${pairWords(of, 'than')} are there?`,
  solve: ({ of }, scene) => solvePair(of, scene, '-'),
  openers: () => COUNT_OPENERS,
  explain: (rng, { of }, scene) => explainPair(rng, of, scene, '-'),
  hint: (rng, { of }, scene) => hintPair(rng, of, scene),
};
