/** Moving elements about. */
import { GraphError } from '../../errors.ts';
import {
  apply,
  constant,
  DYNAMIC,
  type GradientRule,
  ints64,
  intsOf,
  misfit,
  nodeOf,
  type Shape,
  show,
  type Tensor,
} from '../graph.ts';
import { axisOf, expand } from './broadcast.ts';

export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  if (perm.length !== x.rank || [...perm].sort((a, b) => a - b).some((p, i) => p !== i))
    throw new GraphError(`Transpose: [${perm}] is not a permutation of the axes of ${show(x.shape)}`);
  if (perm.every((p, i) => p === i)) return x;
  const shape = perm.map((p) => x.shape[p]);
  return apply('Transpose', [x], shape, x.dtype, { attributes: { perm: { ints: perm } } });
}

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length === 1) return parts[0];
  const a = axisOf('Concat', parts[0], axis);
  let total = 0;
  for (const p of parts) {
    const fits = p.rank === parts[0].rank && p.shape.every((d, i) => i === a || d === parts[0].shape[i]);
    if (!fits || p.dtype !== parts[0].dtype) misfit('Concat', `parts differ off axis ${a}`, parts[0], p);
    total = p.shape[a] === DYNAMIC || total === DYNAMIC ? DYNAMIC : total + p.shape[a];
  }
  const shape = parts[0].shape.map((d, i) => (i === a ? total : d));
  return apply('Concat', [...parts], shape, parts[0].dtype, { attributes: { axis: { int: a } } });
}

/** Cuts into pieces of the given sizes along an axis. */
export function split(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  const a = axisOf('Split', x, axis);
  if (sizes.reduce((n, s) => n + s, 0) !== x.shape[a])
    misfit('Split', `sizes [${sizes}] do not fill axis ${a}`, x);
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((s) => ({ shape: x.shape.map((d, i) => (i === a ? s : d)), dtype: x.dtype }));
  return nodeOf('Split', [x, ints64(sizes)], outputs, { attributes: { axis: { int: a } } }).outputs;
}

/** Elements [start, end) along an axis. */
export function slice(x: Tensor, start: number, end: number, axis: number): Tensor {
  const a = axisOf('Slice', x, axis);
  if (start < 0 || end > x.shape[a] || start >= end)
    misfit('Slice', `[${start}, ${end}) is outside axis ${a}`, x);
  if (start === 0 && end === x.shape[a]) return x;
  const shape = x.shape.map((d, i) => (i === a ? end - start : d));
  return apply('Slice', [x, ints64([start]), ints64([end]), ints64([a])], shape, x.dtype);
}

/** The first n elements along an axis whose size may only be known at run time. */
export function head(x: Tensor, n: number, axis: number): Tensor {
  const shape = x.shape.map((d, i) => (i === axis ? n : d));
  return apply('Slice', [x, ints64([0]), ints64([n]), ints64([axis])], shape, x.dtype);
}

/** All elements from n on along an axis whose size may only be known at run time. */
export function tail(x: Tensor, n: number, axis: number): Tensor {
  const shape = x.shape.map((d, i) => (i === axis ? (d === DYNAMIC ? DYNAMIC : d - n) : d));
  return apply('Slice', [x, ints64([n]), ints64([2 ** 31 - 1]), ints64([axis])], shape, x.dtype);
}

/** All zeros, without storing them in the program. */
export const zeros = (shape: Shape): Tensor =>
  expand(
    constant(
      Float32Array.of(0),
      shape.map(() => 1),
    ),
    shape,
  );

/** All false. */
export const zerosBool = (shape: Shape): Tensor =>
  apply(
    'Expand',
    [
      constant(
        Uint8Array.of(0),
        shape.map(() => 1),
      ),
      ints64(shape),
    ],
    shape,
    'bool',
  );

export const shapeGradients: Record<string, GradientRule> = {
  Transpose: (node, [dy]) => {
    const perm = (node.attributes.perm as { ints: readonly number[] }).ints;
    const inverse = perm.map((_, i) => perm.indexOf(i));
    return [transpose(dy, inverse)];
  },
  Concat: (node, [dy]) => {
    const axis = (node.attributes.axis as { int: number }).int;
    return split(
      dy,
      node.inputs.map((t) => t.shape[axis]),
      axis,
    );
  },
  Split: (node, dys) => {
    const axis = (node.attributes.axis as { int: number }).int;
    return [concat(dys, axis), null];
  },
  Slice: (node, [dy]) => {
    const x = node.inputs[0];
    const start = intsOf(node.inputs[1])[0];
    const axis = intsOf(node.inputs[3])[0];
    const before = x.shape.map((d, i) => (i === axis ? start : d));
    const after = x.shape.map((d, i) => (i === axis ? d - start - dy.shape[axis] : d));
    const parts = [dy];
    if (before[axis] > 0) parts.unshift(zeros(before));
    if (after[axis] > 0) parts.push(zeros(after));
    return [concat(parts, axis), null, null, null];
  },
};
