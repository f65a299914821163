/** The options of a multiple-choice question that stand in a column of their own. */
import { plainText, textOf } from './fields.ts';
import { isObject, parsed } from './record.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A longer text is no list of options. */
const MAX_LIST = 100_000;

/** `['a', "b's"]` as Python prints a list of texts; undefined for anything else. */
function pythonList(text: string): string[] | undefined {
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
