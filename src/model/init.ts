/** The parameters of a policy that starts from nothing. */
import type { Random } from '../random.ts';
import type { PolicyConfig } from './config.ts';
import { parameterSpecs } from './names.ts';
import type { HostTensor } from './safetensors.ts';

/**
 * Matrices are normal with deviation 1/sqrt(inputs), those that write to the residual stream smaller by
 * 1/sqrt(2·layers) so that the stream keeps its size; embeddings have deviation 0.02 (HF `initializer_range`),
 * norms start at 1, biases at 0.
 */
export function initialParameters(c: PolicyConfig, rng: Random): Map<string, HostTensor> {
  const out = new Map<string, HostTensor>();
  for (const { name, shape } of parameterSpecs(c)) {
    const data = new Float32Array(shape.reduce((n, d) => n * d, 1));
    if (shape.length === 1) {
      if (name.endsWith('.weight')) data.fill(1);
    } else {
      const inputs = data.length / shape[0];
      const depth = name.startsWith('visual.') ? c.vision.depth : c.text.layers;
      const residual = /(o_proj|down_proj|attn\.proj)\.weight$/.test(name) ? 1 / Math.sqrt(2 * depth) : 1;
      const deviation =
        name.includes('embed_tokens') || name.startsWith('lm_head') ? 0.02 : residual / Math.sqrt(inputs);
      for (let i = 0; i < data.length; i++) data[i] = rng.normal() * deviation;
    }
    out.set(name, { shape, data });
  }
  return out;
}
