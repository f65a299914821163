/** How many objects of two classes there are together. */
import { between } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import { drawPair, explainPair, hintPair, type Pair, pairWords, solvePair } from './shared/pairs.ts';
import { looksOf, scatter } from './shared/scatter.ts';
import type { ShapesScene } from './shared/shapes.ts';
import { SHAPES_FACTS } from './shared/shapes-facts.ts';
import { SHAPES_SCENE } from './shared/shapes-scene.ts';
import { COUNT_OPENERS } from './shared/wording.ts';
import type { Task } from './task.ts';

export interface SumQuestion {
  kind: 'sum';
  of: Pair;
}

/** Lowest and highest answer, and the highest count of one class. */
const RANGE: Record<Difficulty, readonly [low: number, high: number, one: number]> = {
  easy: [1, 5, 4],
  medium: [1, 8, 6],
  hard: [4, 12, 8],
};

export const sum: Task<'sum', SumQuestion, ShapesScene> = {
  name: 'sum',
  taught: true,
  scene: SHAPES_SCENE,
  facts: SHAPES_FACTS,
  make(rng, size, difficulty) {
    const of = drawPair(rng);
    const [low, high, one] = RANGE[difficulty];
    const total = between(rng, low, high);
    const a = between(rng, Math.max(0, total - one), Math.min(one, total));
    const looks = [...looksOf(rng, of[0], a), ...looksOf(rng, of[1], total - a)];
    const scene = scatter(rng, size, looks, of, difficulty);
    return scene && { question: { kind: 'sum', of }, scene };
  },
  text: ({ of }) => `How many ${pairWords(of, 'and')} are there in total?`,
  solve: ({ of }, scene) => solvePair(of, scene, '+'),
  openers: () => COUNT_OPENERS,
  explain: (rng, { of }, scene) => explainPair(rng, of, scene, '+'),
  hint: (rng, { of }, scene) => hintPair(rng, of, scene),
};
