import type { Expression } from './expression.ts';
import { readNumeral, toNumber } from './numeral.ts';

/** A complex number with a bound on its rounding error. */
interface Value {
  re: number;
  im: number;
  error: number;
}

const EPSILON = 2.3e-16;

/**
 * Where symbols are put: near and far, off the axes and in every direction, so that no branch of a root hides a
 * difference. The far ones may overflow and are then left out.
 */
const POINTS: readonly (readonly [number, number])[] = [
  [0.7316, 0.4123],
  [-1.2718, 0.8931],
  [1.4307, -0.6529],
  [-0.5913, -1.1187],
  [-9.2643, 1.2971],
  [0.3389, -6.3742],
  [0.1731, 2.8312],
];
const FAR: readonly (readonly [number, number])[] = [
  [-412345.7, 31234.9],
  [-278123.1, -391712.3],
  [31873.3, 567123.8],
];
/** Whole numbers instead, where a factorial is taken of a symbol. */
const WHOLE = [9, 12, 7, 11, 8, 10];

/**
 * Whether an expression without floating-point numbers is zero wherever its symbols are put, up to rounding: a test for
 * what the exact algebra leaves open (nested roots, symbolic exponents, logarithms). At an undefined or imprecise value
 * it is not.
 */
export function vanishes(expression: Expression): boolean {
  const names: string[] = [];
  const whole = survey(expression, names);
  const isZeroAt = (points: readonly (readonly [number, number])[], round: number, ifUndefined: boolean) => {
    const at = (name: string): Value => leaf(...points[(names.indexOf(name) * 2 + round) % points.length]);
    const scale = { largest: 0 };
    const value = evaluate(expression, at, scale);
    const [magnitude, error] = [size(value), 64 * value.error];
    if (!Number.isFinite(magnitude + error + scale.largest)) return ifUndefined;
    return magnitude <= error && (error === 0 || error <= 1e-6 * scale.largest);
  };
  const points = whole ? WHOLE.map((n) => [n, 0] as const) : POINTS;
  const rounds = names.length === 0 ? 1 : points.length;
  for (let round = 0; round < rounds; round++) if (!isZeroAt(points, round, false)) return false;
  if (names.length === 0 || whole) return true;
  return FAR.every((_, round) => isZeroAt(FAR, round, true));
}

/** The real value of an expression without symbols, else `undefined`. */
export function evaluateNumber(expression: Expression): number | undefined {
  const { re, im, error } = evaluate(expression, () => UNDEFINED, { largest: 0 });
  return Number.isFinite(re) && Math.abs(im) <= 64 * error ? re : undefined;
}

/** Collects the symbols; tells whether a factorial is taken of one. */
function survey(e: Expression, names: string[]): boolean {
  switch (e.kind) {
    case 'number':
    case 'constant':
      return false;
    case 'symbol':
      if (!names.includes(e.name)) names.push(e.name);
      return false;
    case 'sum':
      return e.terms.map((term) => survey(term.value, names)).some(Boolean);
    case 'product':
      return e.factors.map((factor) => survey(factor.value, names)).some(Boolean);
    case 'power':
      return [survey(e.base, names), survey(e.exponent, names)].some(Boolean);
    case 'negative':
      return survey(e.value, names);
    case 'call': {
      const before = names.length;
      const inner = survey(e.argument, names);
      return (
        inner || (e.name.startsWith('factorial') && (names.length > before || e.argument.kind !== 'number'))
      );
    }
  }
}

const size = (v: Value): number => Math.hypot(v.re, v.im);
const leaf = (re: number, im: number): Value => ({ re, im, error: EPSILON * Math.hypot(re, im) });
const UNDEFINED: Value = { re: Number.NaN, im: Number.NaN, error: Number.NaN };

function evaluate(e: Expression, at: (name: string) => Value, scale: { largest: number }): Value {
  const inner = { largest: 0 };
  switch (e.kind) {
    case 'number':
      return leaf(toNumber(readNumeral(e.text)), 0);
    case 'symbol':
      return at(e.name);
    case 'constant':
      return e.name === 'pi' ? leaf(Math.PI, 0) : leaf(0, 1);
    case 'sum': {
      const sum: Value = { re: 0, im: 0, error: 0 };
      for (const { negative, value } of e.terms) {
        const term = evaluate(value, at, scale);
        const sign = negative ? -1 : 1;
        sum.re += sign * term.re;
        sum.im += sign * term.im;
        sum.error += term.error + EPSILON * size(sum);
        scale.largest = Math.max(scale.largest, size(term));
      }
      return sum;
    }
    case 'negative': {
      const value = evaluate(e.value, at, scale);
      return { re: -value.re, im: -value.im, error: value.error };
    }
    case 'product': {
      let product = leaf(1, 0);
      for (const { operator, value } of e.factors) {
        const factor = evaluate(value, at, inner);
        if (operator === '//') return UNDEFINED;
        product = times(product, operator === '*' ? factor : reciprocal(factor));
      }
      return product;
    }
    case 'power':
      return raise(evaluate(e.base, at, inner), evaluate(e.exponent, at, inner));
    case 'call':
      return apply(e.name, evaluate(e.argument, at, inner));
  }
}

function times(a: Value, b: Value): Value {
  const [re, im] = [a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re];
  const error = size(a) * b.error + size(b) * a.error + a.error * b.error + 4 * EPSILON * size(a) * size(b);
  return { re, im, error };
}

function reciprocal(a: Value): Value {
  const square = a.re * a.re + a.im * a.im;
  // A denominator that may be zero makes the whole undefined.
  if (!(Math.sqrt(square) > 64 * a.error)) return UNDEFINED;
  return {
    re: a.re / square,
    im: -a.im / square,
    error: a.error / square + (4 * EPSILON) / Math.sqrt(square),
  };
}

function logarithm(a: Value): Value {
  const modulus = size(a);
  if (!(modulus > 64 * a.error)) return UNDEFINED;
  const [re, im] = [Math.log(modulus), Math.atan2(a.im, a.re)];
  return { re, im, error: a.error / modulus + EPSILON * (1 + Math.hypot(re, im)) };
}

function raise(base: Value, exponent: Value): Value {
  const k = exponent.re;
  if (exponent.im === 0 && Number.isInteger(k) && Math.abs(k) <= 64) {
    let value = leaf(1, 0);
    for (let i = 0; i < Math.abs(k); i++) value = times(value, base);
    return k < 0 ? reciprocal(value) : value;
  }
  if (base.re === 0 && base.im === 0) return k > 0 ? base : UNDEFINED;
  const power = times(exponent, logarithm(base));
  const modulus = Math.exp(power.re);
  return {
    re: modulus * Math.cos(power.im),
    im: modulus * Math.sin(power.im),
    error: modulus * (power.error + 4 * EPSILON),
  };
}

function sine({ re, im, error }: Value): Value {
  const [real, imaginary] = [Math.sin(re) * Math.cosh(im), Math.cos(re) * Math.sinh(im)];
  return { re: real, im: imaginary, error: (error + 4 * EPSILON * (1 + Math.abs(re))) * Math.cosh(im) };
}

function apply(name: string, x: Value): Value {
  switch (name) {
    case 'sqrt':
      return raise(x, leaf(0.5, 0));
    case 'ln':
      return logarithm(x);
    case 're':
      return { re: x.re, im: 0, error: x.error };
    case 'im':
      return { re: x.im, im: 0, error: x.error };
    case 'csc':
      return reciprocal(sine(x));
    case 'sin':
      return sine(x);
    case 'cos':
      return sine({ ...x, re: x.re + Math.PI / 2 });
    case 'tan':
      return times(sine(x), reciprocal(sine({ ...x, re: x.re + Math.PI / 2 })));
    case 'exp':
      return raise(leaf(Math.E, 0), x);
    case 'log':
      return logarithm(x);
    case 'abs':
      return { re: size(x), im: 0, error: x.error + EPSILON * size(x) };
    case 'factorial':
    case 'factorial2': {
      const n = Math.round(x.re);
      if (!(Math.hypot(x.re - n, x.im) <= 64 * x.error + 1e-9) || n < 0 || n > 150) return UNDEFINED;
      let value = 1;
      for (let i = n; i > 1; i -= name === 'factorial' ? 1 : 2) value *= i;
      return { ...leaf(value, 0), error: n * EPSILON * value };
    }
    default:
      return UNDEFINED;
  }
}
