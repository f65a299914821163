/**
 * What a response states, as facts that a program can check: counts, heights, places, arithmetic, conclusions.
 * Reads the wording of solution.ts and near variants of it; words that state nothing known are passed over.
 */
import type { Entity } from './questions.ts';
import { COLORS, type Color, GRID, SHAPES, type Shape, SIDES, type Side } from './scene.ts';

export type Fact =
  /** `3 red circles`; on a chart `red : 3` is the height of the red bar. */
  | { kind: 'amount'; entity: Entity; value: number; bar: boolean }
  /** `red by rows 1 0 2 0` */
  | { kind: 'lines'; entity: Entity; axis: 'row' | 'column'; values: number[] }
  /** `row 1 : 2`: objects of any kind in a row or column; `at` counts from 1. */
  | { kind: 'line'; axis: 'row' | 'column'; at: number; value: number }
  /** `blue triangle : row 2 column 3`; counts from 1. */
  | { kind: 'place'; entity: Entity; row?: number; column?: number }
  /** `left of it : 3` */
  | { kind: 'side'; side: Side; value: number }
  /** `left of it : red square` */
  | { kind: 'neighbor'; side: Side; entity: Entity }
  /** `angle : 35` (the written one), `right angle : 90`, `other angle : 55`, `acute angles : 90` (their sum) */
  | { kind: 'angle'; which: 'marked' | 'right' | 'other' | 'acute'; value: number }
  /** `3 + 2 = 5` */
  | { kind: 'arithmetic'; left: number; op: '+' | '-'; right: number; value: number }
  /** `most : red` */
  | { kind: 'extreme'; extreme: 'most' | 'highest' | 'lowest'; value: string }
  /** `so 5`, `the answer is red` */
  | { kind: 'conclusion'; value: string };

export interface ParsedResponse {
  /** In the order in which the response states them. */
  facts: Fact[];
  /** What stands in the last `\boxed{}`, lower case; undefined where there is none. */
  boxed?: string;
}

type Matched = { facts: Fact[]; next: number } | undefined;

const EQUALS = new Set([':', '=', 'is', 'are', 'so', 'has', 'at', 'in', 'makes']);

const singular = (word: string) =>
  /^(circle|square|triangle|object|bar|row|column|angle)s$/.test(word) ? word.slice(0, -1) : word;

function tokens(text: string): string[] {
  return (text.toLowerCase().match(/[a-z]+|\d+|[^\sa-z\d]/g) ?? []).map(singular);
}

const isNumber = (t: string | undefined): t is string => t !== undefined && /^\d{1,6}$/.test(t);
const isColor = (t: string | undefined): t is Color => (COLORS as readonly string[]).includes(t ?? '');
const isShape = (t: string | undefined): t is Shape => (SHAPES as readonly string[]).includes(t ?? '');
const isSide = (t: string | undefined): t is Side => (SIDES as readonly string[]).includes(t ?? '');
const isAxis = (t: string | undefined): t is 'row' | 'column' => t === 'row' || t === 'column';

class Reader {
  readonly t: string[];
  constructor(t: string[]) {
    this.t = t;
  }

  /** Past words that may stand before a value. */
  link(i: number): number {
    let at = i;
    while (EQUALS.has(this.t[at])) at++;
    return at;
  }

  entity(i: number): { entity: Entity; bar: boolean; next: number } | undefined {
    const entity: Entity = {};
    let [at, bar] = [i, false];
    const color = this.t[at];
    if (isColor(color)) {
      entity.color = color;
      at++;
    }
    const noun = this.t[at];
    if (isShape(noun)) entity.shape = noun;
    bar = noun === 'bar' && entity.color !== undefined;
    if (isShape(noun) || noun === 'object' || bar) at++;
    return at === i ? undefined : { entity, bar, next: at };
  }

  /** `row 2 column 3`, either or both, in any order. */
  place(i: number): { row?: number; column?: number; next: number } | undefined {
    const found: { row?: number; column?: number; next: number } = { next: i };
    let at = i;
    while (isAxis(this.t[at]) && isNumber(this.t[at + 1])) {
      found[this.t[at] as 'row' | 'column'] = Number(this.t[at + 1]);
      at += 2;
      if (this.t[at] === ',' && isAxis(this.t[at + 1])) at++;
    }
    found.next = at;
    return at === i ? undefined : found;
  }

  /** Past `of it`, `it`, `of`. */
  ofIt(i: number): number {
    let at = i;
    while (this.t[at] === 'of' || this.t[at] === 'it') at++;
    return at;
  }

  arithmetic(i: number): Matched {
    const [a, sign, b, equals, c] = this.t.slice(i, i + 5);
    const op = sign === '+' || sign === 'plus' ? '+' : sign === '-' || sign === 'minus' ? '-' : undefined;
    if (!isNumber(a) || !op || !isNumber(b) || (equals !== '=' && equals !== 'is')) return undefined;
    const negative = c === '-' && isNumber(this.t[i + 5]);
    if (!isNumber(c) && !negative) return undefined;
    const value = negative ? -Number(this.t[i + 5]) : Number(c);
    const fact: Fact = { kind: 'arithmetic', left: Number(a), op, right: Number(b), value };
    return { facts: [fact], next: i + (negative ? 6 : 5) };
  }

  extreme(i: number): Matched {
    const words = ['most', 'highest', 'lowest'] as const;
    const first = words.find((w) => w === this.t[i]);
    if (first) {
      const value = this.t[this.link(i + 1)];
      if (!isColor(value) && !isShape(value)) return undefined;
      return { facts: [{ kind: 'extreme', extreme: first, value }], next: this.link(i + 1) + 1 };
    }
    const value = this.t[i];
    if (!isColor(value) && !isShape(value)) return undefined;
    let at = this.t[i + 1] === 'bar' ? i + 2 : i + 1;
    if (this.t[at] !== 'is' && this.t[at] !== 'are') return undefined;
    at += this.t[at + 1] === 'the' ? 2 : 1;
    const second = words.find((w) => w === this.t[at]);
    return second && { facts: [{ kind: 'extreme', extreme: second, value }], next: at + 1 };
  }

  angle(i: number): Matched {
    let [at, which] = [i, 'marked' as 'marked' | 'right' | 'other' | 'acute'];
    const word = this.t[at];
    if (word === 'right' || word === 'other' || word === 'acute') {
      which = word;
      at++;
      if (this.t[at] !== 'angle' && which !== 'other') return undefined;
    } else if (word !== 'angle' && word !== 'marked' && word !== 'read') return undefined;
    else at++;
    if (this.t[at] === 'angle') at++;
    at = this.link(at);
    const value = this.t[at];
    if (!isNumber(value)) return undefined;
    return { facts: [{ kind: 'angle', which, value: Number(value) }], next: at + 1 };
  }

  side(i: number): Matched {
    const side = this.t[i];
    if (!isSide(side)) return undefined;
    let at = this.link(this.ofIt(i + 1));
    if (this.t[at] === 'a') at++;
    const value = this.t[at];
    if (isNumber(value)) return { facts: [{ kind: 'side', side, value: Number(value) }], next: at + 1 };
    const e = this.entity(at);
    return e && { facts: [{ kind: 'neighbor', side, entity: e.entity }], next: e.next };
  }

  line(i: number): Matched {
    const [axis, at] = [this.t[i], this.t[i + 1]];
    const value = this.t[this.link(i + 2)];
    if (!isAxis(axis) || !isNumber(at) || !isNumber(value) || this.link(i + 2) === i + 2) return undefined;
    return {
      facts: [{ kind: 'line', axis, at: Number(at), value: Number(value) }],
      next: this.link(i + 2) + 1,
    };
  }

  fromEntity(i: number): Matched {
    const e = this.entity(i);
    if (!e) return undefined;
    const { entity, bar } = e;
    const axis = this.t[e.next + 1];
    if (this.t[e.next] === 'by' && isAxis(axis)) {
      const values = this.t.slice(e.next + 2, e.next + 2 + GRID).map(Number);
      if (values.length < GRID || values.some(Number.isNaN)) return undefined;
      const facts: Fact[] = [{ kind: 'lines', entity, axis, values }];
      const at = this.link(e.next + 2 + GRID);
      if (!isNumber(this.t[at])) return { facts, next: at };
      facts.push({ kind: 'amount', entity, bar, value: Number(this.t[at]) });
      return { facts, next: at + 1 };
    }
    const at = this.link(e.next);
    const place = this.place(at);
    if (place) {
      const { next, ...where } = place;
      return { facts: [{ kind: 'place', entity, ...where }], next };
    }
    if (at === e.next || !isNumber(this.t[at])) return undefined;
    return { facts: [{ kind: 'amount', entity, bar, value: Number(this.t[at]) }], next: at + 1 };
  }

  fromNumber(i: number): Matched {
    if (!isNumber(this.t[i])) return undefined;
    const value = Number(this.t[i]);
    const at = this.t[i + 1] === 'is' || this.t[i + 1] === 'are' ? i + 2 : i + 1;
    const side = this.t[at];
    if (isSide(side)) return { facts: [{ kind: 'side', side, value }], next: this.ofIt(at + 1) };
    const e = this.entity(i + 1);
    return e && { facts: [{ kind: 'amount', entity: e.entity, bar: e.bar, value }], next: e.next };
  }

  conclusion(i: number): Matched {
    const [word, second] = [this.t[i], this.t[i + 1]];
    let at = i + 1;
    if (word === 'answer' || ((word === 'it' || word === 'that') && second === 'is')) at = this.link(i + 1);
    else if (word !== 'so') return undefined;
    const value = this.t[at];
    if (isColor(value) || isShape(value) || isNumber(value))
      return { facts: [{ kind: 'conclusion', value }], next: at + 1 };
    return undefined;
  }

  /** The alternatives in the order in which they are tried; a longer reading comes before a shorter one. */
  read(i: number): Matched {
    return (
      this.arithmetic(i) ??
      this.extreme(i) ??
      this.angle(i) ??
      this.side(i) ??
      this.line(i) ??
      this.fromEntity(i) ??
      this.fromNumber(i) ??
      this.seen(i)
    );
  }

  /** `i see 35`: a lone number that is said to be seen is what is written in the picture. */
  seen(i: number): Matched {
    const value = this.t[i];
    const lone = this.t[i + 1] === undefined || this.t[i + 1] === '.' || this.t[i + 1] === ',';
    if (this.t[i - 1] !== 'see' || !isNumber(value) || !lone) return undefined;
    return { facts: [{ kind: 'angle', which: 'marked', value: Number(value) }], next: i + 1 };
  }
}

/** What a response states: the facts of its `<think>` part (of all before the box where there is no such part). */
export function parseFacts(response: string): ParsedResponse {
  const box = response.lastIndexOf('\\boxed');
  const boxed =
    box < 0 ? undefined : /^\\boxed\s*\{([^{}]*)\}/.exec(response.slice(box))?.[1].trim().toLowerCase();
  const open = response.indexOf('<think>');
  const close = response.indexOf('</think>');
  const end = close >= 0 ? close : box >= 0 ? box : response.length;
  const reader = new Reader(tokens(response.slice(open >= 0 ? open + 7 : 0, end)));
  const facts: Fact[] = [];
  for (let i = 0; i < reader.t.length; ) {
    // A conclusion (`so 5`) is tried last among the readings that start at its value: `so 3 + 2 = 5` is arithmetic.
    const concluded = reader.conclusion(i);
    const opensMore = concluded && reader.read(concluded.next - 1);
    const matched = concluded && !opensMore ? concluded : reader.read(i);
    if (matched) facts.push(...matched.facts);
    i = matched ? matched.next : i + 1;
  }
  return { facts, boxed };
}
