/** Pieces that both towers share. */
import { constant, type Shape, sizeOf, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { Weights } from './weights.ts';

/** 0, 1, 2, ... in the given shape. */
export function range64(shape: Shape): Tensor {
  return constant(
    BigInt64Array.from({ length: sizeOf(shape) }, (_, i) => BigInt(i)),
    shape,
  );
}

/** down(silu(gate(x)) · up(x)) for rows x [R, d]; gate and up are one product. (HF Qwen2MLP) */
export function mlp(w: Weights, name: string, x: Tensor, bias: boolean): Tensor {
  const gateUp = t.concat([w.get(`${name}.gate_proj.weight`), w.get(`${name}.up_proj.weight`)], 0);
  const both = t.linear(
    x,
    gateUp,
    bias ? t.concat([w.get(`${name}.gate_proj.bias`), w.get(`${name}.up_proj.bias`)], 0) : null,
  );
  const half = gateUp.shape[0] / 2;
  const [gate, up] = t.split(both, [half, half], 1);
  const down = w.get(`${name}.down_proj.weight`);
  return t.linear(t.mul(t.silu(gate), up), down, bias ? w.get(`${name}.down_proj.bias`) : null);
}

/** Query, key and value of rows x [R, d] as one product: [R, (heads + 2·kvHeads)·headDim]. */
export function qkv(w: Weights, name: string, x: Tensor, bias: boolean): Tensor {
  const parts = (kind: string) => ['q', 'k', 'v'].map((p) => w.get(`${name}.${p}_proj.${kind}`));
  return t.linear(x, t.concat(parts('weight'), 0), bias ? t.concat(parts('bias'), 0) : null);
}
