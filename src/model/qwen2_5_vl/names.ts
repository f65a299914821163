/**
 * Parameter names. Inside, a parameter goes by its name on the hub (`model.layers.0.mlp.up_proj.weight`,
 * `visual.blocks.0.attn.qkv.weight`, `lm_head.weight`); transformers 5 keeps both towers under `model.`
 * (`model.language_model.layers...`, `model.visual.blocks...`).
 */
import type { NameLayout, ParameterNames } from '../family.ts';
import type { ParameterSpec } from '../parameters.ts';
import type { Qwen25VLConfig } from './config.ts';

const TEXT = 'model.language_model.';
const VISION = 'model.visual.';

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';

export const layoutOf = (stored: string): NameLayout | undefined =>
  stored.startsWith(TEXT) || stored.startsWith(VISION) ? 'transformers5' : undefined;

/** A name of either layout as the hub has it. */
export function toHubName(name: string): string {
  if (name.startsWith(TEXT)) return `model.${name.slice(TEXT.length)}`;
  if (name.startsWith(VISION)) return name.slice('model.'.length);
  return name;
}

/** A hub name in the given layout. */
export function fromHubName(name: string, layout: NameLayout): string {
  if (layout === 'hub') return name;
  if (name.startsWith('model.')) return `${TEXT}${name.slice('model.'.length)}`;
  return name.startsWith('visual.') ? `model.${name}` : name;
}

export const parameterNames = ({ text }: Qwen25VLConfig): ParameterNames => ({
  usual: 'hub',
  layoutOf,
  toOwn: toHubName,
  toStored: fromHubName,
  // What transformers tolerates too: buffers of old saves, and the copy of the embedding in a tied checkpoint.
  isIgnored: (name) => name.endsWith('.inv_freq') || (name === HEAD && text.tieWordEmbeddings),
});

/**
 * Matrices have deviation 1/sqrt(inputs), those that write to the residual stream smaller by 1/sqrt(2·layers) so that the
 * stream keeps its size; embeddings have 0.02 (Hugging Face `initializer_range`).
 */
export function deviationOf(c: Qwen25VLConfig, name: string, inputs: number): number {
  if (name === EMBEDDING || name === HEAD) return 0.02;
  const depth = name.startsWith('visual.') ? c.vision.depth : c.text.layers;
  const residual = /(o_proj|down_proj|attn\.proj)\.weight$/.test(name) ? 1 / Math.sqrt(2 * depth) : 1;
  return residual / Math.sqrt(inputs);
}

/** Every parameter of the policy with its shape, in the order of the forward pass. A tied policy has no `lm_head.weight`. */
export function parameterSpecs(config: Qwen25VLConfig): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  const add = (name: string, ...shape: number[]) => specs.push({ name, shape });

  const { vision: v, text: t } = config;
  add(
    'visual.patch_embed.proj.weight',
    v.hiddenSize,
    v.inChannels,
    v.temporalPatchSize,
    v.patchSize,
    v.patchSize,
  );
  for (let i = 0; i < v.depth; i++) {
    const block = `visual.blocks.${i}`;
    add(`${block}.norm1.weight`, v.hiddenSize);
    add(`${block}.attn.qkv.weight`, 3 * v.hiddenSize, v.hiddenSize);
    add(`${block}.attn.qkv.bias`, 3 * v.hiddenSize);
    add(`${block}.attn.proj.weight`, v.hiddenSize, v.hiddenSize);
    add(`${block}.attn.proj.bias`, v.hiddenSize);
    add(`${block}.norm2.weight`, v.hiddenSize);
    for (const side of ['gate', 'up']) {
      add(`${block}.mlp.${side}_proj.weight`, v.intermediateSize, v.hiddenSize);
      add(`${block}.mlp.${side}_proj.bias`, v.intermediateSize);
    }
    add(`${block}.mlp.down_proj.weight`, v.hiddenSize, v.intermediateSize);
    add(`${block}.mlp.down_proj.bias`, v.hiddenSize);
  }
  const merged = v.hiddenSize * v.mergeSize * v.mergeSize;
  add('visual.merger.ln_q.weight', v.hiddenSize);
  add('visual.merger.mlp.0.weight', merged, merged);
  add('visual.merger.mlp.0.bias', merged);
  add('visual.merger.mlp.2.weight', v.outHiddenSize, merged);
  add('visual.merger.mlp.2.bias', v.outHiddenSize);

  add(EMBEDDING, t.vocabSize, t.hiddenSize);
  for (let i = 0; i < t.layers; i++) {
    const layer = `model.layers.${i}`;
    add(`${layer}.input_layernorm.weight`, t.hiddenSize);
    for (const [side, heads] of [
      ['q', t.heads] as const,
      ['k', t.kvHeads] as const,
      ['v', t.kvHeads] as const,
    ]) {
      add(`${layer}.self_attn.${side}_proj.weight`, heads * t.headDim, t.hiddenSize);
      add(`${layer}.self_attn.${side}_proj.bias`, heads * t.headDim);
    }
    add(`${layer}.self_attn.o_proj.weight`, t.hiddenSize, t.heads * t.headDim);
    add(`${layer}.post_attention_layernorm.weight`, t.hiddenSize);
    add(`${layer}.mlp.gate_proj.weight`, t.intermediateSize, t.hiddenSize);
    add(`${layer}.mlp.up_proj.weight`, t.intermediateSize, t.hiddenSize);
    add(`${layer}.mlp.down_proj.weight`, t.hiddenSize, t.intermediateSize);
  }
  add('model.norm.weight', t.hiddenSize);
  if (!t.tieWordEmbeddings) add(HEAD, t.vocabSize, t.hiddenSize);
  return specs;
}
