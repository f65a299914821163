/** config.json of a DINOv2 and the parameters that it asks for. Source: Hugging Face transformers, models/dinov2. */
import { z } from 'zod';
import { CheckpointError } from '../../errors.ts';
import { count, only, or, parseJson, positive, square } from '../../json.ts';
import { grouped, shown } from '../../reading.ts';
import type { ParameterSpec } from '../parameters.ts';

export interface Dinov2Config {
  hiddenSize: number;
  layers: number;
  heads: number;
  headDim: number;
  /** Width of the feed-forward part; for SwiGLU that of one half. */
  mlpSize: number;
  swiglu: boolean;
  qkvBias: boolean;
  layerNormEps: number;
  /** Pixels. */
  patchSize: number;
  /** The position table has this many rows and columns of patches. */
  tableSide: number;
}

/** The largest numbers that are believed: above those of any model, far below what would fill a memory. */
const MOST = {
  width: 2 ** 16,
  layers: 1000,
  heads: 1024,
  patch: 256,
  side: 2 ** 14,
  inner: 2 ** 20,
} as const;

const keys = z
  .object({
    hidden_size: or(count(MOST.width), 768),
    num_hidden_layers: or(count(MOST.layers), 12),
    num_attention_heads: or(count(MOST.heads), 12),
    mlp_ratio: or(positive(64), 4),
    hidden_act: only('gelu'),
    num_channels: only(3, '3 (red, green, blue)'),
    use_swiglu_ffn: or(z.boolean('true or false'), false),
    qkv_bias: or(z.boolean('true or false'), true),
    layer_norm_eps: or(positive(1), 1e-6),
    image_size: or(square(MOST.side), 224),
    patch_size: or(square(MOST.patch), 14),
  })
  .superRefine((c, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (c.hidden_size % c.num_attention_heads !== 0)
      refuse('num_attention_heads', `a divisor of "hidden_size" ${c.hidden_size}`);
    if (c.image_size < c.patch_size) refuse('image_size', `at least "patch_size" ${c.patch_size}`);
    const wide = Math.trunc(c.hidden_size * c.mlp_ratio);
    if (wide < 1 || wide > MOST.inner)
      refuse('mlp_ratio', `1 to ${grouped(MOST.inner)} for "hidden_size" · "mlp_ratio"`);
  });

/**
 * Reads the parsed contents of a config.json; missing keys have the defaults of Hugging Face's Dinov2Config.
 * @throws CheckpointError naming the file and the key: another model, or a setting that is not carried out here
 */
export function parseDinov2Config(json: unknown, file: string): Dinov2Config {
  const { model_type: type } = parseJson(z.object({ model_type: z.unknown().optional() }), json, file);
  if (type !== 'dinov2') {
    const found = type === undefined || type === null ? 'is missing' : `is ${shown(type)}`;
    throw new CheckpointError(
      `${file}: "model_type" ${found}; expected "dinov2" (DINOv2 without registers), name such a folder: facebook/dinov2-base from the hub, for one`,
    );
  }
  const c = parseJson(keys, json, file);
  const wide = Math.trunc(c.hidden_size * c.mlp_ratio);
  return {
    hiddenSize: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    headDim: c.hidden_size / c.num_attention_heads,
    // SwiGLU keeps two thirds of the width, rounded up to a multiple of 8.
    mlpSize: c.use_swiglu_ffn ? Math.floor((Math.trunc((wide * 2) / 3) + 7) / 8) * 8 : wide,
    swiglu: c.use_swiglu_ffn,
    qkvBias: c.qkv_bias,
    layerNormEps: c.layer_norm_eps,
    patchSize: c.patch_size,
    tableSide: Math.floor(c.image_size / c.patch_size),
  };
}

export const POSITIONS = 'embeddings.position_embeddings';

/** Every parameter that the forward pass uses, in its order. The mask token belongs to pre-training and is not among them. */
export function dinov2Specs(c: Dinov2Config): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  const add = (name: string, ...shape: number[]) => specs.push({ name, shape });
  const both = (name: string, ...shape: number[]) => {
    add(`${name}.weight`, ...shape);
    add(`${name}.bias`, shape[0]);
  };
  const d = c.hiddenSize;
  add('embeddings.cls_token', 1, 1, d);
  add(POSITIONS, 1, c.tableSide ** 2 + 1, d);
  both('embeddings.patch_embeddings.projection', d, 3, c.patchSize, c.patchSize);
  for (let i = 0; i < c.layers; i++) {
    const layer = `encoder.layer.${i}`;
    both(`${layer}.norm1`, d);
    for (const part of ['query', 'key', 'value']) {
      add(`${layer}.attention.attention.${part}.weight`, d, d);
      if (c.qkvBias) add(`${layer}.attention.attention.${part}.bias`, d);
    }
    both(`${layer}.attention.output.dense`, d, d);
    add(`${layer}.layer_scale1.lambda1`, d);
    both(`${layer}.norm2`, d);
    both(`${layer}.mlp.${c.swiglu ? 'weights_in' : 'fc1'}`, (c.swiglu ? 2 : 1) * c.mlpSize, d);
    both(`${layer}.mlp.${c.swiglu ? 'weights_out' : 'fc2'}`, d, c.mlpSize);
    add(`${layer}.layer_scale2.lambda1`, d);
  }
  both('layernorm', d);
  return specs;
}
