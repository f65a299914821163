/** Why an answer is wrong, found by program: what a response states, held against what the scene holds. */
import type { RowMeta } from '../row.ts';
import { type Fact, parseFacts } from './facts.ts';
import {
  countOf,
  findLandmark,
  heightOf,
  isEntity,
  type Landmark,
  neighborOf,
  sideCounts,
} from './questions.ts';

/** Whether a fact is true of the row's scene (arithmetic: true at all); undefined where the row does not settle it. */
export function isTrue(fact: Fact, { scene, question, steps }: RowMeta): boolean | undefined {
  switch (fact.kind) {
    case 'arithmetic':
      return fact.value === (fact.op === '+' ? fact.left + fact.right : fact.left - fact.right);
    case 'amount': {
      const { color, shape } = fact.entity;
      if (scene.kind === 'chart') {
        return color === undefined || shape !== undefined ? undefined : heightOf(scene, color) === fact.value;
      }
      return scene.kind !== 'shapes' || fact.bar ? undefined : countOf(scene, fact.entity) === fact.value;
    }
    case 'lines':
      if (scene.kind !== 'shapes') return undefined;
      return fact.values.every(
        (n, at) => n === scene.objects.filter((o) => o[fact.axis] === at && isEntity(o, fact.entity)).length,
      );
    case 'line':
      if (scene.kind !== 'shapes') return undefined;
      return scene.objects.filter((o) => o[fact.axis] === fact.at - 1).length === fact.value;
    case 'place':
      if (scene.kind !== 'shapes') return undefined;
      return scene.objects.some(
        (o) =>
          isEntity(o, fact.entity) &&
          (fact.row === undefined || o.row === fact.row - 1) &&
          (fact.column === undefined || o.column === fact.column - 1),
      );
    case 'side':
    case 'neighbor': {
      const landmark: Landmark | undefined = 'landmark' in question ? question.landmark : undefined;
      if (scene.kind !== 'shapes' || !landmark || !findLandmark(scene, landmark)) return undefined;
      if (fact.kind === 'side') return sideCounts(scene, fact.side, landmark).total === fact.value;
      const next = neighborOf(scene, fact.side, landmark);
      return next !== undefined && isEntity(next, fact.entity);
    }
    case 'angle': {
      if (scene.kind !== 'angle') return undefined;
      if (fact.which === 'right' || fact.which === 'acute') return fact.value === 90;
      return fact.value === (fact.which === 'marked' ? scene.angle : 90 - scene.angle);
    }
    case 'extreme':
      return question.kind === 'extreme-bar' ||
        question.kind === 'most-color' ||
        question.kind === 'most-shape'
        ? fact.value === steps[steps.length - 1].value
        : undefined;
    case 'conclusion':
      return undefined;
  }
}

/**
 * - `right`: the boxed answer is the answer.
 * - `perception`: the first false statement is about what the picture holds.
 * - `calculation`: the first false statement is arithmetic.
 * - `reasoning`: no statement about the picture and no arithmetic is false, yet what follows from them is wrong: the
 *   wrong quantities, the wrong operation, the wrong conclusion.
 * - `inconsistency`: the reasoning ends at one value and the box holds another.
 * - `unreadable`: no box, or nothing stated that can be checked.
 */
export type Cause = 'right' | 'perception' | 'calculation' | 'reasoning' | 'inconsistency' | 'unreadable';

export interface Trace {
  cause: Cause;
  /** Every fact that was stated, and whether it is true. */
  facts: { fact: Fact; isTrue: boolean | undefined }[];
  boxed?: string;
}

const PERCEIVED = new Set<Fact['kind']>(['amount', 'lines', 'line', 'place', 'side', 'neighbor', 'angle']);

/** The value at which a fact arrives, as it would be boxed. */
function arrivesAt(fact: Fact): string | undefined {
  switch (fact.kind) {
    case 'lines':
    case 'place':
      return undefined;
    case 'neighbor':
      return fact.entity.color;
    default:
      return String(fact.value);
  }
}

/** Traces a response to a built-in row to the cause of its error. */
export function trace(response: string, meta: RowMeta): Trace {
  const { facts: stated, boxed } = parseFacts(response);
  const facts = stated.map((fact) => ({ fact, isTrue: isTrue(fact, meta) }));
  const answer = meta.steps[meta.steps.length - 1].value;
  const cause = (): Cause => {
    if (boxed === undefined) return 'unreadable';
    if (boxed === answer) return 'right';
    if (facts.length === 0) return 'unreadable';
    const last = [...stated]
      .reverse()
      .map(arrivesAt)
      .find((v) => v !== undefined);
    const wrong = facts.find(
      (f) => f.isTrue === false && (PERCEIVED.has(f.fact.kind) || f.fact.kind === 'arithmetic'),
    );
    // Reasoning that arrives at the answer is not spoilt by a false statement: then only the box is at fault.
    if (last !== undefined && last !== boxed)
      return wrong && last !== answer ? causeOf(wrong.fact) : 'inconsistency';
    return wrong ? causeOf(wrong.fact) : 'reasoning';
  };
  return { cause: cause(), facts, boxed };
}

const causeOf = (fact: Fact): Cause => (fact.kind === 'arithmetic' ? 'calculation' : 'perception');
