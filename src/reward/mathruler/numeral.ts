import { NotAnExpression } from './expression.ts';

/** A fraction of integers: exact when `bits` is 0, else a binary floating-point number of that precision. */
export interface Numeral {
  readonly n: bigint;
  /** Positive; a power of two for a floating-point number. */
  readonly d: bigint;
  readonly bits: number;
}

/** The number would need more digits, or the expression more terms, than a grade is worth. */
export class TooLarge extends Error {}

/** Bits that a numerator or denominator may have (about 2,400 decimal digits). */
const MOST_BITS = 8192;
/** Digits of an integer that Python still reads. */
const MOST_DIGITS = 4300;

const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const bitLength = (x: bigint): number => abs(x).toString(16).length * 4;

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** n/d in lowest terms. @throws NotAnExpression for d = 0, TooLarge */
export function fraction(n: bigint, d = 1n): Numeral {
  if (d === 0n) throw new NotAnExpression();
  if (d === 1n) {
    if (n > 0xffffffffn && bitLength(n) > MOST_BITS) throw new TooLarge();
    return { n, d, bits: 0 };
  }
  if (bitLength(n) > 2 * MOST_BITS || bitLength(d) > 2 * MOST_BITS) throw new TooLarge();
  const g = gcd(n, d) * (d < 0n ? -1n : 1n);
  return { n: n / g, d: d / g, bits: 0 };
}

export const ZERO = fraction(0n);
export const ONE = fraction(1n);
export const HALF = fraction(1n, 2n);

/** n/d rounded to the nearest floating-point number of so many bits, ties to even. */
export function float(n: bigint, d: bigint, bits: number): Numeral {
  if (d === 0n) throw new NotAnExpression();
  if (n === 0n) return { n: 0n, d: 1n, bits };
  if (bitLength(n) > 2 * MOST_BITS || bitLength(d) > 2 * MOST_BITS) throw new TooLarge();
  const [top, bottom] = [abs(n), abs(d)];
  const shift = bits + 8 - (bitLength(top) - bitLength(bottom));
  let quotient: bigint;
  let exact: boolean;
  if (shift >= 0) {
    quotient = (top << BigInt(shift)) / bottom;
    exact = quotient * bottom === top << BigInt(shift);
  } else {
    quotient = top / (bottom << BigInt(-shift));
    exact = quotient * (bottom << BigInt(-shift)) === top;
  }
  const drop = BigInt(quotient.toString(2).length - bits);
  const half = 1n << (drop - 1n);
  const rest = quotient & ((1n << drop) - 1n);
  let mantissa = quotient >> drop;
  if (rest > half || (rest === half && (!exact || (mantissa & 1n) === 1n))) mantissa++;
  const exponent = Number(drop) - shift;
  const signed = n < 0n !== d < 0n ? -mantissa : mantissa;
  const value =
    exponent >= 0 ? fraction(signed << BigInt(exponent)) : fraction(signed, 1n << BigInt(-exponent));
  return { ...value, bits };
}

/** The exact number as a floating-point number where the other one is: Python objects meet in the wider precision. */
function meet(a: Numeral, b: Numeral): [Numeral, Numeral, number] {
  const bits = Math.max(a.bits, b.bits);
  if (bits === 0) return [a, b, 0];
  return [a.bits === 0 ? float(a.n, a.d, bits) : a, b.bits === 0 ? float(b.n, b.d, bits) : b, bits];
}

const make = (n: bigint, d: bigint, bits: number): Numeral =>
  bits === 0 ? fraction(n, d) : float(n, d, bits);

export function add(x: Numeral, y: Numeral): Numeral {
  const [a, b, bits] = meet(x, y);
  return make(a.n * b.d + b.n * a.d, a.d * b.d, bits);
}

export function multiply(x: Numeral, y: Numeral): Numeral {
  if (x === ONE) return y;
  if (y === ONE) return x;
  const [a, b, bits] = meet(x, y);
  return make(a.n * b.n, a.d * b.d, bits);
}

export const negate = (a: Numeral): Numeral => ({ ...a, n: -a.n });

/** @throws NotAnExpression for zero */
export function invert(a: Numeral): Numeral {
  return make(a.n < 0n ? -a.d : a.d, abs(a.n), a.bits);
}

/** a / b; with an exact dividend a floating-point divisor is inverted first, as sympy does. */
export function quotient(a: Numeral, b: Numeral): Numeral {
  if (a.bits === 0) return multiply(a, invert(b));
  const [x, y, bits] = meet(a, b);
  if (y.n === 0n) throw new NotAnExpression();
  return float(x.n * y.d, x.d * y.n, bits);
}

export const isZero = (a: Numeral): boolean => a.n === 0n;
export const isInteger = (a: Numeral): boolean => a.bits === 0 && a.d === 1n;
export const isOne = (a: Numeral): boolean => a.bits === 0 && a.n === 1n && a.d === 1n;
export const floor = (a: Numeral): bigint => (a.n >= 0n ? a.n / a.d : -((-a.n + a.d - 1n) / a.d));

/** a to an integer power. */
export function power(a: Numeral, k: number): Numeral {
  if (k < 0) return power(invert(a), -k);
  const size = Math.max(bitLength(a.n), bitLength(a.d));
  if (size > 4 && size * k > 2 * MOST_BITS) throw new TooLarge();
  if (k > 2 * MOST_BITS && a.n !== 1n && a.n !== -1n && a.n !== 0n) throw new TooLarge();
  if (a.bits !== 0) return float(a.n ** BigInt(k), a.d ** BigInt(k), a.bits);
  if (abs(a.n) <= 1n && a.d === 1n) return a.n < 0n && k % 2 === 0 ? ONE : k === 0 ? ONE : a;
  return fraction(a.n ** BigInt(k), a.d ** BigInt(k));
}

/** The nearest JavaScript number. */
export function toNumber(a: Numeral): number {
  const direct = Number(a.n) / Number(a.d);
  if (Number.isFinite(direct) && direct !== 0) return direct;
  if (a.n === 0n) return 0;
  const near = float(a.n, a.d, 53);
  const shift = bitLength(near.n) - 64;
  return shift > 0 && near.d === 1n
    ? Number(near.n >> BigInt(shift)) * 2 ** shift
    : Number(near.n) / Number(near.d);
}

/** A double as a numeral of 53 bits. @throws NotAnExpression for infinities and NaN */
export function fromNumber(x: number): Numeral {
  if (!Number.isFinite(x)) throw new NotAnExpression();
  let scaled = x;
  let shift = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return { ...fraction(BigInt(scaled), 1n << BigInt(shift)), bits: 53 };
}

/** A number as Python writes it, of sympy's kind: an integer, or a float of 15 digits or as many as were written. */
export function readNumeral(text: string): Numeral {
  const plain = text.replaceAll('_', '');
  if (/^0[xbo]/i.test(plain)) return fraction(BigInt(plain));
  const match = /^(\d*)(\.?)(\d*)(?:e([+-]?\d+))?$/i.exec(plain);
  if (!match) throw new NotAnExpression();
  const [, whole, point, part, exponent] = match;
  const digits = whole! + part!;
  if (digits.length > MOST_DIGITS) throw new NotAnExpression();
  if (point === '' && exponent === undefined) return fraction(BigInt(digits));
  const scale = Number(exponent ?? 0) - part!.length;
  if (Math.abs(scale) > 2000) throw new TooLarge();
  const value = BigInt(digits);
  let places = Math.max(15, digits.replace(/^0+/, '').length);
  // Without a point the original takes 12e3 for a long way to write an integer.
  if (point === '' && scale >= 0) places = Math.max(places, String(value).length + scale);
  const bits = Math.round((places + 1) * 3.3219280948873626);
  const ten = 10n ** BigInt(Math.abs(scale));
  return scale >= 0 ? float(value * ten, 1n, bits) : float(value, ten, bits);
}
