/**
 * What a response states, as facts that a program can check: counts, heights, places, arithmetic, conclusions.
 * Reads the wording of solution.ts and near variants of it; words that state nothing known are passed over.
 */
import { FACTS } from '../tasks/index.ts';
import { CONCLUSION } from '../tasks/shared/facts.ts';
import { placedTokens, type Span } from '../tasks/shared/tokens.ts';
import type { Fact, Reading } from '../tasks/task.ts';

export interface ParsedResponse {
  /** In the order in which the response states them. */
  facts: Fact[];
  /** Where each stands in the response. */
  spans: Span[];
  /** What stands in the last `\boxed{}`, lower case; undefined where there is none. */
  boxed?: string;
}

const readingsOf = (kinds: typeof FACTS): readonly Reading[] => kinds.flatMap(({ readings }) => readings);

const CONCLUSIONS = readingsOf([CONCLUSION]);
const OTHERS = readingsOf(FACTS.filter((kind) => kind !== CONCLUSION));

function firstOf(readings: readonly Reading[], t: readonly string[], at: number) {
  for (const read of readings) {
    const found = read(t, at);
    if (found) return found;
  }
  return undefined;
}

/** What a response states: the facts of its `<think>` part (of all before the box where there is no such part). */
export function parseFacts(response: string): ParsedResponse {
  const box = response.lastIndexOf('\\boxed');
  const boxed =
    box < 0 ? undefined : /^\\boxed\s*\{([^{}]*)\}/.exec(response.slice(box))?.[1].trim().toLowerCase();
  const open = response.indexOf('<think>');
  const close = response.indexOf('</think>');
  const end = close >= 0 ? close : box >= 0 ? box : response.length;
  const start = open >= 0 ? open + 7 : 0;
  const { tokens: t, spans: placed } = placedTokens(response.slice(start, end));
  const facts: Fact[] = [];
  const spans: Span[] = [];
  for (let i = 0; i < t.length; ) {
    // A conclusion (`so 5`) is tried last among the readings that start at its value: `so 3 + 2 = 5` is arithmetic.
    const concluded = firstOf(CONCLUSIONS, t, i);
    const opensMore = concluded && firstOf(OTHERS, t, concluded.next - 1);
    const matched = concluded && !opensMore ? concluded : firstOf(OTHERS, t, i);
    if (matched) {
      const span: Span = [start + placed[i][0], start + placed[matched.next - 1][1]];
      facts.push(...matched.facts);
      spans.push(...matched.facts.map(() => span));
    }
    i = matched ? matched.next : i + 1;
  }
  return { facts, spans, boxed };
}
