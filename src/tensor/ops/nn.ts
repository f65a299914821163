/** What networks are built from: softmax, norms, rotary embedding, the log-probability of a chosen token. */
import { apply, type GradientRule, misfit, nodeOf, type Tensor } from '../graph.ts';
import { reshape, sum } from './broadcast.ts';
import { custom } from './custom.ts';
import { exp, mul, neg, sub } from './elementwise.ts';
import { gatherLast, scatterAddLast } from './index.ts';
import { dotLast } from './matmul.ts';
import { mean } from './reduce.ts';

/** Over the last axis. */
export const softmax = (x: Tensor) =>
  apply('Softmax', [x], x.shape, x.dtype, { attributes: { axis: { int: -1 } } });
export const logSoftmax = (x: Tensor) =>
  apply('LogSoftmax', [x], x.shape, x.dtype, { attributes: { axis: { int: -1 } } });

/** x / sqrt(mean(x²) + eps) · weight over the last axis. (SimplifiedLayerNormalization; HF Qwen2RMSNorm) */
export function rmsNorm(x: Tensor, weight: Tensor, eps: number): Tensor {
  if (weight.rank !== 1 || weight.shape[0] !== x.shape.at(-1))
    misfit('RMSNorm', 'the weight must match the last axis', x, weight);
  const stats = [...x.shape.slice(0, -1), 1];
  const node = nodeOf(
    'SimplifiedLayerNormalization',
    [x, weight],
    [
      { shape: x.shape, dtype: x.dtype },
      { shape: stats, dtype: 'float32' },
    ],
    { attributes: { axis: { int: -1 }, epsilon: { float: eps }, stash_type: { int: 1 } } },
  );
  return node.outputs[0];
}

/** (x − mean) / sqrt(var + eps) · weight + bias over the last axis. (ONNX LayerNormalization) */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  if (weight.rank !== 1 || weight.shape[0] !== x.shape.at(-1))
    misfit('LayerNorm', 'the weight must match the last axis', x, weight);
  const stats = [...x.shape.slice(0, -1), 1];
  const node = nodeOf(
    'LayerNormalization',
    [x, weight, bias],
    [
      { shape: x.shape, dtype: x.dtype },
      { shape: stats, dtype: 'float32' },
      { shape: stats, dtype: 'float32' },
    ],
    { attributes: { axis: { int: -1 }, epsilon: { float: eps }, stash_type: { int: 1 } } },
  );
  return node.outputs[0];
}

/**
 * Rotary position embedding, halves rotated (HF `rotate_half`).
 * x [B, S, heads·head_dim]; positions [B, S] int64 are rows of the tables cos and sin [rows, head_dim / 2].
 * Tables per token make it M-RoPE or 2-D rotary. S may not exceed the rows of the tables. (com.microsoft RotaryEmbedding)
 */
export function rotary(x: Tensor, positions: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const half = cos.shape[1];
  if (
    x.rank !== 3 ||
    positions.rank !== 2 ||
    positions.shape[0] !== x.shape[0] ||
    positions.shape[1] !== x.shape[1]
  )
    misfit('RotaryEmbedding', 'positions must be [batch, sequence] of x', x, positions);
  // ONNX Runtime takes the rows of the tables as the longest sequence.
  if (x.shape[1] > cos.shape[0]) misfit('RotaryEmbedding', 'the sequence is longer than the tables', x, cos);
  if (x.shape[2] % (2 * half) !== 0) misfit('RotaryEmbedding', 'heads do not divide the last axis', x, cos);
  return apply('RotaryEmbedding', [x, positions, cos, sin], x.shape, x.dtype, { domain: 'com.microsoft' });
}

/** log softmax(logits)[target] for logits [N, V] and int targets [N]: [N]. */
export function logProbOf(logits: Tensor, targets: Tensor): Tensor {
  const [n, v] = logits.shape;
  if (logits.rank !== 2 || targets.rank !== 1 || targets.shape[0] !== n)
    misfit('log-softmax-gather', `targets must be [${n}]`, logits, targets);
  const logp = logSoftmax(logits);
  const at = reshape(targets, [n, 1]);
  const out = reshape(gatherLast(logp, at), [n]);
  return custom(out, [logits], (dy) => {
    // d/dlogits = dy · (onehot − softmax): one dense product instead of a dense one-hot gradient sent through LogSoftmax.
    const g = reshape(dy, [n, 1]);
    const dense = mul(exp(logp), neg(g));
    return [v > 1 ? scatterAddLast(dense, at, g) : dense];
  });
}

/** Sums a gradient [..., d] over all but the last axis. */
function columns(x: Tensor): Tensor {
  return sum(reshape(x, [x.size / x.shape[x.rank - 1], x.shape[x.rank - 1]]), [0]);
}

export const nnGradients: Record<string, GradientRule> = {
  Softmax: (node, [dy]) => {
    const y = node.outputs[0];
    return [mul(y, sub(dy, dotLast(dy, y)))];
  },
  LogSoftmax: (node, [dy]) => {
    const y = node.outputs[0];
    return [sub(dy, mul(exp(y), sum(dy, [-1], true)))];
  },
  SimplifiedLayerNormalization: (node, [dy], needed) => {
    const [x, weight] = node.inputs;
    const xhat = mul(x, node.outputs[1]);
    const g = mul(dy, weight);
    const dx = () => mul(node.outputs[1], sub(g, mul(xhat, mean(mul(g, xhat), [-1], true))));
    return [needed[0] ? dx() : null, needed[1] ? columns(mul(dy, xhat)) : null];
  },
  LayerNormalization: (node, [dy], needed) => {
    const [x, weight] = node.inputs;
    const [, average, inverse] = node.outputs;
    const xhat = mul(sub(x, average), inverse);
    const g = mul(dy, weight);
    const dx = () =>
      mul(inverse, sub(sub(g, mean(g, [-1], true)), mul(xhat, mean(mul(g, xhat), [-1], true))));
    return [
      needed[0] ? dx() : null,
      needed[1] ? columns(mul(dy, xhat)) : null,
      needed[2] ? columns(dy) : null,
    ];
  },
  // A rotation's transpose is the rotation by the opposite angle.
  RotaryEmbedding: (node, [dy]) => {
    const [, positions, cos, sin] = node.inputs;
    return [rotary(dy, positions, cos, neg(sin)), null, null, null];
  },
};
