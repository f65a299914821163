/** Why an answer is wrong, found by program: what a response states, held against what the scene holds. */
import type { RowMeta } from '../row.ts';
import { FACTS, sceneKindOf } from '../tasks/index.ts';
import type { Span } from '../tasks/shared/tokens.ts';
import type { AnyFactKind, Fact } from '../tasks/task.ts';
import { parseFacts } from './response.ts';

/**
 * - `right`: the boxed answer is the answer.
 * - `perception`: the first false statement is about what the picture holds.
 * - `calculation`: the first false statement is arithmetic, or adds up what was seen rightly.
 * - `reasoning`: no statement about the picture and no arithmetic is false, yet what follows from them is wrong: the
 *   wrong quantities, the wrong operation, the wrong conclusion.
 * - `inconsistency`: the reasoning ends at one value and the box holds another, or it arrives at the answer and then
 *   concludes another.
 * - `unreadable`: no box, or nothing stated that can be checked.
 */
export const CAUSES = [
  'right',
  'perception',
  'calculation',
  'reasoning',
  'inconsistency',
  'unreadable',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Trace {
  cause: Cause;
  /** Every fact that was stated, whether it is true (undefined where the row does not settle it), and where it stands. */
  facts: { fact: Fact; isTrue: boolean | undefined; span: Span }[];
  boxed?: string;
  /** The false statement that decided the cause, where it was one. */
  fault?: Span;
}

const kinds = new Map<string, AnyFactKind>(FACTS.map((kind) => [kind.kind, kind]));

/** What a false fact makes of an answer; undefined for a conclusion, which no statement stands behind. */
const FAULT = { picture: 'perception', arithmetic: 'calculation', conclusion: undefined } as const;

/**
 * Traces a response to a built-in row to the cause of its error.
 * @throws DataError where no task has scenes of the row's kind
 */
export function trace(response: string, meta: RowMeta): Trace {
  const row = { ...meta, sceneKind: sceneKindOf(meta.scene) };
  const answer = meta.steps[meta.steps.length - 1].value;
  const { facts: stated, spans, boxed } = parseFacts(response);
  const facts: Trace['facts'] = [];
  let fault: Cause | undefined;
  let faultSpan: Span | undefined;
  let last: string | undefined;
  /** Where the steps arrive, whatever is then concluded. */
  let arrived: string | undefined;
  for (const [i, fact] of stated.entries()) {
    const kind = kinds.get(fact.kind);
    const asked = { ...row, before: stated.slice(0, i) };
    const isTrue = kind?.isTrue(fact, asked);
    facts.push({ fact, isTrue, span: spans[i] });
    if (kind && isTrue === false && fault === undefined) {
      fault = FAULT[kind.aboutOf?.(fact, asked) ?? kind.about];
      if (fault !== undefined) faultSpan = spans[i];
    }
    last = kind?.arrivesAt(fact) ?? last;
    if (fact.kind !== 'conclusion') arrived = last;
  }
  const cause = (): Cause => {
    if (boxed === undefined) return 'unreadable';
    if (boxed === answer) return 'right';
    if (facts.length === 0) return 'unreadable';
    // Reasoning that arrives at the answer is not spoilt by a false statement: then only what ends it is at fault.
    if (last === answer) return 'inconsistency';
    if (fault === undefined && (arrived === answer || (last !== undefined && last !== boxed)))
      return 'inconsistency';
    // A conclusion alone is no reasoning.
    return fault ?? (facts.some(({ fact }) => fact.kind !== 'conclusion') ? 'reasoning' : 'unreadable');
  };
  const found = cause();
  return { cause: found, facts, boxed, ...(found === fault && { fault: faultSpan }) };
}
