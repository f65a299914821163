/** Pieces of right solutions in words that tasks share: drawn at random, and read by the facts of these tasks. */
import type { Random } from '../../../random.ts';
import { type Entity, entityWords } from './names.ts';
import { countOf, countsAlong, type ShapesScene } from './shapes.ts';

/** For solutions that are long anyway. */
export const SHORT_OPENERS: readonly string[] = [
  '',
  '',
  'look .',
  'first look .',
  'let me look .',
  'let me see .',
  'ok .',
];
export const OPENERS: readonly string[] = [...SHORT_OPENERS, 'i look at the picture .'];
export const COUNT_OPENERS: readonly string[] = [
  ...OPENERS,
  'let me count .',
  'first i count .',
  'count .',
  'i count .',
];

export const joined = (rng: Random, facts: readonly string[]) => facts.join(rng.pick([' . ', ' , ']));

export function arithmetic(rng: Random, a: number, op: '+' | '-', b: number): string {
  const sign = rng.pick([op, op === '+' ? 'plus' : 'minus']);
  const opener = rng.pick(['', 'so', 'then', op === '+' ? 'total' : 'difference']);
  return `${opener} ${a} ${sign} ${b} ${rng.pick(['=', 'is'])} ${op === '+' ? a + b : a - b}`.trim();
}

/** A sum may be written either way round. */
export function sumOrDifference(rng: Random, a: number, b: number, isSum: boolean): string {
  if (!isSum) return arithmetic(rng, a, '-', b);
  return rng.int(2) === 0 ? arithmetic(rng, a, '+', b) : arithmetic(rng, b, '+', a);
}

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
export function countFact(rng: Random, scene: ShapesScene, e: Entity): string {
  const n = countOf(scene, e);
  const way = rng.int(4);
  if (way < 2) return rng.pick(AT_ONCE)(e, n, rng);
  const axis = way === 2 ? 'row' : 'column';
  const lines = countsAlong(scene, axis, e);
  return `${label(rng, e)} by ${axis}s ${lines.join(' ')} ${rng.pick([':', '=', 'so', 'is'])} ${n}`;
}
