/**
 * DINOv2: patches of a picture in, the attention maps of chosen layers and the last hidden state out.
 * Source: Hugging Face transformers, models/dinov2/modeling_dinov2.py (Dinov2Model, eager attention). Parameters go by
 * their names on the hub (`encoder.layer.0.attention.attention.query.weight`).
 */
import { GraphError } from '../../errors.ts';
import { input, type Tensor } from '../../tensor/graph.ts';
import * as t from '../../tensor/ops.ts';
import { type Dinov2Config, dinov2Specs } from './config.ts';

export interface Dinov2Graph {
  /** After the final norm, CLS first: [1 + N, d]. */
  hidden: Tensor;
  /** Softmax attention by layer (from 0): [heads, 1 + N, 1 + N], query by key, CLS first. */
  attentions: Map<number, Tensor>;
}

/**
 * The model for one grid of N = gridH · gridW patches. Fed are `pixels` (`dinov2Pixels`), `positions`
 * (`interpolatePositions`) and every parameter but the position table under its own name.
 * @throws GraphError where a layer is asked for that the model does not have
 */
export function dinov2Graph(
  c: Dinov2Config,
  gridH: number,
  gridW: number,
  layers: readonly number[] = [],
): Dinov2Graph {
  const beyond = layers.find((i) => !Number.isInteger(i) || i < 0 || i >= c.layers);
  if (beyond !== undefined)
    throw new GraphError(`DINOv2: there is no layer ${beyond}; the model has layers 0..${c.layers - 1}`);
  const { hiddenSize: d, heads, headDim, layerNormEps: eps } = c;
  const n = gridH * gridW + 1;
  const values = 3 * c.patchSize ** 2;
  const shapes = new Map(dinov2Specs(c).map((spec) => [spec.name, spec.shape]));
  const w = (name: string) => input(name, shapes.get(name)!);
  const linear = (x: Tensor, name: string) => t.linear(x, w(`${name}.weight`), w(`${name}.bias`));
  const norm = (x: Tensor, name: string) => t.layerNorm(x, w(`${name}.weight`), w(`${name}.bias`), eps);

  const projection = 'embeddings.patch_embeddings.projection';
  const patches = t.linear(
    input('pixels', [n - 1, values]),
    t.reshape(w(`${projection}.weight`), [d, values]),
    w(`${projection}.bias`),
  );
  const cls = t.reshape(w('embeddings.cls_token'), [1, d]);
  let x = t.add(t.concat([cls, patches], 0), input('positions', [n, d]));
  const attentions = new Map<number, Tensor>();
  for (let i = 0; i < c.layers; i++) {
    const layer = `encoder.layer.${i}`;
    const h = norm(x, `${layer}.norm1`);
    const [q, k, v] = ['query', 'key', 'value'].map((part) => {
      const name = `${layer}.attention.attention.${part}`;
      const rows = t.linear(h, w(`${name}.weight`), c.qkvBias ? w(`${name}.bias`) : null);
      return t.transpose(t.reshape(rows, [n, heads, headDim]), [1, 0, 2]);
    });
    const share = t.softmax(t.matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(headDim) }));
    if (layers.includes(i)) attentions.set(i, share);
    const attended = t.reshape(t.transpose(t.matmul(share, v), [1, 0, 2]), [n, d]);
    const out = linear(attended, `${layer}.attention.output.dense`);
    x = t.add(x, t.mul(out, w(`${layer}.layer_scale1.lambda1`)));
    const m = norm(x, `${layer}.norm2`);
    x = t.add(x, t.mul(feedForward(m, `${layer}.mlp`), w(`${layer}.layer_scale2.lambda1`)));
  }
  return { hidden: norm(x, 'layernorm'), attentions };

  function feedForward(m: Tensor, name: string): Tensor {
    if (!c.swiglu) return linear(t.gelu(linear(m, `${name}.fc1`)), `${name}.fc2`);
    const [gate, up] = t.split(linear(m, `${name}.weights_in`), [c.mlpSize, c.mlpSize], 1);
    return linear(t.mul(t.silu(gate), up), `${name}.weights_out`);
  }
}
