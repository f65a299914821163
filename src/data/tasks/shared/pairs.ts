/** Two classes of shapes that are counted, and what their counts make together. */
import type { Random } from '../../../random.ts';
import { compute, perceive, type Step } from '../task.ts';
import { COLORS, type Entity, entityWords, SHAPES } from './names.ts';
import { ALL_LOOKS } from './scatter.ts';
import { countOf, type ShapesScene } from './shapes.ts';
import { countFact, joined, sumOrDifference } from './wording.ts';

export type Pair = [Entity, Entity];

/** Two classes without a common object. */
export function drawPair(rng: Random): Pair {
  const by = rng.int(3);
  const [c, s] = [rng.shuffle(COLORS), rng.shuffle(SHAPES)];
  if (by === 0) return [{ color: c[0] }, { color: c[1] }];
  if (by === 1) return [{ shape: s[0] }, { shape: s[1] }];
  const [a, b] = rng.shuffle(ALL_LOOKS);
  return [
    { color: a.color, shape: a.shape },
    { color: b.color, shape: b.shape },
  ];
}

/** Two classes that differ in one thing share the word for the other: `red and blue objects`. */
export function pairWords([a, b]: Pair, between: string): string {
  if (!a.shape && !b.shape) return `${a.color} ${between} ${b.color} objects`;
  return `${entityWords(a)} ${between} ${entityWords(b)}`;
}

export function solvePair(of: Pair, scene: ShapesScene, op: '+' | '-'): Step[] {
  const [a, b] = of.map((e) => countOf(scene, e));
  const counts = of.map((e) => perceive(`${entityWords(e)} : ${countOf(scene, e)}`, countOf(scene, e)));
  return [...counts, compute(a, op, b)];
}

export function explainPair(rng: Random, of: Pair, scene: ShapesScene, op: '+' | '-'): string[] {
  const [a, b] = of.map((e) => countOf(scene, e));
  const facts = rng.shuffle(of).map((e) => countFact(rng, scene, e));
  return [joined(rng, facts), sumOrDifference(rng, a, b, op === '+')];
}

/** Tells one of the two counts. */
export function hintPair(rng: Random, of: Pair, scene: ShapesScene): string {
  const e = rng.pick(of);
  const n = countOf(scene, e);
  return `There are ${n} ${entityWords(e)}. `;
}
