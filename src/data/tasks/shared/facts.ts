/** What a response to any task may state: arithmetic and conclusions. */
import type { Fact, FactKind } from '../task.ts';
import { isColor, isNumber, isShape, link } from './tokens.ts';

/** `3 + 2 = 5` */
interface ArithmeticFact extends Fact {
  kind: 'arithmetic';
  left: number;
  op: '+' | '-';
  right: number;
  value: number;
}

export const ARITHMETIC: FactKind<ArithmeticFact> = {
  kind: 'arithmetic',
  about: 'arithmetic',
  readings: [
    (t, i) => {
      const [a, sign, b, equals, c] = t.slice(i, i + 5);
      const op = sign === '+' || sign === 'plus' ? '+' : sign === '-' || sign === 'minus' ? '-' : undefined;
      if (!isNumber(a) || !op || !isNumber(b) || (equals !== '=' && equals !== 'is')) return undefined;
      const negative = c === '-' && isNumber(t[i + 5]);
      if (!isNumber(c) && !negative) return undefined;
      const value = negative ? -Number(t[i + 5]) : Number(c);
      return {
        facts: [{ kind: 'arithmetic', left: Number(a), op, right: Number(b), value }],
        next: i + (negative ? 6 : 5),
      };
    },
  ],
  isTrue: (fact) => fact.value === (fact.op === '+' ? fact.left + fact.right : fact.left - fact.right),
  arrivesAt: (fact) => String(fact.value),
};

/** `so 5`, `the answer is red` */
interface ConclusionFact extends Fact {
  kind: 'conclusion';
  value: string;
}

export const CONCLUSION: FactKind<ConclusionFact> = {
  kind: 'conclusion',
  about: 'conclusion',
  readings: [
    (t, i) => {
      const [word, second] = [t[i], t[i + 1]];
      let at = i + 1;
      if (word === 'answer' || ((word === 'it' || word === 'that') && second === 'is')) at = link(t, i + 1);
      else if (word !== 'so') return undefined;
      const value = t[at];
      if (!isColor(value) && !isShape(value) && !isNumber(value)) return undefined;
      return { facts: [{ kind: 'conclusion', value }], next: at + 1 };
    },
  ],
  isTrue: () => undefined,
  arrivesAt: (fact) => fact.value,
};
