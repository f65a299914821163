/**
 * DINOv2: patches of a picture in, the attention maps of chosen layers and the last hidden state out.
 * Source: Hugging Face transformers, models/dinov2/modeling_dinov2.py (Dinov2Model, eager attention). Parameters go by
 * their names on the hub (`encoder.layer.0.attention.attention.query.weight`).
 */
import { CheckpointError, GraphError } from '../errors.ts';
import { grouped, shown } from '../reading.ts';
import { input, type Tensor } from '../tensor/graph.ts';
import * as t from '../tensor/ops.ts';
import type { RgbImage } from '../vision/image.ts';
import { type Json, Keys } from './keys.ts';
import type { ParameterSpec } from './names.ts';

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

/**
 * Reads the parsed contents of a config.json; missing keys have the defaults of Hugging Face's Dinov2Config.
 * @throws CheckpointError naming the file and the key: another model, or a setting that is not carried out here
 */
export function parseDinov2Config(json: Json, file: string): Dinov2Config {
  const keys = new Keys(json, file);
  if (keys.get('model_type') !== 'dinov2') {
    const found = keys.has('model_type') ? `is ${shown(keys.get('model_type'))}` : 'is missing';
    throw new CheckpointError(
      `${file}: "model_type" ${found}; expected "dinov2" (DINOv2 without registers), name such a folder: facebook/dinov2-base from the hub, for one`,
    );
  }
  const hiddenSize = keys.count('hidden_size', MOST.width, 768);
  const heads = keys.count('num_attention_heads', MOST.heads, 12);
  if (hiddenSize % heads !== 0)
    throw new CheckpointError(
      `${file}: "num_attention_heads" ${heads} does not divide "hidden_size" ${hiddenSize}; take the file from the model's hub page`,
    );
  const or = (key: string, otherwise: Json, expected: string, ...allowed: Json[]) => {
    const value = keys.has(key) ? keys.get(key)! : otherwise;
    if (!allowed.includes(value)) keys.fail(key, expected);
    return value;
  };
  or('hidden_act', 'gelu', '"gelu"', 'gelu');
  or('num_channels', 3, '3 (red, green, blue)', 3);
  const swiglu = or('use_swiglu_ffn', false, 'true or false', true, false) === true;
  const imageSize = keys.square('image_size', MOST.side, 224);
  const patchSize = keys.square('patch_size', MOST.patch, 14);
  if (imageSize < patchSize) keys.fail('image_size', `at least "patch_size" ${patchSize}`);
  const wide = Math.trunc(hiddenSize * keys.positive('mlp_ratio', 64, 4));
  if (wide < 1 || wide > MOST.inner)
    keys.fail('mlp_ratio', `1 to ${grouped(MOST.inner)} for "hidden_size" · "mlp_ratio"`);
  return {
    hiddenSize,
    layers: keys.count('num_hidden_layers', MOST.layers, 12),
    heads,
    headDim: hiddenSize / heads,
    // SwiGLU keeps two thirds of the width, rounded up to a multiple of 8.
    mlpSize: swiglu ? Math.floor((Math.trunc((wide * 2) / 3) + 7) / 8) * 8 : wide,
    swiglu,
    qkvBias: or('qkv_bias', true, 'true or false', true, false) === true,
    layerNormEps: keys.positive('layer_norm_eps', 1, 1e-6),
    patchSize,
    tableSide: Math.floor(imageSize / patchSize),
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

/** The four taps of PyTorch's bicubic (Keys' cubic with a = -3/4) around output `i`; outside, the border repeats. */
function taps(i: number, from: number, to: number): { at: number[]; weight: number[] } {
  const a = -0.75;
  const centre = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  const f = centre - first;
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return {
    at: [-1, 0, 1, 2].map((k) => Math.min(Math.max(first + k, 0), from - 1)),
    weight: [far(f + 1), near(f), near(1 - f), far(2 - f)],
  };
}

/**
 * The position table [1 + side², d] for a grid of another size: [1 + gridH · gridW, d]. The row of CLS stays; the others
 * are resized as `torch.nn.functional.interpolate(mode='bicubic', align_corners=False)` does, without antialiasing.
 */
export function interpolatePositions(
  table: Float32Array,
  side: number,
  gridH: number,
  gridW: number,
): Float32Array {
  if (gridH === side && gridW === side) return table;
  const d = table.length / (side * side + 1);
  const out = new Float32Array((gridH * gridW + 1) * d);
  out.set(table.subarray(0, d));
  const columns = Array.from({ length: gridW }, (_, x) => taps(x, side, gridW));
  const sums = new Float64Array(d);
  for (let y = 0; y < gridH; y++) {
    const rows = taps(y, side, gridH);
    for (let x = 0; x < gridW; x++) {
      sums.fill(0);
      for (let r = 0; r < 4; r++)
        for (let s = 0; s < 4; s++) {
          const weight = rows.weight[r] * columns[x].weight[s];
          const from = (1 + rows.at[r] * side + columns[x].at[s]) * d;
          for (let k = 0; k < d; k++) sums[k] += weight * table[from + k];
        }
      out.set(sums, (1 + y * gridW + x) * d);
    }
  }
  return out;
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/**
 * The size at which a picture is looked at: scaled down until no side is above `longest`, then each side rounded to the
 * nearest multiple of the patch, one patch at least.
 */
export function dinov2Size(
  img: { width: number; height: number },
  patchSize: number,
  longest: number,
): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(img.width, img.height));
  const most = Math.max(1, Math.floor(longest / patchSize));
  const rounded = (side: number) =>
    Math.min(Math.max(Math.round((side * scale) / patchSize), 1), most) * patchSize;
  return { width: rounded(img.width), height: rounded(img.height) };
}

/** Patches row by row, normalised with the mean and deviation of ImageNet: [N, 3 · patchSize²], channel, row, column. */
export function dinov2Pixels(img: RgbImage, patchSize: number): Float32Array {
  const gridW = img.width / patchSize;
  const out = new Float32Array(img.width * img.height * 3);
  for (let y = 0, p = 0; y < img.height; y++)
    for (let x = 0; x < img.width; x++, p += 3) {
      const patch = Math.floor(y / patchSize) * gridW + Math.floor(x / patchSize);
      for (let c = 0; c < 3; c++) {
        const at = ((patch * 3 + c) * patchSize + (y % patchSize)) * patchSize + (x % patchSize);
        out[at] = (img.data[p + c] / 255 - IMAGENET_MEAN[c]) / IMAGENET_STD[c];
      }
    }
  return out;
}
