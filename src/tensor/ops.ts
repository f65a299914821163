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
export * from './ops/custom.ts';
export * from './ops/elementwise.ts';
export * from './ops/index.ts';
export * from './ops/matmul.ts';
export * from './ops/nn.ts';
export * from './ops/reduce.ts';
export * from './ops/shape.ts';
