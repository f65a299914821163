/** Reading and writing by index. */
import { GraphError } from '../../errors.ts';
import { apply, misfit, type Tensor } from '../graph.ts';
import { cast, type GradientRule } from './elementwise.ts';
import { axisOf, reshape, zeros } from './shape.ts';

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

/** Adds rows `updates` [K, ...] into x [R, ...] at the row numbers [K]. (ONNX ScatterND) */
export function scatterAddRows(x: Tensor, rows: Tensor, updates: Tensor): Tensor {
  isIndex('ScatterND', rows);
  if (rows.rank !== 1 || updates.shape[0] !== rows.shape[0])
    misfit('ScatterND', 'one row number an update', rows, updates);
  const index = reshape(cast(rows, 'int64'), [rows.shape[0], 1]);
  return apply('ScatterND', [x, index, updates], x.shape, x.dtype, {
    attributes: { reduction: { string: 'add' } },
  });
}

export const indexGradients: Record<string, GradientRule> = {
  Gather: (node, [dy]) => {
    const [x, indices] = node.inputs as Tensor[];
    const axis = (node.attributes.axis as { int: number }).int;
    if (axis !== 0)
      throw new GraphError(`Gather: a gradient is defined for axis 0 only, not ${axis}; transpose first`);
    const updates = reshape(dy!, [indices.size, ...x.shape.slice(1)]);
    return [scatterAddRows(zeros(x.shape), reshape(indices, [indices.size]), updates), null];
  },
  GatherElements: (node, [dy]) => {
    const [x, indices] = node.inputs as Tensor[];
    return [scatterAddLast(zeros(x.shape), indices, dy!), null];
  },
  ScatterND: (node, [dy], needed) => {
    const rows = node.inputs[1]!;
    return [dy, null, needed[2] ? gather(dy!, reshape(rows, [rows.size])) : null];
  },
  ScatterElements: (node, [dy], needed) => [dy, null, needed[2] ? gatherLast(dy!, node.inputs[1]!) : null],
};
