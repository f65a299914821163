/** What a response may state about a picture of shapes: how many there are, in all or in a row, and where one is. */
import type { AnyFactKind, Fact, FactKind } from '../task.ts';
import { AMOUNT, type AmountFact } from './amount.ts';
import { GRID } from './canvas.ts';
import type { Entity } from './names.ts';
import { type Axis, countsAlong, isEntity, isShapes } from './shapes.ts';
import { entityAt, isAxis, isNumber, link } from './tokens.ts';

/** `red by rows 1 0 2 0`, with or without what that makes: `: 3` */
interface LinesFact extends Fact {
  kind: 'lines';
  entity: Entity;
  axis: Axis;
  values: number[];
}

const LINES: FactKind<LinesFact, AmountFact> = {
  kind: 'lines',
  about: 'picture',
  readings: [
    (t, i) => {
      const e = entityAt(t, i);
      if (!e || t[e.next] !== 'by') return undefined;
      const { entity, bar } = e;
      const axis = t[e.next + 1];
      const end = e.next + 2 + GRID;
      const values = t.slice(e.next + 2, end).map(Number);
      if (!isAxis(axis) || values.length < GRID || values.some(Number.isNaN)) return undefined;
      const lines: LinesFact = { kind: 'lines', entity, axis, values };
      const at = link(t, end);
      if (!isNumber(t[at])) return { facts: [lines], next: at };
      return { facts: [lines, { kind: 'amount', entity, bar, value: Number(t[at]) }], next: at + 1 };
    },
  ],
  isTrue({ axis, entity, values }, { scene }) {
    if (!isShapes(scene)) return undefined;
    const counts = countsAlong(scene, axis, entity);
    return values.every((n, at) => n === counts[at]);
  },
  arrivesAt: () => undefined,
};

/** `row 1 : 2`: objects of any kind in a row or column; `at` counts from 1. */
export interface LineFact extends Fact {
  kind: 'line';
  axis: Axis;
  at: number;
  value: number;
}

const LINE: FactKind<LineFact> = {
  kind: 'line',
  about: 'picture',
  readings: [
    (t, i) => {
      const [axis, line] = [t[i], t[i + 1]];
      const at = link(t, i + 2);
      if (!isAxis(axis) || !isNumber(line) || !isNumber(t[at]) || at === i + 2) return undefined;
      return { facts: [{ kind: 'line', axis, at: Number(line), value: Number(t[at]) }], next: at + 1 };
    },
  ],
  isTrue: ({ axis, at, value }, { scene }) =>
    isShapes(scene) ? scene.objects.filter((o) => o[axis] === at - 1).length === value : undefined,
  arrivesAt: (fact) => String(fact.value),
};

/** `blue triangle : row 2 column 3`, either or both; counts from 1. */
export interface PlaceFact extends Fact {
  kind: 'place';
  entity: Entity;
  row?: number;
  column?: number;
}

const PLACE: FactKind<PlaceFact> = {
  kind: 'place',
  about: 'picture',
  readings: [
    (t, i) => {
      const e = entityAt(t, i);
      if (!e) return undefined;
      const fact: PlaceFact = { kind: 'place', entity: e.entity };
      const start = link(t, e.next);
      let at = start;
      for (let axis = t[at]; isAxis(axis) && isNumber(t[at + 1]); axis = t[at]) {
        fact[axis] = Number(t[at + 1]);
        at += 2;
        if (t[at] === ',' && isAxis(t[at + 1])) at++;
      }
      return at === start ? undefined : { facts: [fact], next: at };
    },
  ],
  isTrue: (fact, { scene }) =>
    isShapes(scene)
      ? scene.objects.some(
          (o) =>
            isEntity(o, fact.entity) &&
            (fact.row === undefined || o.row === fact.row - 1) &&
            (fact.column === undefined || o.column === fact.column - 1),
        )
      : undefined,
  arrivesAt({ row, column }) {
    if (row !== undefined && column !== undefined) return undefined;
    return String(row ?? column);
  },
};

export const SHAPES_FACTS: readonly AnyFactKind[] = [AMOUNT, LINES, LINE, PLACE];
