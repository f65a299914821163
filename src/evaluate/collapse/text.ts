/** What the text of a response looks like: repetition, LaTeX that means nothing, answers without reasoning. */
import { LATEX_NAMES } from './latex-names.ts';

export interface TextMeasures {
  words: number;
  /** Share of words that are in a run of three words which occurs at least three times in the response. */
  repeated: number;
  /** Different pairs of neighbouring words, over all such pairs (distinct-2); 1 where there is none. */
  distinct: number;
  /** Faults of LaTeX outside of the box, and whether there is any. */
  latexFaults: number;
  /** Whether fewer than three words stand before the box. */
  unreasoned: boolean;
}

/** Words in a run, and how often the run has to occur, to count as repeated. */
export const REPEAT = { run: 3, times: 3 } as const;
/** Words before the box, from which on an answer counts as reasoned. */
const REASONED = 3;

export function textMeasures(response: string): TextMeasures {
  const words = response.match(/\S+/g) ?? [];
  const before = response.split('\\boxed')[0].replaceAll(/<\/?think>/g, ' ');
  const pairs = runsOf(words, 2);
  return {
    words: words.length,
    repeated: repeatedShare(words),
    distinct: pairs.length === 0 ? 1 : new Set(pairs).size / pairs.length,
    latexFaults: latexFaults(response).length,
    unreasoned: (before.match(/[\p{L}\p{N}]+/gu) ?? []).length < REASONED,
  };
}

const runsOf = (words: readonly string[], n: number): string[] =>
  words.slice(0, Math.max(0, words.length - n + 1)).map((_, i) => words.slice(i, i + n).join(' '));

function repeatedShare(words: readonly string[]): number {
  if (words.length === 0) return 0;
  const runs = runsOf(words, REPEAT.run);
  const count = new Map<string, number>();
  for (const run of runs) count.set(run, (count.get(run) ?? 0) + 1);
  const inside = new Set<number>();
  runs.forEach((run, i) => {
    if ((count.get(run) ?? 0) >= REPEAT.times) for (let k = 0; k < REPEAT.run; k++) inside.add(i + k);
  });
  return inside.size / words.length;
}

/** A row of this many equal commands says nothing. */
const ROW = 3;

/**
 * What of a response's LaTeX means nothing, outside of `\boxed{…}`: commands that do not exist, groups of an argument that
 * are empty, three or more of one command in a row, and braces, `\left` and `\begin` that are not closed (each counted once a
 * response, as one slip leaves all that follows unbalanced).
 */
export function latexFaults(response: string): string[] {
  const text = withoutBoxes(response);
  const faults: string[] = [];
  const commands = [...text.matchAll(/\\([a-zA-Z]+)\*?/g)];
  for (const [whole, name] of commands) if (!LATEX_NAMES.has(name)) faults.push(`no such command: ${whole}`);
  for (const [whole] of text.matchAll(
    /\\(?:d?frac|tfrac|sqrt|text|mathrm|mathbf|overline|binom)\s*(?:\{[^{}]*\}\s*)?\{\s*\}/g,
  ))
    faults.push(`empty: ${whole}`);
  for (const [whole] of text.matchAll(/(\\[a-zA-Z]+)(?:\s*\1(?![a-zA-Z])){2,}/g)) {
    const command = /\\[a-zA-Z]+/.exec(whole)?.[0] ?? '';
    if (!/^\\q?quad$/.test(command)) faults.push(`${ROW} or more in a row: ${command}`);
  }
  if (depthFault(text)) faults.push('braces that do not close');
  const count = (pattern: RegExp) => (text.match(pattern) ?? []).length;
  if (count(/\\left(?![a-zA-Z])/g) !== count(/\\right(?![a-zA-Z])/g)) faults.push('\\left without \\right');
  if (count(/\\begin(?![a-zA-Z])/g) !== count(/\\end(?![a-zA-Z])/g)) faults.push('\\begin without \\end');
  return faults;
}

/** The text with each `\boxed{…}` and what it holds taken out; one that never closes is left. */
function withoutBoxes(text: string): string {
  let rest = text;
  for (;;) {
    const at = rest.indexOf('\\boxed{');
    if (at < 0) return rest;
    let depth = 0;
    let end = at + '\\boxed'.length;
    for (; end < rest.length; end++) {
      if (rest[end] === '{') depth++;
      else if (rest[end] === '}' && --depth === 0) break;
    }
    rest =
      depth === 0 && end < rest.length
        ? rest.slice(0, at) + rest.slice(end + 1)
        : rest.slice(0, at) + rest.slice(at + '\\boxed{'.length);
  }
}

function depthFault(text: string): boolean {
  let depth = 0;
  for (const brace of text.replaceAll(/\\[{}]/g, '').match(/[{}]/g) ?? []) {
    depth += brace === '{' ? 1 : -1;
    if (depth < 0) return true;
  }
  return depth !== 0;
}
