/** Reading and writing by index. */
import { GraphError } from '../../errors.ts';
import { apply, constant, type GradientRule, misfit, type Tensor } from '../graph.ts';
import { axisOf, expand, reshape } from './broadcast.ts';
import { custom } from './custom.ts';
import { cast } from './elementwise.ts';
import { concat, split, zeros } from './shape.ts';

const isIndex = (op: string, t: Tensor) => {
  if (t.dtype !== 'int64' && t.dtype !== 'int32')
    throw new GraphError(`${op}: indices must be integers, not ${t.dtype}`);
};

/** Slices of x along `axis`, in the order of the indices: [...before, ...indices, ...after]. (ONNX Gather) */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  isIndex('Gather', indices);
  const a = axisOf('Gather', x, axis);
  const shape = [...x.shape.slice(0, a), ...indices.shape, ...x.shape.slice(a + 1)];
  return apply('Gather', [x, indices], shape, x.dtype, { attributes: { axis: { int: a } } });
}

/** For every row, the element at its index: x [..., V] and indices [..., K] to [..., K]. (ONNX GatherElements) */
export function gatherLast(x: Tensor, indices: Tensor): Tensor {
  isIndex('GatherElements', indices);
  const fits = indices.rank === x.rank && indices.shape.every((d, i) => i === x.rank - 1 || d === x.shape[i]);
  if (!fits) misfit('GatherElements', 'all axes but the last must be equal', x, indices);
  return apply('GatherElements', [x, indices], indices.shape, x.dtype, {
    attributes: { axis: { int: x.rank - 1 } },
  });
}

/** Adds `updates` [..., K] into x [..., V] at indices [..., K] of the last axis. (ONNX ScatterElements) */
export function scatterAddLast(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  isIndex('ScatterElements', indices);
  return apply('ScatterElements', [x, indices, updates], x.shape, x.dtype, {
    attributes: { axis: { int: x.rank - 1 }, reduction: { string: 'add' } },
  });
}

/**
 * Rows of `parts` (laid end to end, [R, d] in all) in another order: row i of the result [N, d] is row `index[i]`, or
 * zeros where `index[i]` is R. `inverse` [R] is the way back: where in the result each row went, N for nowhere.
 * No row may be named twice, so the gradient is a gather as well and nothing is ever added up.
 */
export function permuteRows(parts: readonly Tensor[], index: Tensor, inverse: Tensor): Tensor {
  const rows = parts.reduce((n, p) => n + p.shape[0], 0);
  const d = parts[0].shape[1];
  if (parts.some((p) => p.rank !== 2)) misfit('permuteRows', 'the parts must be matrices', ...parts);
  if (index.rank !== 1 || inverse.rank !== 1 || inverse.shape[0] !== rows)
    misfit('permuteRows', `the way back needs one place for each of ${rows} rows`, index, inverse);
  const zero = constant(new Float32Array(d), [1, d]);
  const out = gather(concat([...parts, zero], 0), index);
  return custom(out, parts, (dy) => {
    const back = gather(concat([dy, zero], 0), inverse);
    return split(
      back,
      parts.map((p) => p.shape[0]),
      0,
    );
  });
}

export const indexGradients: Record<string, GradientRule> = {
  Gather: (node, [dy]) => {
    const [x, indices] = node.inputs;
    const axis = (node.attributes.axis as { int: number }).int;
    if (axis !== 0)
      throw new GraphError(`Gather: a gradient is defined for axis 0 only, not ${axis}; transpose first`);
    // Not ScatterND: its CPU kernel adds rows of one index from several threads without protection, so sums come out
    // short (onnxruntime issue 18048). ScatterElements adds one element after the other: slower, but right.
    const width = x.size / x.shape[0];
    const updates = reshape(dy, [indices.size, width]);
    const at = expand(reshape(cast(indices, 'int64'), [indices.size, 1]), updates.shape);
    const sum = apply(
      'ScatterElements',
      [zeros([x.shape[0], width]), at, updates],
      [x.shape[0], width],
      x.dtype,
      {
        attributes: { axis: { int: 0 }, reduction: { string: 'add' } },
      },
    );
    return [reshape(sum, x.shape), null];
  },
  GatherElements: (node, [dy]) => {
    const [x, indices] = node.inputs;
    return [scatterAddLast(zeros(x.shape), indices, dy), null];
  },
  ScatterElements: (node, [dy], needed) => [dy, null, needed[2] ? gatherLast(dy, node.inputs[1]) : null],
};
