/** From the text of a data row to the token ids that the policy is asked with. */
import { DataError } from '../errors.ts';
import type { ChatTemplate, ContentPart, Message } from './chat.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What the released models were told, word for word. Source: the paper's public code, format_prompt. */
export const FORMAT_PROMPT =
  'You first think through the reasoning process as an internal monologue, enclosed within <think> </think> tags. ' +
  'Then, provide your final answer enclosed within \\boxed{}.';

/** Marks the place of an image in a row's `problem`. */
const IMAGE_MARK = '<image>';

export interface PromptFormat {
  /** Follows the question after a blank line; `FORMAT_PROMPT` unless told, '' leaves the question as it is. */
  formatPrompt?: string;
  /** A system message; where there is none the chat template may put its own. */
  systemPrompt?: string;
}

/**
 * The conversation of a data row: the question with each `<image>` replaced by an image, then the format prompt.
 * @param where the row, for messages
 * @throws DataError where the marks and the images differ in number
 */
export function promptMessages(
  problem: string,
  images: number,
  where: string,
  format: PromptFormat = {},
): Message[] {
  const suffix = format.formatPrompt ?? FORMAT_PROMPT;
  const text = suffix === '' ? problem : `${withoutSuffix(problem, suffix)}\n\n${suffix}`;
  const pieces = text.split(IMAGE_MARK);
  if (pieces.length - 1 !== images) {
    throw new DataError(
      `${where}: ${pieces.length - 1} ${IMAGE_MARK} mark(s) in the problem but ${images} image(s); give one mark per image`,
    );
  }
  const content: ContentPart[] = [];
  pieces.forEach((piece, i) => {
    if (i > 0) content.push({ type: 'image' });
    if (piece !== '') content.push({ type: 'text', text: piece });
  });
  const messages: Message[] = [{ role: 'user', content }];
  if (format.systemPrompt) messages.unshift({ role: 'system', content: format.systemPrompt });
  return messages;
}

/**
 * The question without a format prompt that its file already put behind it: the one that is set, or that of the released
 * models, as in the authors' evaluation data. White space before and within it may differ.
 */
function withoutSuffix(problem: string, suffix: string): string {
  const bare = problem.trim();
  for (const known of [suffix, FORMAT_PROMPT]) {
    const words = known
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const at = bare.search(new RegExp(`(?<=\\s)${words.join('\\s+')}$`));
    if (at > 0) return bare.slice(0, at).trim();
  }
  return bare;
}

/** The question without the released models' format prompt at its end, as the authors' evaluation data has it. */
export const withoutFormat = (problem: string): string => withoutSuffix(problem, FORMAT_PROMPT);

/**
 * Each image's single pad token becomes as many as the image has tokens: t · h · w / mergeSize².
 * @param grids_N [t, h, w] in patches, one per image, in order of appearance
 * @throws DataError where pad tokens and images differ in number
 */
export function expandImages(
  ids: readonly number[],
  grids: readonly (readonly [number, number, number])[],
  imagePad: number,
  mergeSize: number,
  where: string,
): Int32Array {
  const marks = ids.reduce((count, id) => count + (id === imagePad ? 1 : 0), 0);
  if (marks !== grids.length) {
    throw new DataError(
      `${where}: the prompt has ${marks} image token(s) for ${grids.length} image(s); remove <|image_pad|> from the problem's text`,
    );
  }
  const out: number[] = [];
  let image = 0;
  for (const id of ids) {
    if (id !== imagePad) {
      out.push(id);
      continue;
    }
    const [t, h, w] = grids[image++];
    const count = (t * h * w) / (mergeSize * mergeSize);
    for (let i = 0; i < count; i++) out.push(imagePad);
  }
  return Int32Array.from(out);
}

/** A conversation as token ids [L], images expanded, up to where the answer starts. */
export function encodePrompt(
  messages: readonly Message[],
  grids: readonly (readonly [number, number, number])[],
  text: { tokenizer: Tokenizer; chat: ChatTemplate },
  mergeSize: number,
  where: string,
): Int32Array {
  const ids = text.tokenizer.encode(text.chat.render(messages));
  return expandImages(ids, grids, text.tokenizer.special.imagePad, mergeSize, where);
}
