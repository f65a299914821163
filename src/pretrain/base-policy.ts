/** A base policy made from nothing: its tokenizer, its shape in the Qwen2.5-VL form, and its first parameters. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { description } from '../data/tasks/describe.ts';
import { makeUndrawn } from '../data/tasks/make.ts';
import { solution } from '../data/tasks/solution.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { newPolicyConfig } from '../model/config.ts';
import { initialParameters } from '../model/init.ts';
import { random } from '../random.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { trainTokenizer } from '../text/bpe.ts';
import { loadChatTemplate, loadTokenizer } from '../text/load.ts';
import { parseProcessorConfig } from '../vision/processor.ts';

export interface BaseShape {
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  intermediate: number;
  visionHidden: number;
  visionDepth: number;
  visionHeads: number;
  visionIntermediate: number;
  /** Tokens: 256 bytes, 16 special ones, the rest learnt from the tasks' texts. */
  vocabulary: number;
}

const PREPROCESSOR = {
  do_resize: true,
  do_rescale: true,
  do_normalize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  image_processor_type: 'Qwen2VLImageProcessor',
  max_pixels: 50176,
  merge_size: 2,
  min_pixels: 3136,
  patch_size: 14,
  processor_class: 'Qwen2_5_VLProcessor',
  resample: 3,
  rescale_factor: 1 / 255,
  temporal_patch_size: 2,
};

/** Texts of the built-in tasks, all levels of dependency: what the tokenizer is learnt from. */
function corpus(seed: string, rows: number): string[] {
  const texts: string[] = ['You are a helpful assistant.', 'system', 'user', 'assistant'];
  for (let i = 0; i < rows; i++) {
    for (const dependency of ['high', 'medium', 'low'] as const) {
      const row = makeUndrawn(`${seed}-words`, i, { dependency, split: 'train' });
      const rng = random(seed, 'words', i, dependency);
      const { question, text } = description(row.meta.scene, rng);
      texts.push(row.problem.replaceAll('<image>', ''), solution(row, rng), question, text);
    }
  }
  return texts;
}

export interface NewBase {
  checkpoint: Checkpoint;
  text: PolicyText;
}

/** @param seed decides the tokenizer's texts and the first parameters */
export function newBasePolicy(seed: string, shape: BaseShape): NewBase {
  const files = trainTokenizer(corpus(seed, 800), { vocabSize: shape.vocabulary });
  // Its questions come without any words on the form of the answer (see policy.ts).
  const settings = { ...JSON.parse(files.get('tokenizer_config.json')!), papo_format_prompt: '' };
  files.set('tokenizer_config.json', `${JSON.stringify(settings, null, 2)}\n`);
  const dir = mkdtempSync(join(tmpdir(), 'papo-tokenizer-'));
  try {
    for (const [name, content] of files) writeFileSync(join(dir, name), content);
    const tokenizer = loadTokenizer(dir);
    const chat = loadChatTemplate(dir);
    const id = (token: string) => tokenizer.idOf(token)!;
    const config = newPolicyConfig({
      text: {
        hiddenSize: shape.hidden,
        layers: shape.layers,
        heads: shape.heads,
        kvHeads: shape.kvHeads,
        intermediateSize: shape.intermediate,
        vocabSize: Math.ceil(tokenizer.vocabSize / 64) * 64,
        tieWordEmbeddings: true,
        mropeSection: sections(shape.hidden / shape.heads / 2),
        // Short sequences: the slowest frequency need not span 32k tokens.
        ropeTheta: 10_000,
        maxPositions: 4096,
      },
      vision: {
        depth: shape.visionDepth,
        hiddenSize: shape.visionHidden,
        heads: shape.visionHeads,
        intermediateSize: shape.visionIntermediate,
        windowSize: 112,
        fullAttentionBlocks: [shape.visionDepth - 1],
      },
      tokens: {
        image: id('<|image_pad|>'),
        video: id('<|video_pad|>'),
        visionStart: id('<|vision_start|>'),
        visionEnd: id('<|vision_end|>'),
        eos: [id('<|im_end|>'), id('<|endoftext|>')],
        pad: id('<|endoftext|>'),
      },
    });
    const preprocessor = `${JSON.stringify(PREPROCESSOR, null, 2)}\n`;
    const companions = new Map([...files, ['preprocessor_config.json', preprocessor]]);
    const utf8 = new TextEncoder();
    return {
      checkpoint: {
        config,
        parameters: initialParameters(config, random(seed, 'parameters')),
        layout: 'hub',
        extraFiles: new Map([...companions].map(([n, s]) => [n, utf8.encode(s)])),
      },
      text: {
        tokenizer,
        chat,
        processor: parseProcessorConfig(PREPROCESSOR, 'the base policy'),
        format: { formatPrompt: '' },
        maxPromptTokens: 1024,
      },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** M-RoPE sections in the proportion of the released models (16 : 24 : 24). */
function sections(half: number): [number, number, number] {
  const side = Math.floor((half * 3) / 8);
  return [half - 2 * side, side, side];
}
