/** A policy of this family that is made from nothing: its config.json and its image processor's file. */
import type { JsonObject } from '../../json.ts';
import type { NewPolicy } from '../family.ts';
import { MODEL_TYPE, type Qwen25VLConfig, readConfig } from './config.ts';

/** A new policy in more detail than a family is asked for. */
export interface NewConfig extends NewPolicy {
  text: NewPolicy['text'] & { mropeSection?: [number, number, number] };
  vision: NewPolicy['vision'] & { windowSize?: number; fullAttentionBlocks?: number[] };
}

/** M-RoPE sections in the proportion of the released models (16 : 24 : 24). */
function sections(half: number): [number, number, number] {
  const side = Math.floor((half * 3) / 8);
  return [half - 2 * side, side, side];
}

/** The configuration of a policy that is made from nothing, in the hub's flat form. */
export function newConfig({ text, vision, tokens }: NewConfig): Qwen25VLConfig {
  const section = text.mropeSection ?? sections(text.hiddenSize / text.heads / 2);
  const config: JsonObject = {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    attention_dropout: 0,
    bos_token_id: tokens.pad,
    eos_token_id: tokens.eos[0] ?? null,
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
    model_type: MODEL_TYPE,
    num_attention_heads: text.heads,
    num_hidden_layers: text.layers,
    num_key_value_heads: text.kvHeads,
    rms_norm_eps: 1e-6,
    rope_scaling: { type: 'mrope', mrope_section: section },
    rope_theta: text.ropeTheta ?? 1e6,
    tie_word_embeddings: text.tieWordEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    use_sliding_window: false,
    vision_config: {
      depth: vision.depth,
      fullatt_block_indexes: vision.fullAttentionBlocks ?? [vision.depth - 1],
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
      window_size: vision.windowSize ?? 112,
    },
    vocab_size: text.vocabSize,
  };
  const generation: JsonObject = {
    bos_token_id: tokens.pad,
    do_sample: true,
    eos_token_id: [...tokens.eos],
    pad_token_id: tokens.pad,
  };
  return readConfig(config, generation, 'new policy');
}

/** preprocessor_config.json for these limits of a picture, in pixels. */
export const newPreprocessor = ({ min, max }: { min: number; max: number }): JsonObject => ({
  do_resize: true,
  do_rescale: true,
  do_normalize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  image_processor_type: 'Qwen2VLImageProcessor',
  max_pixels: max,
  merge_size: 2,
  min_pixels: min,
  patch_size: 14,
  processor_class: 'Qwen2_5_VLProcessor',
  resample: 3,
  rescale_factor: 1 / 255,
  temporal_patch_size: 2,
});
