/** The words of a response, one by one, and the phrases that facts are made of. */
import { COLORS, type Color, type Entity, SHAPES, type Shape } from './names.ts';
import type { Axis } from './shapes.ts';

const singular = (word: string) =>
  /^(circle|square|triangle|object|bar|row|column|angle)s$/.test(word) ? word.slice(0, -1) : word;

/** Half-open, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** Words in lower case and in the singular, whole numbers, marks, and where each stands. */
export function placedTokens(text: string): { tokens: string[]; spans: Span[] } {
  const found = [...text.matchAll(/[a-z]+|\d+|[^\sa-z\d]/gi)];
  return {
    tokens: found.map(([word]) => singular(word.toLowerCase())),
    spans: found.map(({ 0: word, index }) => [index, index + word.length]),
  };
}

export const tokensOf = (text: string): string[] => placedTokens(text).tokens;

export const isNumber = (t: string | undefined): t is string => t !== undefined && /^\d{1,6}$/.test(t);
export const isColor = (t: string | undefined): t is Color => (COLORS as readonly string[]).includes(t ?? '');
export const isShape = (t: string | undefined): t is Shape => (SHAPES as readonly string[]).includes(t ?? '');
export const isAxis = (t: string | undefined): t is Axis => t === 'row' || t === 'column';

const LINKS = new Set([':', '=', 'is', 'are', 'so', 'has', 'at', 'in', 'makes']);

/** Past words that may stand before a value. */
export function link(t: readonly string[], i: number): number {
  let at = i;
  while (LINKS.has(t[at])) at++;
  return at;
}

/** `red circle`, `red`, `circle`, `red object`, `object`, `red bar` */
export function entityAt(
  t: readonly string[],
  i: number,
): { entity: Entity; bar: boolean; next: number } | undefined {
  const entity: Entity = {};
  let at = i;
  const color = t[at];
  if (isColor(color)) {
    entity.color = color;
    at++;
  }
  const noun = t[at];
  if (isShape(noun)) entity.shape = noun;
  const bar = noun === 'bar' && entity.color !== undefined;
  if (isShape(noun) || noun === 'object' || bar) at++;
  return at === i ? undefined : { entity, bar, next: at };
}
