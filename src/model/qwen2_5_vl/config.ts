/**
 * A policy's config.json in our own words. Two forms of the file are in use and both are read: the flat one of the
 * hub (text settings at the root, `rope_scaling`) and the nested one that transformers 5 writes (`text_config`,
 * `rope_parameters`). The JSON itself is kept, so a checkpoint is written back in the form it came in.
 * Source: Hugging Face transformers, models/qwen2_5_vl/configuration_qwen2_5_vl.py.
 */
import { z } from 'zod';
import { CheckpointError } from '../../errors.ts';
import {
  count,
  flag,
  integers,
  isObject,
  type JsonObject,
  only,
  or,
  parseJson,
  positive,
  square,
  threeIntegers,
  tokenId,
  tokenIds,
  wrong,
} from '../../json.ts';
import type { TokenIds } from '../family.ts';

export const MODEL_TYPE = 'qwen2_5_vl';

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
  ropeTheta: number;
  /** A constant of the architecture, not a key of the file. */
  rmsNormEps: number;
}

export interface Qwen25VLConfig {
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

const ropeKind = z
  .literal(['default', 'mrope'], '"default" or "mrope" (scaled rotary embeddings are not supported)')
  .nullish();

const rope = z.object(
  {
    rope_type: ropeKind,
    type: ropeKind,
    rope_theta: positive(MOST.theta).nullish(),
    mrope_section: threeIntegers(),
  },
  'an object with "mrope_section"',
);

/** The keys of the language tower; they lie at the root (hub) or under `text_config`. */
const textKeys = z
  .object({
    hidden_size: count(MOST.width),
    num_hidden_layers: count(MOST.layers),
    num_attention_heads: count(MOST.heads),
    num_key_value_heads: count(MOST.heads).nullish(),
    head_dim: z.unknown().optional(),
    intermediate_size: count(MOST.inner),
    vocab_size: count(MOST.vocabulary),
    max_position_embeddings: count(MOST.positions).nullish(),
    rms_norm_eps: or(positive(1), 1e-5),
    hidden_act: only('silu'),
    use_sliding_window: only(false, 'false (sliding windows are not supported)'),
    layer_types: z
      .custom<string[]>(
        (kinds) => Array.isArray(kinds) && kinds.every((kind) => kind === 'full_attention'),
        '"full_attention" for every layer',
      )
      .nullish(),
    /** transformers 5, and the hub beside `rope_theta`. */
    rope_parameters: rope.nullish(),
    rope_scaling: rope.nullish(),
    rope_theta: or(positive(MOST.theta), 1e6),
    /** Saves from before transformers 5 have the key here too. */
    tie_word_embeddings: flag(),
    eos_token_id: tokenIds(),
    pad_token_id: tokenIds(),
    bos_token_id: tokenIds(),
  })
  .superRefine((text, context) => {
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: 'custom', path, message });
    const { hidden_size: width, num_attention_heads: heads, head_dim } = text;
    const headDim = width / heads;
    if (width % heads !== 0) refuse(`a divisor of hidden_size ${width}`, 'num_attention_heads');
    else if (headDim % 2 !== 0)
      refuse('hidden_size / heads to be even, for the rotary halves', 'num_attention_heads');
    if (heads % (text.num_key_value_heads ?? heads) !== 0)
      refuse(`a divisor of num_attention_heads ${heads}`, 'num_key_value_heads');
    if (head_dim != null && head_dim !== headDim) refuse(`${headDim} (hidden_size / heads)`, 'head_dim');
    const key = text.rope_parameters ? 'rope_parameters' : 'rope_scaling';
    const section = text[key]?.mrope_section;
    if (section && section[0] + section[1] + section[2] !== headDim / 2)
      refuse(
        `three numbers that add up to ${headDim / 2} (head dimension ${headDim} / 2)`,
        key,
        'mrope_section',
      );
  });

const visionKeys = z
  .object(
    {
      depth: count(MOST.layers),
      hidden_size: count(MOST.width),
      num_heads: count(MOST.heads),
      intermediate_size: count(MOST.inner),
      out_hidden_size: count(MOST.width),
      patch_size: or(square(MOST.patch), 14),
      spatial_merge_size: or(count(MOST.merge), 2),
      temporal_patch_size: or(square(MOST.frames), 2),
      window_size: or(count(MOST.width), 112),
      fullatt_block_indexes: integers(),
      /** Only videos are spaced by it. */
      tokens_per_second: positive(1e6).nullish(),
      rope_parameters: z.object({ rope_theta: or(positive(MOST.theta), 10_000) }, 'an object').nullish(),
      hidden_act: only('silu'),
      in_channels: only(3, '3 (red, green, blue)'),
      in_chans: only(3, '3 (red, green, blue)'),
    },
    'an object (a vision-language checkpoint)',
  )
  .superRefine((vision, context) => {
    const { hidden_size: width, num_heads: heads } = vision;
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (width % heads !== 0 || (width / heads) % 4 !== 0)
      refuse('num_heads', `a divisor of hidden_size ${width} that leaves a multiple of 4 for each head`);
    const merged = vision.patch_size * vision.spatial_merge_size;
    if (vision.window_size < merged) refuse('window_size', `at least ${merged} (one merged patch)`);
  });

const generationKeys = z.object({
  eos_token_id: tokenIds(),
  pad_token_id: tokenIds(),
  bos_token_id: tokenIds(),
});

const rootKeys = generationKeys.extend({
  vision_config: visionKeys,
  tie_word_embeddings: flag(),
  image_token_id: tokenId(),
  video_token_id: tokenId(),
  vision_start_token_id: tokenId(),
  vision_end_token_id: tokenId(),
});

/**
 * Reads the parsed contents of config.json and, where there is one, generation_config.json.
 * @param dir the folder, for messages
 * @throws CheckpointError on a missing key, or sizes that do not fit each other
 */
export function readConfig(config: unknown, generation: unknown, dir: string): Qwen25VLConfig {
  const file = `${dir}/config.json`;
  const nested = isObject(config) && config.text_config != null ? ['text_config'] : [];
  const text = parseJson(textKeys, config, file, nested);
  const root = parseJson(rootKeys, config, file);
  const made =
    generation === undefined
      ? undefined
      : parseJson(generationKeys, generation, `${dir}/generation_config.json`);
  const ropeKey = text.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const rotary = text[ropeKey];
  if (!rotary) wrong(file, config, [...nested, ropeKey], 'an object with "mrope_section"');
  const vision = root.vision_config;
  if (vision.out_hidden_size !== text.hidden_size)
    wrong(
      file,
      config,
      ['vision_config', 'out_hidden_size'],
      `the text model's hidden_size ${text.hidden_size}`,
    );

  const eos = [...(made?.eos_token_id ?? []), ...text.eos_token_id, ...root.eos_token_id];
  const [firstEos] = eos;
  if (firstEos === undefined)
    wrong(file, config, [...nested, 'eos_token_id'], 'a token id here or in generation_config.json');
  const [pad] = [made, text, root].flatMap((keys) => keys?.pad_token_id ?? []);
  const [bos] = [made, text, root].flatMap((keys) => keys?.bos_token_id ?? []);
  const tokens: TokenIds = {
    image: root.image_token_id,
    video: root.video_token_id,
    visionStart: root.vision_start_token_id,
    visionEnd: root.vision_end_token_id,
    eos: [...new Set(eos)],
    // Qwen pads with <|endoftext|>, which some config files only name as the first token.
    pad: pad ?? bos ?? firstEos,
  };
  for (const [name, id] of Object.entries({ ...tokens, eos: Math.max(...tokens.eos) })) {
    if (id >= text.vocab_size) {
      throw new CheckpointError(
        `${file}: the ${name} token id ${id} lies outside vocab_size ${text.vocab_size}; tokenizer and model do not belong together`,
      );
    }
  }
  return {
    text: textOf(text, rotary, root.tie_word_embeddings),
    vision: visionOf(vision),
    tokens,
    raw: { config: config as JsonObject, generation: generation as JsonObject | undefined },
  };
}

function textOf(text: z.infer<typeof textKeys>, rotary: z.infer<typeof rope>, tied: boolean): TextConfig {
  const heads = text.num_attention_heads;
  return {
    hiddenSize: text.hidden_size,
    layers: text.num_hidden_layers,
    heads,
    kvHeads: text.num_key_value_heads ?? heads,
    headDim: text.hidden_size / heads,
    intermediateSize: text.intermediate_size,
    vocabSize: text.vocab_size,
    rmsNormEps: text.rms_norm_eps,
    ropeTheta: rotary.rope_theta ?? text.rope_theta,
    mropeSection: rotary.mrope_section,
    tieWordEmbeddings: tied || text.tie_word_embeddings,
  };
}

function visionOf(vision: z.infer<typeof visionKeys>): VisionConfig {
  return {
    depth: vision.depth,
    hiddenSize: vision.hidden_size,
    heads: vision.num_heads,
    headDim: vision.hidden_size / vision.num_heads,
    intermediateSize: vision.intermediate_size,
    patchSize: vision.patch_size,
    mergeSize: vision.spatial_merge_size,
    temporalPatchSize: vision.temporal_patch_size,
    windowSize: vision.window_size,
    fullAttentionBlocks: vision.fullatt_block_indexes,
    outHiddenSize: vision.out_hidden_size,
    inChannels: 3,
    ropeTheta: vision.rope_parameters?.rope_theta ?? 10_000,
    rmsNormEps: 1e-6,
  };
}
