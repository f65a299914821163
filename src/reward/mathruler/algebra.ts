import { type Expression, NotAnExpression } from './expression.ts';
import {
  float,
  floor,
  fraction,
  fromNumber,
  HALF,
  isInteger,
  isOne,
  isZero,
  multiply as multiplyNumerals,
  type Numeral,
  negate as negateNumeral,
  ONE,
  readNumeral,
  TooLarge,
  toNumber,
} from './numeral.ts';
import {
  type Atom,
  add,
  type Budget,
  constant,
  divide,
  exponent as exponentNumber,
  monomial,
  multiply,
  negate,
  type Quotient,
  singleTerm,
  type Term,
  textOf,
  wholePower,
} from './polynomial.ts';

const UNIT: Atom = { key: '-1', kind: 'unit', positive: false };
const PI: Atom = { key: 'pi', kind: 'pi', positive: true };

/** What one canonical form takes and tells. */
export interface Work {
  readonly budget: Budget;
  /** Keep products of sums instead of multiplying them out, as sympy does before it simplifies. */
  readonly keepProducts: boolean;
  /** Set when a number with a decimal point was met; such numbers add and multiply in floating point. */
  floats: boolean;
}

/** A sum as one factor of a product that is kept. */
function kept(value: Quotient, work: Work): Quotient {
  if (!work.keepProducts || singleTerm(value)) return value;
  return opaque(textOf(value));
}

function isFraction(value: Quotient): boolean {
  const term = singleTerm(value);
  return term !== undefined && term.powers.length === 0 && term.c.bits === 0;
}

/**
 * The expression as a quotient of sums of products, multiplied out, with roots of integers taken apart into primes:
 * zero exactly when no term is left and every root, function and symbolic power in it is independent of the others.
 *
 * @throws NotAnExpression where a value is undefined (a division by zero), TooLarge
 */
export function canonical(e: Expression, work: Work): Quotient {
  const inner = (x: Expression) => canonical(x, work);
  const { budget } = work;
  budget.spend(1);
  switch (e.kind) {
    case 'number': {
      const value = readNumeral(e.text);
      if (value.bits !== 0) work.floats = true;
      return constant(value);
    }
    case 'symbol':
      return monomial({ key: `s${e.name}`, kind: 'symbol', positive: false }, ONE);
    case 'constant':
      return e.name === 'pi' ? monomial(PI, ONE) : monomial(UNIT, HALF);
    case 'negative':
      return negate(inner(e.value));
    case 'sum': {
      let sum = constant(fraction(0n));
      const parts = e.terms.map(({ negative, value }) => (negative ? negate(inner(value)) : inner(value)));
      for (const part of parts) sum = add(sum, part, budget);
      return sum;
    }
    case 'product': {
      let product = constant(ONE);
      const values = e.factors.map(({ value }) => inner(value));
      // A lone fraction is multiplied into a sum even where products are kept.
      const distributes = values.length === 2 && values.some((value) => isFraction(value));
      for (const [i, { operator }] of e.factors.entries()) {
        const factor = distributes ? values[i] : kept(values[i], work);
        if (operator === '*') product = multiply(product, factor, budget);
        else if (operator === '/') product = divide(product, factor, budget);
        else product = floorOf(divide(product, factor, budget));
      }
      return product;
    }
    case 'power':
      return power(kept(inner(e.base), work), inner(e.exponent), budget);
    case 'call':
      return call(e.name, inner(e.argument), budget);
  }
}

/** Whether no linear relation can hold between the terms but the ones that are already worked in. */
export function isIndependent(value: Quotient): boolean {
  for (const { powers } of value.num.values()) {
    for (const [atom, e] of powers) {
      if (atom.kind === 'base' || atom.kind === 'other') return false;
      if (atom.kind === 'unit' && e.d !== 2n) return false;
      if (atom.kind === 'prime' && atom.prime! > LARGEST_PRIME ** 2n) return false;
    }
  }
  return true;
}

function floorOf(value: Quotient): Quotient {
  const term = singleTerm(value);
  if (!term || term.powers.length > 0) throw new NotAnExpression();
  return constant(fraction(floor(term.c)));
}

function power(base: Quotient, exponent: Quotient, budget: Budget): Quotient {
  const e = singleTerm(exponent);
  if (e && e.powers.length === 0) return numericPower(base, e.c, budget);
  return symbolicPower(base, exponent, budget);
}

function numericPower(base: Quotient, e: Numeral, budget: Budget): Quotient {
  if (isInteger(e)) return wholePower(base, exponentNumber(e.n), budget);
  if (base.num.size === 0) {
    if (e.n < 0n) throw new NotAnExpression();
    return base;
  }
  const term = singleTerm(base);
  if (e.bits !== 0) {
    if (term && term.powers.length === 0 && term.c.n > 0n) return constant(floatPower(term.c, e));
    return opaque(`${textOf(base)}^${e.n}/${e.d}f`);
  }
  return term ? rootOfTerm(term, e, budget) : monomialOf(base, e, budget);
}

function floatPower(base: Numeral, e: Numeral): Numeral {
  const value = toNumber(e) === 0.5 ? Math.sqrt(toNumber(base)) : toNumber(base) ** toNumber(e);
  const bits = Math.max(base.bits, e.bits);
  const numeral = fromNumber(value);
  return float(numeral.n, numeral.d, bits);
}

const opaque = (key: string): Quotient => monomial({ key: `o${key}`, kind: 'other', positive: false }, ONE);

/** base^e as a power of one atom, its whole part multiplied out. */
function monomialOf(base: Quotient, e: Numeral, budget: Budget): Quotient {
  const atom: Atom = { key: `b${textOf(base)}`, kind: 'base', positive: false, base };
  return multiply(monomial(atom, e), constant(ONE), budget);
}

/** (c·x·y…)^e for a fraction e: positive factors are taken out, what is left stays under the root. */
function rootOfTerm(term: Term, e: Numeral, budget: Budget): Quotient {
  const magnitude: Numeral = term.c.n < 0n ? negateNumeral(term.c) : term.c;
  let value = rootOfNumeral(magnitude, e, budget);
  const rest: [Atom, Numeral][] = [];
  for (const [atom, exponent] of term.powers) {
    if (atom.positive) value = multiply(value, powered(atom, multiplyNumerals(exponent, e), budget), budget);
    else rest.push([atom, exponent]);
  }
  const negative = term.c.n < 0n;
  if (rest.length === 0) return negative ? multiply(value, powered(UNIT, e, budget), budget) : value;
  const [atom, exponent] = rest[0];
  // (x^a)^b is x^(ab) on every branch for -1 < a ≤ 1 only.
  const merges = exponent.n > -exponent.d && exponent.n <= exponent.d && atom.kind !== 'other';
  if (rest.length === 1 && !negative && merges && exponent.bits === 0) {
    return multiply(value, powered(atom, multiplyNumerals(exponent, e), budget), budget);
  }
  let inside = constant(negative ? negateNumeral(ONE) : ONE);
  for (const [factor, k] of rest) inside = multiply(inside, powered(factor, k, budget), budget);
  return multiply(value, monomialOf(inside, e, budget), budget);
}

/** atom^e with the whole part of a root multiplied out. */
function powered(atom: Atom, e: Numeral, budget: Budget): Quotient {
  return multiply(monomial(atom, e), constant(ONE), budget);
}

function rootOfNumeral(c: Numeral, e: Numeral, budget: Budget): Quotient {
  if (c.bits !== 0) return constant(floatPower(c, e));
  let value = constant(ONE);
  for (const [part, sign] of [
    [c.n, ONE],
    [c.d, negateNumeral(ONE)],
  ] as const) {
    for (const [prime, k] of factorise(part, budget)) {
      const atom: Atom = { key: `p${prime}`, kind: 'prime', positive: true, prime };
      const exponent = multiplyNumerals(multiplyNumerals(fraction(BigInt(k)), e), sign);
      value = multiply(value, powered(atom, exponent, budget), budget);
    }
  }
  return value;
}

/** sympy looks for factors up to here too when it takes a root. */
const LARGEST_PRIME = 32_768n;

/** Prime factors with their multiplicity; what is left after the small ones counts as prime unless it is a square. */
function factorise(n: bigint, budget: Budget): [bigint, number][] {
  const out: [bigint, number][] = [];
  let rest = n;
  // Plain numbers are much faster than big ones.
  let small = rest <= MOST_EXACT ? Number(rest) : 0;
  for (let p = 2; p <= Number(LARGEST_PRIME); p += p === 2 ? 1 : 2) {
    if (small !== 0 ? p * p > small : BigInt(p * p) > rest) break;
    if ((p & 255) === 1) budget.spend(small === 0 ? 40 : 4);
    let k = 0;
    while (small !== 0 ? small % p === 0 : rest % BigInt(p) === 0n) {
      rest /= BigInt(p);
      if (rest <= MOST_EXACT) small = Number(rest);
      k++;
    }
    if (k > 0) out.push([BigInt(p), k]);
  }
  if (rest > 1n) {
    const near = Math.round(Math.sqrt(Number(rest)));
    const root = Number.isFinite(near) ? BigInt(near) : 1n;
    if (root * root === rest) out.push([root, 2]);
    else out.push([rest, 1]);
  }
  return out;
}

const MOST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** base^(a + b·m + …) with symbols in the exponent: the product of base^a and an atom for each base^m. */
function symbolicPower(base: Quotient, exponent: Quotient, budget: Budget): Quotient {
  const factors = exponent.den ? undefined : positiveFactors(base, budget);
  if (!factors) return opaque(`${textOf(base)}^${textOf(exponent)}`);
  let value = constant(ONE);
  for (const { c, powers } of exponent.num.values()) {
    if (powers.length === 0) {
      value = multiply(value, numericPower(base, c, budget), budget);
      continue;
    }
    const unit =
      textOf({ num: new Map([['', { c: ONE, powers }]]) }) + powers.map(([a, e]) => `${a.key}^${e.n}/${e.d}`);
    for (const { key, k } of factors) {
      const atom: Atom = { key: `o${key}^${unit}`, kind: 'other', positive: false };
      const e = multiplyNumerals(c, k);
      if (e.bits !== 0) value = multiply(value, opaque(`${atom.key}*${e.n}/${e.d}f`), budget);
      else value = multiply(value, monomial(atom, e), budget);
    }
  }
  return value;
}

/** What a base with a symbolic exponent is split into: the primes of a positive fraction, or the base as a whole. */
function positiveFactors(base: Quotient, budget: Budget): { key: string; k: Numeral }[] | undefined {
  const term = singleTerm(base);
  if (!term) return [{ key: textOf(base), k: ONE }];
  if (term.c.bits !== 0 || term.c.n <= 0n)
    return term.c.n === 0n ? undefined : [{ key: textOf(base), k: ONE }];
  const out = [
    ...factorise(term.c.n, budget).map(([p, k]) => ({ key: String(p), k: fraction(BigInt(k)) })),
    ...factorise(term.c.d, budget).map(([p, k]) => ({ key: String(p), k: fraction(BigInt(-k)) })),
  ];
  if (term.powers.length > 0) {
    const rest = term.powers.map(([atom, e]) => `${atom.key}^${e.n}/${e.d}`).join('·');
    out.push({ key: `(${rest})`, k: ONE });
  }
  return out;
}

function call(name: string, x: Quotient, budget: Budget): Quotient {
  if (name === 'sqrt') return numericPower(x, HALF, budget);
  const term = singleTerm(x);
  const number = term && term.powers.length === 0 ? term.c : undefined;
  if (number && name === 'ln') {
    if (isZero(number)) throw new NotAnExpression();
    if (isOne(number)) return constant(fraction(0n));
    if (number.bits !== 0 && number.n > 0n) return constant(fromNumber(Math.log(toNumber(number))));
  }
  if (number && name.startsWith('factorial') && isInteger(number)) {
    return constant(factorial(number, name === 'factorial' ? 1n : 2n));
  }
  return opaque(`${name}${textOf(x)}`);
}

function factorial(n: Numeral, step: bigint): Numeral {
  if (n.n < 0n) throw new NotAnExpression();
  if (n.n > 400n) throw new TooLarge();
  let value = 1n;
  for (let i = n.n; i > 1n; i -= step) value *= i;
  return fraction(value);
}
