/** Matrix products. */
import { apply, type GradientRule, misfit, type Tensor } from '../graph.ts';
import { broadcastShape, sum, sumTo } from './broadcast.ts';
import { mul } from './elementwise.ts';

export interface MatMulOptions {
  /** Use the last two axes of a (or b) swapped. */
  transA?: boolean;
  transB?: boolean;
  /** Multiplies the product. */
  alpha?: number;
}

/** Batched product of the last two axes; leading axes broadcast. (com.microsoft FusedMatMul) */
export function matmul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  const { transA = false, transB = false, alpha = 1 } = options;
  if (a.rank < 2 || b.rank < 2) misfit('MatMul', 'both need at least two axes', a, b);
  const [m, ka] = transA
    ? [a.shape[a.rank - 1], a.shape[a.rank - 2]]
    : [a.shape[a.rank - 2], a.shape[a.rank - 1]];
  const [kb, n] = transB
    ? [b.shape[b.rank - 1], b.shape[b.rank - 2]]
    : [b.shape[b.rank - 2], b.shape[b.rank - 1]];
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (ka !== kb || !batch) {
    const how = `${transA ? ' (first transposed)' : ''}${transB ? ' (second transposed)' : ''}`;
    misfit('MatMul', `inner dimensions${how} ${ka} and ${kb} or leading axes do not fit`, a, b);
  }
  return apply('FusedMatMul', [a, b], [...batch, m, n], a.dtype, {
    domain: 'com.microsoft',
    attributes: { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 }, alpha: { float: alpha } },
  });
}

/** x·Wᵀ + b for x [M, in] and W [out, in], the layout of `torch.nn.Linear`. (ONNX Gemm) */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return gemm(x, weight, { transB: true, bias });
}

/** op(a)·op(b) + bias for matrices. (ONNX Gemm) */
export function gemm(
  a: Tensor,
  b: Tensor,
  options: { transA?: boolean; transB?: boolean; bias?: Tensor | null } = {},
): Tensor {
  const { transA = false, transB = false, bias = null } = options;
  if (a.rank !== 2 || b.rank !== 2) misfit('Gemm', 'both must be matrices', a, b);
  const [m, ka] = transA ? [a.shape[1], a.shape[0]] : a.shape;
  const [kb, n] = transB ? [b.shape[1], b.shape[0]] : b.shape;
  if (ka !== kb) misfit('Gemm', `inner dimensions ${ka} and ${kb} differ`, a, b);
  if (bias && (bias.rank !== 1 || bias.shape[0] !== n)) misfit('Gemm', `the bias must be [${n}]`, bias, b);
  return apply('Gemm', bias ? [a, b, bias] : [a, b], [m, n], a.dtype, {
    attributes: { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 } },
  });
}

const flag = (a: unknown) => (a as { int: number }).int === 1;

export const matmulGradients: Record<string, GradientRule> = {
  FusedMatMul: (node, [dy], needed) => {
    const [a, b] = node.inputs;
    const transA = flag(node.attributes.transA);
    const transB = flag(node.attributes.transB);
    const alpha = (node.attributes.alpha as { float: number }).float;
    // With Y = A'B' (a prime: transposed where its flag says so) dA' = dY·B'ᵀ and dB' = A'ᵀ·dY.
    const da = () =>
      transA
        ? matmul(b, dy, { transA: transB, transB: true, alpha })
        : matmul(dy, b, { transB: !transB, alpha });
    const db = () =>
      transB
        ? matmul(dy, a, { transA: true, transB: transA, alpha })
        : matmul(a, dy, { transA: !transA, alpha });
    return [needed[0] ? sumTo(da(), a.shape) : null, needed[1] ? sumTo(db(), b.shape) : null];
  },
  Gemm: (node, [dy], needed) => {
    const [a, b] = node.inputs;
    const transA = flag(node.attributes.transA);
    const transB = flag(node.attributes.transB);
    const da = () =>
      transA ? gemm(b, dy, { transA: transB, transB: true }) : gemm(dy, b, { transB: !transB });
    const db = () =>
      transB ? gemm(dy, a, { transA: true, transB: transA }) : gemm(a, dy, { transA: !transA });
    return [needed[0] ? da() : null, needed[1] ? db() : null, needed[2] ? sum(dy, [0]) : null];
  },
};

/** The sum over the last axis of a·b, kept as an axis of size 1. */
export const dotLast = (a: Tensor, b: Tensor) => sum(mul(a, b), [-1], true);
