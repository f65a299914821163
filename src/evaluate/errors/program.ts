/** Sorting by program: the built-in tasks know what their pictures hold, and hold each statement against it. */
import { type Trace, trace } from '../../data/builtin/trace.ts';
import type { AnswerLine } from '../files.ts';
import type { Items } from '../reopened.ts';
import { isSortedKind, type SortedKind } from './kinds.ts';
import { idOf } from './wrong.ts';

/**
 * The kind of each wrong answer of the built-in tasks: as the evaluation has it, or traced again. Answers of other suites
 * are left out.
 */
export async function sortByProgram(
  lines: readonly AnswerLine[],
  items: Items,
): Promise<Map<string, SortedKind>> {
  const sorting = new Map<string, SortedKind>();
  for (const line of lines) {
    const id = idOf(line);
    if (line.verdict !== 'wrong' || sorting.has(id)) continue;
    const cause = line.cause ?? (await traceOf(line, items))?.cause;
    if (cause !== undefined && isSortedKind(cause)) sorting.set(id, cause);
  }
  return sorting;
}

/** undefined where the question is none of the built-in tasks. */
export async function traceOf(line: AnswerLine, items: Items): Promise<Trace | undefined> {
  const meta = (await items.of(line))?.row.meta;
  return meta && trace(line.response, meta);
}

/** What decided the kind, as a place in the response: the false statement, or the box that departs from the steps. */
export function decidingSpan(
  { cause, facts, fault }: Trace,
  response: string,
): readonly [number, number] | undefined {
  if (fault) return fault;
  if (cause === 'inconsistency') {
    const box = response.lastIndexOf('\\boxed');
    return box < 0 ? undefined : [box, response.length];
  }
  return facts.findLast(({ isTrue, fact }) => isTrue === false || fact.kind === 'conclusion')?.span;
}
