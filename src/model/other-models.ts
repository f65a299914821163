/** Models that people have at hand and that cannot be trained here, by their `model_type`: what they are in plain words. */

const TEXT_ONLY: Record<string, string> = {
  qwen2: 'Qwen2 or Qwen2.5',
  qwen2_moe: 'Qwen2 MoE',
  qwen3: 'Qwen3',
  qwen3_moe: 'Qwen3 MoE',
  llama: 'Llama',
  mistral: 'Mistral',
  gemma: 'Gemma',
  gemma2: 'Gemma 2',
  phi3: 'Phi-3',
  gpt2: 'GPT-2',
};

const SEEING: Record<string, string> = {
  qwen2_vl: 'Qwen2-VL',
  qwen3_vl: 'Qwen3-VL',
  qwen3_vl_moe: 'Qwen3-VL MoE',
  qwen2_5_omni: 'Qwen2.5-Omni',
  llava: 'LLaVA',
  llava_next: 'LLaVA-NeXT',
  llava_onevision: 'LLaVA-OneVision',
  llava_qwen2: 'LLaVA with Qwen2',
  internvl: 'InternVL',
  internvl_chat: 'InternVL',
  gemma3: 'Gemma 3',
  paligemma: 'PaliGemma',
  idefics3: 'Idefics3',
  smolvlm: 'SmolVLM',
  mllama: 'Llama 3.2 Vision',
  minicpmv: 'MiniCPM-V',
  phi3_v: 'Phi-3 Vision',
};

const BLIND_TO_WORDS: Record<string, string> = {
  dinov2: 'DINOv2',
  dinov2_with_registers: 'DINOv2 with registers',
  dinov3_vit: 'DINOv3',
  vit: 'ViT',
  clip: 'CLIP',
  siglip: 'SigLIP',
};

const nameIn = (table: Record<string, string>, type: string) =>
  Object.hasOwn(table, type) ? table[type] : undefined;

/** What a `model_type` of no family here is, as in "that is …"; nothing where it is not known here. */
export function whatElse(modelType: unknown): string | undefined {
  if (typeof modelType !== 'string') return undefined;
  const text = nameIn(TEXT_ONLY, modelType);
  if (text) return `${text}, a model of text alone that sees no pictures`;
  const seeing = nameIn(SEEING, modelType);
  if (seeing) return `${seeing}, another family of vision-language models`;
  const blind = nameIn(BLIND_TO_WORDS, modelType);
  return blind && `${blind}, a model of pictures alone that writes no words`;
}
