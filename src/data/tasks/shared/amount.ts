/** How many there are of something, or how high it is. */
import type { Fact, FactKind } from '../task.ts';
import type { Entity } from './names.ts';
import { entityAt, isNumber, link } from './tokens.ts';

/** `3 red circles`, `red : 3`; where it is said of a `bar`, its height. */
export interface AmountFact extends Fact {
  kind: 'amount';
  entity: Entity;
  value: number;
  bar: boolean;
}

/** Whether it is what the counts of rows or columns, stated just before, make together. */
function isSumOfLines({ entity }: AmountFact, before: readonly Fact[]): boolean {
  const last = before.at(-1) as (Fact & { entity?: Entity }) | undefined;
  return last?.kind === 'lines' && last.entity?.color === entity.color && last.entity?.shape === entity.shape;
}

export const AMOUNT: FactKind<AmountFact> = {
  kind: 'amount',
  about: 'picture',
  aboutOf: (fact, { before }) => (isSumOfLines(fact, before) ? 'arithmetic' : 'picture'),
  readings: [
    (t, i) => {
      const e = entityAt(t, i);
      if (!e) return undefined;
      const at = link(t, e.next);
      if (at === e.next || !isNumber(t[at])) return undefined;
      return {
        facts: [{ kind: 'amount', entity: e.entity, bar: e.bar, value: Number(t[at]) }],
        next: at + 1,
      };
    },
    (t, i) => {
      if (!isNumber(t[i])) return undefined;
      const e = entityAt(t, i + 1);
      if (!e) return undefined;
      return {
        facts: [{ kind: 'amount', entity: e.entity, bar: e.bar, value: Number(t[i]) }],
        next: e.next,
      };
    },
  ],
  isTrue({ entity, bar, value }, { sceneKind, scene }) {
    const there = sceneKind.amount?.(scene, entity, bar);
    return there === undefined ? undefined : there === value;
  },
  arrivesAt: (fact) => String(fact.value),
};
