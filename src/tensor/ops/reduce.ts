/** Means, maxima and running sums along axes. */
import { apply, type GradientRule, ints64, intsOf, nodeOf, scalar, type Tensor } from '../graph.ts';
import { axisOf, expand, reduce, spread, sum } from './broadcast.ts';
import { cast, div, equal, mul } from './elementwise.ts';

export const mean = (x: Tensor, axes?: readonly number[], keepdims = false) =>
  reduce('ReduceMean', x, axes, keepdims);
/** Where several elements are the largest, they share the gradient, as in `torch.amax`. */
export const max = (x: Tensor, axes?: readonly number[], keepdims = false) =>
  reduce('ReduceMax', x, axes, keepdims);

/** The smallest; no gradient. */
export const minOver = (x: Tensor, axes?: readonly number[], keepdims = false) =>
  reduce('ReduceMin', x, axes, keepdims);

/** Running sum along an axis. */
export function cumsum(
  x: Tensor,
  axis: number,
  options: { exclusive?: boolean; reverse?: boolean } = {},
): Tensor {
  const a = axisOf('CumSum', x, axis);
  return apply('CumSum', [x, scalar(a, 'int64')], x.shape, x.dtype, {
    attributes: { exclusive: { int: options.exclusive ? 1 : 0 }, reverse: { int: options.reverse ? 1 : 0 } },
  });
}

/** Index of the first largest element along an axis; no gradient. */
export function argmax(x: Tensor, axis: number): Tensor {
  const a = axisOf('ArgMax', x, axis);
  return apply(
    'ArgMax',
    [x],
    x.shape.filter((_, i) => i !== a),
    'int64',
    {
      attributes: { axis: { int: a }, keepdims: { int: 0 } },
    },
  );
}

/** The k largest along the last axis, falling, with their indices; no gradient. */
export function topK(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  const shape = [...x.shape.slice(0, -1), k];
  const node = nodeOf(
    'TopK',
    [x, ints64([k])],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' },
    ],
  );
  return { values: node.outputs[0], indices: node.outputs[1] };
}

export const reduceGradients: Record<string, GradientRule> = {
  ReduceMean: (node, [dy]) => {
    const x = node.inputs[0];
    const axes = intsOf(node.inputs[1]);
    const n = axes.reduce((m, a) => m * x.shape[a], 1);
    return [spread(mul(dy, 1 / n), x, axes), null];
  },
  ReduceMax: (node, [dy]) => {
    const x = node.inputs[0];
    const axes = intsOf(node.inputs[1]);
    const hit = cast(equal(x, spread(node.outputs[0], x, axes)), 'float32');
    const share = div(hit, expand(sum(hit, axes, true), x.shape));
    return [mul(spread(dy, x, axes), share), null];
  },
  CumSum: (node, [dy]) => {
    const exclusive = (node.attributes.exclusive as { int: number }).int === 1;
    const reverse = (node.attributes.reverse as { int: number }).int === 1;
    const axis = intsOf(node.inputs[1])[0];
    return [cumsum(dy, axis, { exclusive, reverse: !reverse }), null];
  },
};
