/** A base policy made from nothing: its tokenizer, its shape in the form of a family, and its first parameters. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { description } from '../data/builtin/describe.ts';
import { makeUndrawn } from '../data/builtin/make.ts';
import { solution } from '../data/builtin/solution.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { families } from '../model/families.ts';
import { initialParameters } from '../model/init.ts';
import { random } from '../random.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { trainTokenizer } from '../text/bpe.ts';
import { loadChatTemplate, loadTokenizer } from '../text/load.ts';
import { parseProcessorConfig } from '../vision/processor.ts';
import type { BaseShape } from './recipe.ts';

/** Limits of a picture, in pixels. */
const PIXELS = { min: 3136, max: 50176 };

/**
 * Pixels are measured from the paper of the built-in pictures, not from the mean of photographs. With that mean, nine
 * tenths of every patch are one and the same large input, and colours are told apart after twice as many steps.
 */
const PAPER = [0.94, 0.94, 0.94];

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
  const [family] = families;
  const files = trainTokenizer(corpus(seed, 800), { vocabSize: shape.vocabulary });
  for (const [name, content] of files)
    if (name === 'tokenizer_config.json') files.set(name, withoutWords(content));
  const dir = mkdtempSync(join(tmpdir(), 'papo-tokenizer-'));
  try {
    for (const [name, content] of files) writeFileSync(join(dir, name), content);
    const tokenizer = loadTokenizer(dir);
    const chat = loadChatTemplate(dir);
    const id = (token: string) => {
      const found = tokenizer.idOf(token);
      if (found === undefined) throw new TypeError(`${token}: not in the vocabulary that was made`);
      return found;
    };
    const policy = family.create({
      text: {
        hiddenSize: shape.hidden,
        layers: shape.layers,
        heads: shape.heads,
        kvHeads: shape.kvHeads,
        intermediateSize: shape.intermediate,
        vocabSize: Math.ceil(tokenizer.vocabSize / 64) * 64,
        tieWordEmbeddings: true,
        // Short sequences: the slowest frequency need not span 32k tokens.
        ropeTheta: 10_000,
        maxPositions: 4096,
      },
      vision: {
        depth: shape.visionDepth,
        hiddenSize: shape.visionHidden,
        heads: shape.visionHeads,
        intermediateSize: shape.visionIntermediate,
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
    const processor = { ...family.preprocessor(PIXELS), image_mean: PAPER };
    const preprocessor = `${JSON.stringify(processor, null, 2)}\n`;
    const companions = new Map([...files, ['preprocessor_config.json', preprocessor]]);
    const utf8 = new TextEncoder();
    return {
      checkpoint: {
        policy,
        parameters: initialParameters(policy, random(seed, 'parameters')),
        layout: policy.names.usual,
        extraFiles: new Map([...companions].map(([n, s]) => [n, utf8.encode(s)])),
      },
      text: {
        tokenizer,
        chat,
        processor: parseProcessorConfig(processor, 'the base policy'),
        format: { formatPrompt: '' },
        maxPromptTokens: 1024,
      },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Its questions come without any words on the form of the answer (see policy.ts). */
const withoutWords = (tokenizerConfig: string) =>
  `${JSON.stringify({ ...JSON.parse(tokenizerConfig), papo_format_prompt: '' }, null, 2)}\n`;
