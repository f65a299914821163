/**
 * Repeating elements and summing them up again: what broadcasting does and what undoes it. Each is the gradient of the
 * other, so they are in one file, below all operators that broadcast.
 */
import { GraphError } from '../../errors.ts';
import {
  apply,
  DYNAMIC,
  type GradientRule,
  ints64,
  intsOf,
  misfit,
  type Shape,
  sameShape,
  show,
  sizeOf,
  type Tensor,
} from '../graph.ts';

/** An axis counted from the front; one below 0 counts from the back. @throws GraphError where there is none */
export const axisOf = (op: string, x: Tensor, axis: number): number => {
  const a = axis < 0 ? axis + x.rank : axis;
  if (a < 0 || a >= x.rank) throw new GraphError(`${op}: there is no axis ${axis} in ${show(x.shape)}`);
  return a;
};

/** One dimension may be -1: it takes what is left (it stays unknown where the input has an unknown dimension). */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape) && !shape.includes(DYNAMIC)) return x;
  let target = shape;
  const open = shape.indexOf(-1);
  if (open >= 0) {
    if (shape.indexOf(-1, open + 1) >= 0) misfit('Reshape', 'only one dimension may be left open', shape);
    if (!x.shape.includes(DYNAMIC)) {
      const rest = shape.reduce((n, d) => (d === -1 ? n : n * d), 1);
      target = shape.map((d) => (d === -1 ? x.size / rest : d));
    }
  }
  const known = !x.shape.includes(DYNAMIC) && !target.includes(DYNAMIC);
  if (known && (sizeOf(target) !== x.size || target.some((d) => !Number.isInteger(d))))
    misfit('Reshape', 'the number of elements differs', x, shape);
  // The program keeps -1 where the caller left a dimension open in a loop.
  return apply('Reshape', [x, ints64(known ? target : shape)], target, x.dtype);
}

/** Repeats along axes of size 1 (and new leading axes) until the shape is reached. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = shape.length - x.rank;
  if (lead < 0 || x.shape.some((d, i) => d !== 1 && d !== shape[lead + i]))
    misfit('Expand', 'cannot be repeated', x, shape);
  return apply('Expand', [x, ints64(shape)], shape, x.dtype);
}

/** The shape of two operands after broadcasting, or null where they do not fit. */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x === y || y === 1) out.push(x);
    else if (x === 1) out.push(y);
    else if (x === DYNAMIC || y === DYNAMIC) out.push(Math.max(x, y));
    else return null;
  }
  return out;
}

/** A reduction over axes, all of them unless told. */
export function reduce(
  op: string,
  x: Tensor,
  axes: readonly number[] | undefined,
  keepdims: boolean,
): Tensor {
  const all = (axes ?? x.shape.map((_, i) => i)).map((a) => axisOf(op, x, a));
  const kept = x.shape.map((d, i) => (all.includes(i) ? 1 : d));
  const shape = keepdims ? kept : kept.filter((_, i) => !all.includes(i));
  if (all.length === 0) return x;
  return apply(op, [x, ints64(all)], shape, x.dtype, { attributes: { keepdims: { int: keepdims ? 1 : 0 } } });
}

/** Over all axes unless told; an axis that is summed away is dropped unless `keepdims`. */
export const sum = (x: Tensor, axes?: readonly number[], keepdims = false) =>
  reduce('ReduceSum', x, axes, keepdims);

/** Sums `x` over the axes along which `shape` was broadcast to get `x.shape`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < x.rank; i++) if (i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)) axes.push(i);
  const summed = axes.length > 0 ? sum(x, axes, true) : x;
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}

/** The gradient of a reduction, spread back over the axes that it summed away. */
export function spread(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return expand(reshape(dy, kept), x.shape);
}

export const broadcastGradients: Record<string, GradientRule> = {
  Reshape: (node, [dy]) => [reshape(dy, node.inputs[0].shape), null],
  Expand: (node, [dy]) => [sumTo(dy, node.inputs[0].shape), null],
  ReduceSum: (node, [dy]) => [spread(dy, node.inputs[0], intsOf(node.inputs[1])), null],
};
