/** What the columns of any file become: problem, answer, marks and meta in one form. */
import type { RowMeta } from './row.ts';

const MARK = '<image>';

/** A column's value as text; empty where it holds none. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return String(value);
}

/** How many `<image>` marks a problem has. */
export const marksIn = (problem: string) => problem.split(MARK).length - 1;

/** The problem with a mark for each image: those that it does not mention are put before the text. */
export function withMarks(problem: string, images: number): string {
  return MARK.repeat(Math.max(0, images - marksIn(problem))) + problem;
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
