/** What the columns of any file become: texts, answers, meta. */
import type { RowMeta } from './row.ts';

/** A column's value as text; empty where it holds none. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return String(value);
}

/** A value as text where it is of a kind that reads as one; a list of one is what it holds. */
export function plainText(value: unknown): string | undefined {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (one === null || one === undefined) return '';
  return typeof one === 'object' && !(one instanceof Uint8Array) ? undefined : textOf(one);
}

/** What a built-in task wrote about a row; undefined where the column holds something else. */
export function metaOf(value: unknown): RowMeta | undefined {
  let parsed = value;
  if (typeof value === 'string' || value instanceof Uint8Array) {
    try {
      parsed = JSON.parse(textOf(value));
    } catch {
      return undefined;
    }
  }
  const isMeta =
    typeof parsed === 'object' &&
    parsed !== null &&
    'task' in parsed &&
    'scene' in parsed &&
    'steps' in parsed;
  return isMeta ? (parsed as RowMeta) : undefined;
}

/** The last `\boxed{…}` with balanced braces. */
function lastBoxed(text: string): string | undefined {
  const start = text.lastIndexOf('\\boxed{');
  if (start < 0) return undefined;
  let depth = 0;
  for (let i = start + '\\boxed'.length; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(start + '\\boxed{'.length, i);
  }
  return undefined;
}

/** The end of a worked solution as GSM8K writes it. */
const HASHES = /(?:^|\n)####[ \t]*([^\n]+)\s*$/;

/** The answer itself where it comes in `<answer>` tags, in `\boxed{}`, or after `####` at the end of a solution. */
export function bareAnswer(text: string): string {
  const open = text.lastIndexOf('<answer>');
  const close = text.indexOf('</answer>', open);
  const inside = open >= 0 && close >= 0 ? text.slice(open + '<answer>'.length, close) : text;
  return (lastBoxed(inside) ?? HASHES.exec(inside)?.[1] ?? inside).trim();
}
