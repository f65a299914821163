import { NotAnExpression } from './expression.ts';
import {
  add as addNumerals,
  floor,
  fraction,
  invert as invertNumeral,
  isOne,
  isZero,
  multiply as multiplyNumerals,
  type Numeral,
  negate as negateNumeral,
  ONE,
  power as powerOfNumeral,
  quotient,
  TooLarge,
} from './numeral.ts';

/**
 * What is not taken apart further. Prime numbers and -1 stand here with the fractional exponent of a root, so that
 * √6 is √2·√3 and √-4 is 2·(-1)^½.
 */
export interface Atom {
  readonly key: string;
  readonly kind: 'symbol' | 'pi' | 'prime' | 'unit' | 'base' | 'other';
  /** Whether roots of a product may be taken apart at this atom. */
  readonly positive: boolean;
  readonly prime?: bigint;
  /** The sum of which the atom is a root. */
  readonly base?: Quotient;
}

/** coefficient · Π atom^exponent */
export interface Term {
  readonly c: Numeral;
  /** By key of the atom, in the order of the keys; no exponent is zero. */
  readonly powers: readonly (readonly [Atom, Numeral])[];
}

/** By key of the powers; no coefficient is zero. */
export type Polynomial = ReadonlyMap<string, Term>;

/** A quotient of sums; `den` is left out where it is 1. */
export interface Quotient {
  readonly num: Polynomial;
  readonly den?: Polynomial;
}

/** Products of terms that one comparison may form. */
const MOST_STEPS = 6_000;

/** Counts the work of one comparison. @throws TooLarge when it is spent */
export class Budget {
  left = MOST_STEPS;

  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new TooLarge();
  }
}

const keyOf = (powers: Term['powers']): string =>
  powers.map(([atom, e]) => `${atom.key}^${e.n}/${e.d}`).join('·');

const polynomial = (term: Term): Polynomial =>
  isZero(term.c) ? new Map() : new Map([[keyOf(term.powers), term]]);

export const constant = (c: Numeral): Quotient => ({ num: polynomial({ c, powers: [] }) });

/** atom^e for an exponent between 0 and 1, or any for symbols and the like. */
export const monomial = (atom: Atom, e: Numeral): Quotient => ({
  num: polynomial({ c: ONE, powers: [[atom, e]] }),
});

/** The only term of the value (0 counts as one), or `undefined`. */
export function singleTerm(value: Quotient): Term | undefined {
  if (value.den || value.num.size > 1) return undefined;
  return value.num.size === 0 ? { c: fraction(0n), powers: [] } : [...value.num.values()][0];
}

/** A text that is the same for equal canonical forms. */
export function textOf(value: Quotient): string {
  const side = (p: Polynomial) =>
    [...p]
      .map(([key, { c }]) => `${c.n}/${c.d}${c.bits ? 'f' : ''} ${key}`)
      .sort()
      .join('+');
  return value.den ? `(${side(value.num)})/(${side(value.den)})` : `(${side(value.num)})`;
}

function addPolynomials(a: Polynomial, b: Polynomial, budget: Budget): Polynomial {
  budget.spend((a.size >> 2) + b.size);
  const out = new Map(a);
  for (const [key, term] of b) {
    const before = out.get(key);
    if (!before) out.set(key, term);
    else {
      const c = addNumerals(before.c, term.c);
      if (isZero(c)) out.delete(key);
      else out.set(key, { c, powers: term.powers });
    }
  }
  return out;
}

export function add(a: Quotient, b: Quotient, budget: Budget): Quotient {
  if (!a.den && !b.den) return { num: addPolynomials(a.num, b.num, budget) };
  if (a.den && b.den && textOf({ num: a.den }) === textOf({ num: b.den })) {
    return { num: addPolynomials(a.num, b.num, budget), den: a.den };
  }
  const left = b.den ? multiply({ num: a.num }, { num: b.den }, budget) : { num: a.num };
  const right = a.den ? multiply({ num: b.num }, { num: a.den }, budget) : { num: b.num };
  const den = a.den && b.den ? multiply({ num: a.den }, { num: b.den }, budget) : { num: (a.den ?? b.den)! };
  return divide(add(left, right, budget), den, budget);
}

export function negate(a: Quotient): Quotient {
  const num = new Map([...a.num].map(([key, { c, powers }]) => [key, { c: negateNumeral(c), powers }]));
  return a.den ? { num, den: a.den } : { num };
}

/** The product of two terms, with the sums that whole powers of a root turn into again. */
function multiplyTerms(a: Term, b: Term): { term: Term; sums: [Quotient, bigint][] } {
  let c = multiplyNumerals(a.c, b.c);
  const powers: [Atom, Numeral][] = [];
  const sums: [Quotient, bigint][] = [];
  let [i, j] = [0, 0];
  while (i < a.powers.length || j < b.powers.length) {
    const [left, right] = [a.powers[i], b.powers[j]];
    let [atom, e] = !right || (left && left[0].key <= right[0].key) ? left! : right;
    if (left && right && left[0].key === right[0].key) e = addNumerals(left[1], right[1]);
    if (left?.[0].key === atom.key) i++;
    if (right?.[0].key === atom.key) j++;
    if (atom.kind === 'prime' || atom.kind === 'unit' || atom.kind === 'base') {
      const whole = floor(e);
      e = addNumerals(e, fraction(-whole));
      if (whole === 0n) {
        // nothing to take out
      } else if (atom.kind === 'prime')
        c = multiplyNumerals(c, powerOfNumeral(fraction(atom.prime!), exponent(whole)));
      else if (atom.kind === 'base') sums.push([atom.base!, whole]);
      else if (whole % 2n !== 0n) c = negateNumeral(c);
    }
    if (!isZero(e)) powers.push([atom, e]);
  }
  return { term: { c, powers }, sums };
}

/** An exponent as a plain number. @throws TooLarge beyond what any grade needs */
export function exponent(k: bigint): number {
  if (k > 100_000n || k < -100_000n) throw new TooLarge();
  return Number(k);
}

export function multiply(a: Quotient, b: Quotient, budget: Budget): Quotient {
  budget.spend(a.num.size * b.num.size);
  const num = new Map<string, Term>();
  let rest: Quotient | undefined;
  for (const left of a.num.values()) {
    for (const right of b.num.values()) {
      const { term, sums } = multiplyTerms(left, right);
      if (sums.length > 0) {
        let value: Quotient = { num: polynomial(term) };
        for (const [base, k] of sums) value = multiply(value, wholePower(base, exponent(k), budget), budget);
        rest = rest ? add(rest, value, budget) : value;
        continue;
      }
      const key = keyOf(term.powers);
      const before = num.get(key);
      const c = before ? addNumerals(before.c, term.c) : term.c;
      if (isZero(c)) num.delete(key);
      else num.set(key, { c, powers: term.powers });
    }
  }
  let den: Quotient | undefined;
  if (a.den && b.den) den = multiply({ num: a.den }, { num: b.den }, budget);
  else if (a.den ?? b.den) den = { num: (a.den ?? b.den)! };
  const product = rest ? add({ num }, rest, budget) : { num };
  return den ? divide(product, den, budget) : product;
}

/** @throws NotAnExpression where `b` is zero */
export function divide(a: Quotient, b: Quotient, budget: Budget): Quotient {
  if (b.num.size === 0) throw new NotAnExpression();
  const term = singleTerm(b);
  const top = singleTerm(a);
  if (term && top && term.powers.length === 0 && top.powers.length === 0)
    return constant(quotient(top.c, term.c));
  if (term) return multiply(a, { num: polynomial(invertTerm(term)) }, budget);
  if (b.den) return multiply(a, { num: b.den, den: b.num }, budget);
  if (!a.den) return { num: a.num, den: b.num };
  const den = multiply({ num: a.den }, b, budget);
  return den.den || den.num.size === 1 ? divide({ num: a.num }, den, budget) : { num: a.num, den: den.num };
}

function invertTerm(term: Term): Term {
  return { c: invertNumeral(term.c), powers: term.powers.map(([atom, e]) => [atom, negateNumeral(e)]) };
}

/** A whole power; a sum is multiplied out. */
export function wholePower(base: Quotient, k: number, budget: Budget): Quotient {
  if (k < 0) return divide(constant(ONE), wholePower(base, -k, budget), budget);
  const term = singleTerm(base);
  if (term) {
    const times = fraction(BigInt(k));
    const c = isOne(term.c) ? ONE : powerOfNumeral(term.c, k);
    const powers =
      k === 0 ? [] : term.powers.map(([a, e]): [Atom, Numeral] => [a, multiplyNumerals(e, times)]);
    // The product with 1 takes whole powers of roots apart.
    return multiply({ num: polynomial({ c, powers }) }, constant(ONE), budget);
  }
  if (k > 200) throw new TooLarge();
  let value = constant(ONE);
  for (let i = 0; i < k; i++) value = multiply(value, base, budget);
  return value;
}
