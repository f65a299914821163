/** The options of a multiple-choice question that stand in a column of their own. */
import { plainText, textOf } from './fields.ts';
import { isObject, parsed } from './record.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A longer text is no list of options. */
const MAX_LIST = 100_000;

/** `['a', "b's"]` as Python prints a list of texts; undefined for anything else. */
export function pythonList(text: string): string[] | undefined {
  if (text.length > MAX_LIST || !/^\s*\[.*\]\s*$/s.test(text)) return undefined;
  const inside = text.trim().slice(1, -1);
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"[\]]+?))\s*(?:,|$)/gsy;
  const out: string[] = [];
  while (item.lastIndex < inside.length) {
    const match = item.exec(inside);
    if (!match) return undefined;
    out.push((match[1] ?? match[2] ?? match[3]).replace(/\\(.)/gs, (_, c) => (c === 'n' ? '\n' : c)));
  }
  return out;
}

/** The options as lines `A. …`; a text that is no list stays as it is; '' where there are none. */
export function choicesText(value: unknown): string {
  let inside = parsed(value);
  if (typeof inside === 'string' || inside instanceof Uint8Array)
    inside = pythonList(textOf(inside)) ?? textOf(inside);
  if (isObject(inside)) {
    // {label: [A, B], text: [...]} as in ARC, or {A: …, B: …}.
    if (Array.isArray(inside.text)) inside = inside.text;
    else
      return Object.entries(inside)
        .flatMap(([key, v]) => (v == null ? [] : [`${key}. ${textOf(v)}`]))
        .join('\n');
  }
  if (!Array.isArray(inside)) return textOf(inside).trim();
  const texts = inside.flatMap((v) => (v === null || v === undefined ? [] : [plainText(v) ?? '']));
  const lettered = texts.every((t, i) => new RegExp(`^\\(?${LETTERS[i] ?? '\\d+'}[.):]`).test(t));
  return texts.map((t, i) => (lettered ? t : `${LETTERS[i] ?? i + 1}. ${t}`)).join('\n');
}

/** The labels `A.`, `A:`, `A)`, `(A)` and `A、` of an option, each way of writing by itself. */
const LABELS: readonly ((letter: string) => string)[] = [
  (letter) => `\\(${letter}\\)`,
  ...['[.．]', '[:：]', '\\)', '、'].map((mark) => (letter: string) => `(?<![A-Za-z0-9(.])${letter}${mark}`),
];

/** `A. 30; B. 60` or lines of that kind as texts; undefined where a text does not list at least two options from A on. */
export function optionsIn(text: string): string[] | undefined {
  if (text.length > MAX_LIST) return undefined;
  for (const label of LABELS) {
    const marks = [...LETTERS].map((letter) => [...text.matchAll(new RegExp(label(letter), 'g'))]);
    // The options stand at the end: a text that mentions (A) and (B) before means those that it lists.
    for (const first of [...marks[0]].reverse()) {
      const at = [first];
      for (const found of marks.slice(1)) {
        const last = at[at.length - 1];
        const next = found.find(({ index }) => index >= last.index + last[0].length);
        if (!next) break;
        at.push(next);
      }
      if (at.length < 2) continue;
      return at.map((mark, i) => {
        const start = mark.index + mark[0].length;
        const whole = text.slice(start, at[i + 1]?.index ?? text.length);
        const option = i === at.length - 1 ? whole.trimStart().split(/\n\s*\n/)[0] : whole;
        return option
          .trim()
          .replace(/[;；]$/, '')
          .trim();
      });
    }
  }
  return undefined;
}

/**
 * The texts of the options that a column holds, in the order of their letters: a list, the text of a Python list, or
 * `A. 30; B. 60`. Undefined where it holds none.
 */
export function optionsOf(value: unknown): string[] | undefined {
  const lines = choicesText(value);
  if (lines === '') return undefined;
  const inside = parsed(value);
  if (typeof inside === 'string' || inside instanceof Uint8Array)
    if (!pythonList(textOf(inside))) return optionsIn(lines);
  const options = lines.split(/\n(?=[A-Z0-9]+\. |\(?[A-Z][.):])/);
  return options.map((line) => line.replace(/^(?:[A-Z0-9]+\. |\(?[A-Z][.):]+\s*)/, '').trim());
}

/** The question followed by its options, unless it says them already. */
export function withChoices(problem: string, choices: string): string {
  if (choices === '') return problem;
  const plain = (text: string) => text.replaceAll(/[\s().:]+/g, ' ');
  const inside = plain(problem);
  const lines = choices.split('\n').map((line) => plain(line.replace(/^\(?[A-Z][.):]\s*/, '')));
  const says =
    lines.length > 1 ? lines.every((line) => inside.includes(line)) : inside.includes(plain(choices));
  const listed = /(^|\n|\s)\(?A[.):]\s*\S[\s\S]*(^|\n|\s)\(?B[.):]/.test(problem);
  return says && (listed || lines.length === 1) ? problem : `${problem}\n${choices}`;
}
