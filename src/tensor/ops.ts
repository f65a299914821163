/**
 * All operators under one name: `import * as t from './ops.ts'`, and `t` for those who build on papo. Each is written as
 * a function of symbolic tensors, is one operator of ONNX or made of several, and has its gradient beside it.
 *
 * @throws GraphError where shapes do not fit
 *
 * @example
 * import { lossAndGradient, type Objective, t } from 'papo';
 *
 * // REINFORCE: − Σ weight · advantage · log π
 * const reinforce: Objective = {
 *   gradientViews: [],
 *   arrays: ['advantage'],
 *   coefficients: {},
 *   build({ logp, advantage, weight }) {
 *     const loss = t.neg(t.sum(t.mul(weight, t.mul(advantage, logp))));
 *     return { loss, terms: { loss } };
 *   },
 * };
 * const response = { logp: Float32Array.of(-1, -2), weight: Float32Array.of(0.5, 0.5), advantage: Float32Array.of(1, 1) };
 * const { loss, gradients_D } = await lossAndGradient(reinforce, [response]);
 * loss; // 1.5
 * Array.from(gradients_D[0].logp); // [-0.5, -0.5]
 */

export { constant, type DType, input, type Shape, scalar, Tensor } from './graph.ts';
export { broadcastShape, expand, reshape, sum, sumTo } from './ops/broadcast.ts';
export { custom } from './ops/custom.ts';
export {
  abs,
  add,
  and,
  cast,
  clip,
  div,
  equal,
  erf,
  exp,
  gelu,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  type Operand,
  or,
  sigmoid,
  sign,
  silu,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from './ops/elementwise.ts';
export { gather, gatherLast, permuteRows, scatterAddLast } from './ops/index.ts';
export { dotLast, gemm, linear, type MatMulOptions, matmul } from './ops/matmul.ts';
export { layerNorm, logProbOf, logSoftmax, rmsNorm, rotary, softmax } from './ops/nn.ts';
export { argmax, cumsum, max, mean, minOver, topK } from './ops/reduce.ts';
export { concat, head, slice, split, tail, transpose, zeros, zerosBool } from './ops/shape.ts';
