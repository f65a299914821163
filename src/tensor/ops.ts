/** All operators under one name: `import * as t from './ops.ts'`. */

export { constant, type DType, input, type Shape, scalar, Tensor } from './graph.ts';
export { broadcastShape, expand, reshape, sum, sumTo } from './ops/broadcast.ts';
export * from './ops/custom.ts';
export * from './ops/elementwise.ts';
export * from './ops/index.ts';
export * from './ops/matmul.ts';
export * from './ops/nn.ts';
export * from './ops/reduce.ts';
export * from './ops/shape.ts';
