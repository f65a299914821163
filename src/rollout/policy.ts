/** The policy of a run as the loop's surroundings need it: its words, its image processor, its size. */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { readPolicy } from '../model/checkpoint.ts';
import type { Policy } from '../model/family.ts';
import { sizeOf } from '../model/parameters.ts';
import { readProcessor } from '../model/processor.ts';
import { policyFolder } from '../model/shipped.ts';
import type { RunConfig } from '../settings/config.ts';
import { loadChatTemplate, loadTokenizer, readTokenizerConfig } from '../text/load.ts';
import { FORMAT_PROMPT } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { PolicyText } from './prompts.ts';

export interface RunPolicy {
  dir: string;
  /** One line for the start of a run. */
  description: string;
  parameters: number;
  text: PolicyText;
}

const count = (n: number) =>
  n >= 1e9
    ? `${(n / 1e9).toFixed(2)} B`
    : n >= 1e6
      ? `${(n / 1e6).toFixed(2)} M`
      : `${(n / 1e3).toFixed(0)} k`;

/**
 * The words that a policy expects after a question: a policy that was trained here without any says so in its
 * tokenizer_config.json, which goes into every checkpoint of it.
 */
function ownFormat(dir: string): string {
  const own = readTokenizerConfig(dir).papo_format_prompt;
  return typeof own === 'string' ? own : FORMAT_PROMPT;
}

/** @throws CheckpointError where the tokenizer's ids are not those that the model was trained with */
function checkTokens(dir: string, { special, vocabSize }: Tokenizer, { tokens, decoder }: Policy): void {
  const where = join(dir, 'tokenizer.json');
  const both = 'take tokenizer and config.json from the same model';
  if (vocabSize > decoder.vocabSize)
    throw new CheckpointError(
      `${where}: has ids up to ${vocabSize - 1}, the model knows ${decoder.vocabSize} ("vocab_size" in config.json); ${both}`,
    );
  const pairs = [
    ['<|image_pad|>', special.imagePad, 'image_token_id', tokens.image],
    ['<|vision_start|>', special.visionStart, 'vision_start_token_id', tokens.visionStart],
    ['<|vision_end|>', special.visionEnd, 'vision_end_token_id', tokens.visionEnd],
  ] as const;
  for (const [token, own, key, wanted] of pairs)
    if (own !== wanted)
      throw new CheckpointError(
        `${where}: ${token} has id ${own}, "${key}" in config.json is ${wanted}; ${both}`,
      );
}

/** @throws CheckpointError where a file is missing or of another family, or no policy of that name comes with papo */
export function openPolicy({ policy, data }: RunConfig): RunPolicy {
  const dir = policyFolder(policy);
  const model = readPolicy(dir);
  const parameters = sizeOf(model.parameters);
  const processor = readProcessor(dir, model);
  const tokenizer = loadTokenizer(dir);
  checkTokens(dir, tokenizer, model);
  const { systemPrompt, maxPromptTokens, minPixels, maxPixels } = data;
  return {
    dir,
    description: `${policy} (${model.family.title} form, ${count(parameters)} parameters)`,
    parameters,
    text: {
      tokenizer,
      chat: loadChatTemplate(dir),
      processor,
      format: { formatPrompt: data.formatPrompt ?? ownFormat(dir), systemPrompt },
      maxPromptTokens,
      pixels: { min: minPixels ?? undefined, max: maxPixels ?? undefined },
    },
  };
}
