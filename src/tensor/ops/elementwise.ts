/** Element by element, with NumPy's broadcasting. */
import { GraphError } from '../../errors.ts';
import { apply, type DType, type GradientRule, misfit, scalar, Tensor } from '../graph.ts';
import { broadcastShape, sumTo } from './broadcast.ts';

export type Operand = Tensor | number;

const lift = (x: Operand, dtype: DType) => (x instanceof Tensor ? x : scalar(x, dtype));

function binary(op: string, a: Operand, b: Operand, out?: DType): Tensor {
  const dtype = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'float32';
  const x = lift(a, dtype);
  const y = lift(b, dtype);
  if (x.dtype !== y.dtype)
    throw new GraphError(`${op}: both operands need one type; got ${x.dtype} and ${y.dtype} (use cast)`);
  const shape = broadcastShape(x.shape, y.shape);
  if (!shape) misfit(op, 'shapes do not broadcast', x, y);
  return apply(op, [x, y], shape, out ?? dtype);
}

const unary = (op: string, x: Tensor) => apply(op, [x], x.shape, x.dtype);

export const add = (a: Operand, b: Operand) => binary('Add', a, b);
export const sub = (a: Operand, b: Operand) => binary('Sub', a, b);
export const mul = (a: Operand, b: Operand) => binary('Mul', a, b);
export const div = (a: Operand, b: Operand) => binary('Div', a, b);
/** Where both are equal the gradient goes to the first, as in PyTorch's `min(a, b)` up to its halving of ties. */
export const minimum = (a: Operand, b: Operand) => binary('Min', a, b);
export const maximum = (a: Operand, b: Operand) => binary('Max', a, b);
export const equal = (a: Operand, b: Operand) => binary('Equal', a, b, 'bool');
export const less = (a: Operand, b: Operand) => binary('Less', a, b, 'bool');
export const lessOrEqual = (a: Operand, b: Operand) => binary('LessOrEqual', a, b, 'bool');
export const greater = (a: Operand, b: Operand) => binary('Greater', a, b, 'bool');
export const greaterOrEqual = (a: Operand, b: Operand) => binary('GreaterOrEqual', a, b, 'bool');
export const and = (a: Tensor, b: Tensor) => binary('And', a, b, 'bool');
export const or = (a: Tensor, b: Tensor) => binary('Or', a, b, 'bool');
export const not = (x: Tensor) => unary('Not', x);
export const neg = (x: Tensor) => unary('Neg', x);
export const exp = (x: Tensor) => unary('Exp', x);
export const log = (x: Tensor) => unary('Log', x);
export const sqrt = (x: Tensor) => unary('Sqrt', x);
export const abs = (x: Tensor) => unary('Abs', x);
export const sign = (x: Tensor) => unary('Sign', x);
export const sigmoid = (x: Tensor) => unary('Sigmoid', x);
export const tanh = (x: Tensor) => unary('Tanh', x);
export const erf = (x: Tensor) => unary('Erf', x);
export const square = (x: Tensor) => mul(x, x);

/** The value passes, the gradient does not. */
export const stopGradient = (x: Tensor) => apply('StopGradient', [x], x.shape, x.dtype);

/** x·sigmoid(x), the `silu` of Hugging Face. (com.microsoft QuickGelu with alpha 1) */
export const silu = (x: Tensor) =>
  apply('QuickGelu', [x], x.shape, x.dtype, { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } });

/** The exact (erf) GELU. (ONNX Gelu) */
export const gelu = (x: Tensor) => apply('Gelu', [x], x.shape, x.dtype);

/** Limits to [lo, hi]; outside, the gradient is 0, as `torch.clamp` has it (at the limits it is 1). */
export function clip(x: Tensor, lo: number, hi: number): Tensor {
  if (!(lo <= hi)) throw new GraphError(`Clip: the lower limit ${lo} is above the upper limit ${hi}`);
  return apply('Clip', [x, scalar(lo, x.dtype), scalar(hi, x.dtype)], x.shape, x.dtype);
}

/** a where the condition holds, b elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (condition.dtype !== 'bool')
    throw new GraphError(`Where: the condition must be bool, not ${condition.dtype}`);
  const dtype = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'float32';
  const x = lift(a, dtype);
  const y = lift(b, dtype);
  const inner = broadcastShape(x.shape, y.shape);
  const shape = inner && broadcastShape(condition.shape, inner);
  if (!shape) misfit('Where', 'shapes do not broadcast', condition, x, y);
  return apply('Where', [condition, x, y], shape, dtype);
}

const CAST: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

export const cast = (x: Tensor, dtype: DType) =>
  x.dtype === dtype ? x : apply('Cast', [x], x.shape, dtype, { attributes: { to: { int: CAST[dtype] } } });

const one = (g: (x: Tensor, y: Tensor, dy: Tensor) => Tensor): GradientRule => {
  return (node, [dy]) => [g(node.inputs[0], node.outputs[0], dy)];
};

const two = (
  ga: (a: Tensor, b: Tensor, dy: Tensor, y: Tensor) => Tensor,
  gb: (a: Tensor, b: Tensor, dy: Tensor, y: Tensor) => Tensor,
): GradientRule => {
  return (node, [dy], needed) => {
    const [a, b] = node.inputs;
    const y = node.outputs[0];
    return [
      needed[0] ? sumTo(ga(a, b, dy, y), a.shape) : null,
      needed[1] ? sumTo(gb(a, b, dy, y), b.shape) : null,
    ];
  };
};

const chosen = (pick: (a: Tensor, b: Tensor) => Tensor): GradientRule =>
  two(
    (a, b, dy) => where(pick(a, b), dy, 0),
    (a, b, dy) => where(pick(a, b), 0, dy),
  );

export const elementwiseGradients: Record<string, GradientRule> = {
  Add: two(
    (_a, _b, dy) => dy,
    (_a, _b, dy) => dy,
  ),
  Sub: two(
    (_a, _b, dy) => dy,
    (_a, _b, dy) => neg(dy),
  ),
  Mul: two(
    (_a, b, dy) => mul(dy, b),
    (a, _b, dy) => mul(dy, a),
  ),
  Div: two(
    (_a, b, dy) => div(dy, b),
    (_a, b, dy, y) => neg(div(mul(dy, y), b)),
  ),
  Min: chosen(lessOrEqual),
  Max: chosen(greaterOrEqual),
  Neg: one((_x, _y, dy) => neg(dy)),
  Exp: one((_x, y, dy) => mul(dy, y)),
  Log: one((x, _y, dy) => div(dy, x)),
  Sqrt: one((_x, y, dy) => div(dy, mul(y, 2))),
  Abs: one((x, _y, dy) => mul(dy, sign(x))),
  Sigmoid: one((_x, y, dy) => mul(dy, mul(y, sub(1, y)))),
  Tanh: one((_x, y, dy) => mul(dy, sub(1, mul(y, y)))),
  Erf: one((x, _y, dy) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  QuickGelu: one((x, y, dy) => {
    const s = sigmoid(x);
    return mul(dy, add(s, mul(y, sub(1, s))));
  }),
  Gelu: one((x, _y, dy) => {
    const cdf = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    const pdf = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(dy, add(cdf, mul(x, pdf)));
  }),
  Clip: (node, [dy]) => {
    const [x, lo, hi] = node.inputs;
    return [where(and(greaterOrEqual(x, lo), lessOrEqual(x, hi)), dy, 0), null, null];
  },
  Where: (node, [dy], needed) => {
    const [c, a, b] = node.inputs;
    return [
      null,
      needed[1] ? sumTo(where(c, dy, 0), a.shape) : null,
      needed[2] ? sumTo(where(c, 0, dy), b.shape) : null,
    ];
  },
  Cast: (node, [dy]) => {
    const x = node.inputs[0];
    return [x.dtype === 'float32' ? dy : null];
  },
};
