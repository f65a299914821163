/**
 * A policy's config.json in our own words. Two forms of the file are in use and both are read: the flat one of the
 * hub (text settings at the root, `rope_scaling`) and the nested one that transformers 5 writes (`text_config`,
 * `rope_parameters`). The JSON itself is kept, so a checkpoint is written back in the form it came in.
 * Source: Hugging Face transformers, models/qwen2_5_vl/configuration_qwen2_5_vl.py.
 */
import { CheckpointError } from '../errors.ts';
import { shown } from '../reading.ts';
import { familyOf } from './families.ts';
import { type Json, type JsonObject, Keys } from './keys.ts';

export interface TextConfig {
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  /** hiddenSize / heads for this family. */
  headDim: number;
  intermediateSize: number;
  /** Rows of the embedding; may be larger than the tokenizer's vocabulary. */
  vocabSize: number;
  rmsNormEps: number;
  ropeTheta: number;
  /** How many of the headDim / 2 rotary frequencies follow the temporal, height and width position. */
  mropeSection: [number, number, number];
  /** The output head is the embedding itself; there is no `lm_head.weight`. */
  tieWordEmbeddings: boolean;
  /** Q, K and V projections have a bias; the output projection never has one. */
  attentionBias: boolean;
  maxPositions: number;
}

export interface VisionConfig {
  depth: number;
  hiddenSize: number;
  heads: number;
  headDim: number;
  intermediateSize: number;
  /** Pixels along one side of a patch. */
  patchSize: number;
  /** Patches along one side of the square that becomes one token. */
  mergeSize: number;
  /** Frames in one patch; a still image is repeated this often. */
  temporalPatchSize: number;
  /** Pixels along one side of an attention window. */
  windowSize: number;
  /** Blocks that attend to the whole image instead of one window. */
  fullAttentionBlocks: number[];
  /** Equals the text model's hidden size. */
  outHiddenSize: number;
  inChannels: number;
  /** Only videos are spaced by it. */
  tokensPerSecond: number;
  ropeTheta: number;
  /** A constant of the architecture, not a key of the file. */
  rmsNormEps: number;
}

export interface TokenIds {
  image: number;
  video: number;
  visionStart: number;
  visionEnd: number;
  /** Every token that ends an answer, the usual one first. */
  eos: number[];
  pad: number;
}

export interface PolicyConfig {
  modelType: 'qwen2_5_vl';
  text: TextConfig;
  vision: VisionConfig;
  tokens: TokenIds;
  /** The files as they were read, unknown keys included. */
  raw: { config: JsonObject; generation: JsonObject | undefined };
}

/** The largest numbers that are believed: above those of any model, far below what would fill a memory. */
const MOST = {
  layers: 1000,
  width: 2 ** 16,
  inner: 2 ** 20,
  heads: 1024,
  vocabulary: 2 ** 21,
  positions: 2 ** 31,
  theta: 1e12,
  patch: 256,
  merge: 16,
  frames: 16,
} as const;

/** `rope_parameters` (transformers 5) or `rope_scaling` beside `rope_theta` (hub). */
function readRope(text: Keys): { theta: number; section: [number, number, number] } {
  const key = text.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling';
  if (!text.has(key)) text.fail(key, 'an object with "mrope_section"');
  const rope = text.at(key);
  const type = rope.get('rope_type') ?? rope.get('type') ?? 'default';
  if (type !== 'default' && type !== 'mrope') {
    rope.fail(
      rope.has('rope_type') ? 'rope_type' : 'type',
      '"default" or "mrope" (scaled rotary embeddings are not supported)',
    );
  }
  const [t, h, w] = rope.integers('mrope_section', 3) as [number, number, number];
  const theta = rope.has('rope_theta')
    ? rope.positive('rope_theta', MOST.theta)
    : text.positive('rope_theta', MOST.theta, 1e6);
  return { theta, section: [t, h, w] };
}

function readText(text: Keys, root: Keys): TextConfig {
  const hiddenSize = text.count('hidden_size', MOST.width);
  const heads = text.count('num_attention_heads', MOST.heads);
  const kvHeads = text.count('num_key_value_heads', MOST.heads, heads);
  if (hiddenSize % heads !== 0) text.fail('num_attention_heads', `a divisor of hidden_size ${hiddenSize}`);
  if (heads % kvHeads !== 0) text.fail('num_key_value_heads', `a divisor of num_attention_heads ${heads}`);
  const headDim = hiddenSize / heads;
  if (headDim % 2 !== 0)
    text.fail('num_attention_heads', `hidden_size / heads to be even, for the rotary halves`);
  if (text.has('head_dim') && text.get('head_dim') !== headDim)
    text.fail('head_dim', `${headDim} (hidden_size / heads)`);
  if (text.has('hidden_act') && text.get('hidden_act') !== 'silu') text.fail('hidden_act', '"silu"');
  if (text.flag('use_sliding_window'))
    text.fail('use_sliding_window', 'false (sliding windows are not supported)');
  const kinds = text.get('layer_types');
  if (Array.isArray(kinds) && kinds.some((kind) => kind !== 'full_attention'))
    text.fail('layer_types', '"full_attention" for every layer');
  const { theta, section } = readRope(text);
  if (section[0] + section[1] + section[2] !== headDim / 2) {
    throw new CheckpointError(
      `${text.file}: "mrope_section" is [${section}]; expected three numbers that add up to ${headDim / 2} (head dimension ${headDim} / 2)`,
    );
  }
  return {
    hiddenSize,
    layers: text.count('num_hidden_layers', MOST.layers),
    heads,
    kvHeads,
    headDim,
    intermediateSize: text.count('intermediate_size', MOST.inner),
    vocabSize: text.count('vocab_size', MOST.vocabulary),
    rmsNormEps: text.positive('rms_norm_eps', 1, 1e-5),
    ropeTheta: theta,
    mropeSection: section,
    // Saves from before transformers 5 put the key into text_config.
    tieWordEmbeddings: root.flag('tie_word_embeddings') || text.flag('tie_word_embeddings'),
    attentionBias: true,
    maxPositions: text.count('max_position_embeddings', MOST.positions, 32768),
  };
}

function readVision(vision: Keys, textHidden: number): VisionConfig {
  const hiddenSize = vision.count('hidden_size', MOST.width);
  const heads = vision.count('num_heads', MOST.heads);
  if (hiddenSize % heads !== 0 || (hiddenSize / heads) % 4 !== 0) {
    vision.fail(
      'num_heads',
      `a divisor of hidden_size ${hiddenSize} that leaves a multiple of 4 for each head`,
    );
  }
  if (vision.has('hidden_act') && vision.get('hidden_act') !== 'silu') vision.fail('hidden_act', '"silu"');
  const patchSize = vision.square('patch_size', MOST.patch, 14);
  const mergeSize = vision.count('spatial_merge_size', MOST.merge, 2);
  const windowSize = vision.count('window_size', MOST.width, 112);
  if (windowSize < patchSize * mergeSize)
    vision.fail('window_size', `at least ${patchSize * mergeSize} (one merged patch)`);
  for (const key of ['in_channels', 'in_chans'])
    if (vision.has(key) && vision.get(key) !== 3) vision.fail(key, '3 (red, green, blue)');
  const depth = vision.count('depth', MOST.layers);
  const fullAttentionBlocks = vision.integers('fullatt_block_indexes');
  const outHiddenSize = vision.count('out_hidden_size', MOST.width);
  if (outHiddenSize !== textHidden)
    vision.fail('out_hidden_size', `the text model's hidden_size ${textHidden}`);
  return {
    depth,
    hiddenSize,
    heads,
    headDim: hiddenSize / heads,
    intermediateSize: vision.count('intermediate_size', MOST.inner),
    patchSize,
    mergeSize,
    temporalPatchSize: vision.square('temporal_patch_size', MOST.frames, 2),
    windowSize,
    fullAttentionBlocks,
    outHiddenSize,
    inChannels: 3,
    tokensPerSecond: vision.positive('tokens_per_second', 1e6, 4),
    ropeTheta: vision.has('rope_parameters')
      ? vision.at('rope_parameters').positive('rope_theta', MOST.theta, 10000)
      : 10000,
    rmsNormEps: 1e-6,
  };
}

function refuseFamily(root: Keys): never {
  const family = familyOf(root.get('model_type'));
  const found = root.has('model_type') ? `is ${shown(root.get('model_type'))}` : 'is missing';
  throw new CheckpointError(
    `${root.file}: "model_type" ${found}${family ? `, that is ${family}` : ''}; supported is "qwen2_5_vl" (Qwen2.5-VL), name such a folder: Qwen/Qwen2.5-VL-3B-Instruct from the hub, for one`,
  );
}

/**
 * Reads the parsed contents of config.json and, where there is one, generation_config.json.
 * @param dir the folder, for messages
 * @throws CheckpointError on an unsupported model type, a missing key, or sizes that do not fit each other
 */
export function parsePolicyConfig(config: Json, generation: Json | undefined, dir: string): PolicyConfig {
  const root = new Keys(config, `${dir}/config.json`);
  const modelType = 'qwen2_5_vl';
  if (root.get('model_type') !== modelType) refuseFamily(root);
  if (root.has('quantization_config'))
    throw new CheckpointError(
      `${root.file}: the weights are quantised ("quantization_config"), which cannot be trained; take the checkpoint that they were made from`,
    );
  const nested = root.has('text_config');
  const textKeys = nested ? root.at('text_config') : root;
  const text = readText(textKeys, root);
  if (!root.has('vision_config')) root.fail('vision_config', 'an object (a vision-language checkpoint)');
  const vision = readVision(root.at('vision_config'), text.hiddenSize);

  const made = generation === undefined ? undefined : new Keys(generation, `${dir}/generation_config.json`);
  const eos = [
    ...(made?.ids('eos_token_id') ?? []),
    ...textKeys.ids('eos_token_id'),
    ...root.ids('eos_token_id'),
  ];
  if (eos.length === 0) textKeys.fail('eos_token_id', 'a token id here or in generation_config.json');
  const pad = [made, textKeys, root].flatMap((keys) => keys?.ids('pad_token_id') ?? []);
  const bos = [made, textKeys, root].flatMap((keys) => keys?.ids('bos_token_id') ?? []);
  const tokens: TokenIds = {
    image: root.id('image_token_id'),
    video: root.id('video_token_id'),
    visionStart: root.id('vision_start_token_id'),
    visionEnd: root.id('vision_end_token_id'),
    eos: [...new Set(eos)],
    // Qwen pads with <|endoftext|>, which some config files only name as the first token.
    pad: pad[0] ?? bos[0] ?? eos[0]!,
  };
  for (const [name, id] of Object.entries({ ...tokens, eos: Math.max(...tokens.eos) })) {
    if (id >= text.vocabSize) {
      throw new CheckpointError(
        `${root.file}: the ${name} token id ${id} lies outside vocab_size ${text.vocabSize}; tokenizer and model do not belong together`,
      );
    }
  }
  return { modelType, text, vision, tokens, raw: { config: root.json, generation: made?.json } };
}

/** What distinguishes one new policy from another; everything else has one value in this family. */
export interface NewPolicy {
  text: Pick<
    TextConfig,
    'hiddenSize' | 'layers' | 'heads' | 'kvHeads' | 'intermediateSize' | 'vocabSize' | 'tieWordEmbeddings'
  > & {
    mropeSection: [number, number, number];
    ropeTheta?: number;
    maxPositions?: number;
  };
  vision: Pick<
    VisionConfig,
    'depth' | 'hiddenSize' | 'heads' | 'intermediateSize' | 'windowSize' | 'fullAttentionBlocks'
  >;
  /** As the tokenizer has them; the first `eos` ends a turn. */
  tokens: TokenIds;
}

/** The configuration of a policy that is made from nothing, in the hub's flat form. */
export function newPolicyConfig(policy: NewPolicy): PolicyConfig {
  const { text, vision, tokens } = policy;
  const config: JsonObject = {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    attention_dropout: 0,
    bos_token_id: tokens.pad,
    eos_token_id: tokens.eos[0]!,
    vision_start_token_id: tokens.visionStart,
    vision_end_token_id: tokens.visionEnd,
    image_token_id: tokens.image,
    video_token_id: tokens.video,
    hidden_act: 'silu',
    hidden_size: text.hiddenSize,
    initializer_range: 0.02,
    intermediate_size: text.intermediateSize,
    max_position_embeddings: text.maxPositions ?? 32768,
    max_window_layers: text.layers,
    model_type: 'qwen2_5_vl',
    num_attention_heads: text.heads,
    num_hidden_layers: text.layers,
    num_key_value_heads: text.kvHeads,
    rms_norm_eps: 1e-6,
    rope_scaling: { type: 'mrope', mrope_section: [...text.mropeSection] },
    rope_theta: text.ropeTheta ?? 1e6,
    tie_word_embeddings: text.tieWordEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    use_sliding_window: false,
    vision_config: {
      depth: vision.depth,
      fullatt_block_indexes: [...vision.fullAttentionBlocks],
      hidden_act: 'silu',
      hidden_size: vision.hiddenSize,
      in_chans: 3,
      intermediate_size: vision.intermediateSize,
      num_heads: vision.heads,
      out_hidden_size: text.hiddenSize,
      patch_size: 14,
      spatial_merge_size: 2,
      spatial_patch_size: 14,
      temporal_patch_size: 2,
      tokens_per_second: 2,
      window_size: vision.windowSize,
    },
    vocab_size: text.vocabSize,
  };
  const generation: JsonObject = {
    bos_token_id: tokens.pad,
    do_sample: true,
    eos_token_id: [...tokens.eos],
    pad_token_id: tokens.pad,
  };
  return parsePolicyConfig(config, generation, 'new policy');
}
