/**
 * Parameter names. Inside, a parameter goes by its name on the hub (`model.layers.0.mlp.up_proj.weight`,
 * `visual.blocks.0.attn.qkv.weight`, `lm_head.weight`); transformers 5 keeps both towers under `model.`
 * (`model.language_model.layers...`, `model.visual.blocks...`).
 */
import type { PolicyConfig } from './config.ts';

export type NameLayout = 'hub' | 'transformers5';

export interface ParameterSpec {
  /** The hub's name. */
  name: string;
  shape: number[];
}

/** The layout that a file's tensor names follow. */
export function detectLayout(names: Iterable<string>): NameLayout {
  for (const name of names) {
    if (name.startsWith('model.language_model.') || name.startsWith('model.visual.')) return 'transformers5';
  }
  return 'hub';
}

/** A name of either layout as the hub has it. */
export function toHubName(name: string): string {
  if (name.startsWith('model.language_model.')) return `model.${name.slice('model.language_model.'.length)}`;
  if (name.startsWith('model.visual.')) return name.slice('model.'.length);
  return name;
}

/** A hub name in the given layout. */
export function fromHubName(name: string, layout: NameLayout): string {
  if (layout === 'hub') return name;
  if (name.startsWith('model.')) return `model.language_model.${name.slice('model.'.length)}`;
  return name.startsWith('visual.') ? `model.${name}` : name;
}

/** Every parameter of the policy with its shape, in the order of the forward pass. A tied policy has no `lm_head.weight`. */
export function parameterSpecs(config: PolicyConfig): ParameterSpec[] {
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

  add('model.embed_tokens.weight', t.vocabSize, t.hiddenSize);
  for (let i = 0; i < t.layers; i++) {
    const layer = `model.layers.${i}`;
    add(`${layer}.input_layernorm.weight`, t.hiddenSize);
    for (const [side, heads] of [
      ['q', t.heads] as const,
      ['k', t.kvHeads] as const,
      ['v', t.kvHeads] as const,
    ]) {
      add(`${layer}.self_attn.${side}_proj.weight`, heads * t.headDim, t.hiddenSize);
      if (t.attentionBias) add(`${layer}.self_attn.${side}_proj.bias`, heads * t.headDim);
    }
    add(`${layer}.self_attn.o_proj.weight`, t.hiddenSize, t.heads * t.headDim);
    add(`${layer}.post_attention_layernorm.weight`, t.hiddenSize);
    add(`${layer}.mlp.gate_proj.weight`, t.intermediateSize, t.hiddenSize);
    add(`${layer}.mlp.up_proj.weight`, t.intermediateSize, t.hiddenSize);
    add(`${layer}.mlp.down_proj.weight`, t.hiddenSize, t.intermediateSize);
  }
  add('model.norm.weight', t.hiddenSize);
  if (!t.tieWordEmbeddings) add('lm_head.weight', t.vocabSize, t.hiddenSize);
  return specs;
}
