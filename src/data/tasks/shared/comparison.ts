/** Which of several counts (or heights) is the most, the highest or the lowest. */
import type { Random } from '../../../random.ts';
import { type Fact, type FactKind, infer, perceive, type Step } from '../task.ts';
import { isColor, isShape, link } from './tokens.ts';
import { joined } from './wording.ts';

const WORDS = ['most', 'highest', 'lowest'] as const;
export type Extreme = (typeof WORDS)[number];

/** One of those that are compared. */
export interface Contender {
  /** What the answer calls it. */
  name: string;
  value: number;
  /** What its value is stated of, for a number of them: `red circles`. */
  words(number: number): string;
  /** The same in one word, where that does not claim more. */
  short?: string;
}

/** Undefined where there is a tie. */
export function solveComparison(extreme: Extreme, all: readonly Contender[]): Step[] | undefined {
  const values = all.map((c) => c.value);
  const best = extreme === 'lowest' ? Math.min(...values) : Math.max(...values);
  const [winner, ...others] = all.filter((c) => c.value === best);
  if (winner === undefined || others.length > 0) return undefined;
  return [
    ...all.map((c) => perceive(`${c.words(2)} : ${c.value}`, c.value)),
    infer(`${extreme} : ${winner.name}`, winner.name),
  ];
}

export function explainComparison(
  rng: Random,
  extreme: Extreme,
  all: readonly Contender[],
  answer: string,
): string[] {
  const isShort = rng.int(2) === 0;
  const style = rng.pick<(name: string, n: number) => string>([
    (name, n) => `${name} : ${n}`,
    (name, n) => `${name} = ${n}`,
    (name, n) => `${n} ${name}`,
  ]);
  const items = rng
    .shuffle(all)
    .map((c) => style((isShort ? c.short : undefined) ?? c.words(c.value), c.value));
  return [
    joined(rng, items),
    rng.pick([
      `${extreme} : ${answer}`,
      `${extreme} is ${answer}`,
      `${answer} is ${extreme}`,
      `so ${extreme} is ${answer}`,
    ]),
  ];
}

/** `most : red`, `red is the highest` */
interface ExtremeFact extends Fact {
  kind: 'extreme';
  extreme: Extreme;
  value: string;
}

const isWinner = (t: string | undefined): t is string => isColor(t) || isShape(t);

export const EXTREME: FactKind<ExtremeFact> = {
  kind: 'extreme',
  about: 'conclusion',
  readings: [
    (t, i) => {
      const extreme = WORDS.find((w) => w === t[i]);
      const at = link(t, i + 1);
      if (!extreme || !isWinner(t[at])) return undefined;
      return { facts: [{ kind: 'extreme', extreme, value: t[at] }], next: at + 1 };
    },
    (t, i) => {
      const value = t[i];
      if (!isWinner(value)) return undefined;
      let at = t[i + 1] === 'bar' ? i + 2 : i + 1;
      if (t[at] !== 'is' && t[at] !== 'are') return undefined;
      at += t[at + 1] === 'the' ? 2 : 1;
      const extreme = WORDS.find((w) => w === t[at]);
      return extreme && { facts: [{ kind: 'extreme', extreme, value }], next: at + 1 };
    },
  ],
  /** Settled by solutions that end in such a fact themselves. */
  isTrue(fact, { steps }) {
    const last = steps[steps.length - 1];
    return WORDS.some((w) => last.text === `${w} : ${last.value}`) ? fact.value === last.value : undefined;
  },
  arrivesAt: (fact) => fact.value,
};
