/** From data rows to prompts: decode, corrupt (before the resize), cut into patches, render and tokenize the question. */

import type { Row } from '../data/row.ts';
import { UnusableRow } from '../data/skip.ts';
import type { Prompt } from '../engine/types.ts';
import { DataError } from '../errors.ts';
import type { Mask } from '../mask/types.ts';
import { maskedViews } from '../mask/views.ts';
import type { ChatTemplate } from '../text/chat.ts';
import { encodePrompt, type PromptFormat, promptMessages } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { capPixels } from '../vision/cap.ts';
import { decodeImage, imageSize, MAX_PIXELS, TooManyPixels } from '../vision/decode.ts';
import type { RgbImage } from '../vision/image.ts';
import { type PreparedImage, type ProcessorConfig, prepareImage } from '../vision/processor.ts';

/** A question ready for the policy, with the row it came from. */
export interface MadePrompt {
  row: Row;
  prompt: Prompt;
  /** Pictures of the `masked` view that came out as they were: KL_prcp is 0 where all of them did. */
  unchanged: number;
}

/** What stands between rows and token ids. */
export interface PromptMaker {
  /**
   * @param views how each further view of the pictures is made
   * @param key names the random streams of the masks
   * @throws DataError or ImageError for a row that cannot be used, UserFunctionError for a user's mask
   */
  make(row: Row, views: Record<string, Mask>, key: readonly (string | number)[]): Promise<MadePrompt>;
  /** The text of a response, as it is graded and shown. */
  text(tokens_T: Int32Array): string;
}

export interface PolicyText {
  tokenizer: Tokenizer;
  chat: ChatTemplate;
  processor: ProcessorConfig;
  format: PromptFormat;
  /** Prompts of more tokens than this are skipped. */
  maxPromptTokens: number;
  /** Limits that pictures are brought within before anything else, as the public code does when it loads a row. */
  pixels?: { min?: number; max?: number };
}

/** The maker for a checkpoint's own tokenizer, chat template and image processor. */
export function promptMaker(policy: PolicyText): PromptMaker {
  const { tokenizer, chat, processor, format, maxPromptTokens, pixels = {} } = policy;
  const prepare = (rgb: Parameters<typeof prepareImage>[0]) => prepareImage(rgb, processor);
  return {
    async make(row, views, key) {
      checkLength(row, maxPromptTokens);
      const own = format.systemPrompt || row.system;
      const messages = promptMessages(row.problem, row.images.length, `row ${row.id}`, {
        ...format,
        ...(own && { systemPrompt: own }),
      });
      await checkPixels(row);
      const images: RgbImage[] = [];
      for (const [i, bytes] of row.images.entries())
        images.push(capPixels(await decodeImage(bytes, imageName(row, i)), pixels.min, pixels.max));
      const original = images.map(prepare);
      const grids = original.map((image) => image.gridThw);
      const ids_L = encodePrompt(messages, grids, { tokenizer, chat }, processor.mergeSize, `row ${row.id}`);
      if (ids_L.length > maxPromptTokens)
        throw new UnusableRow(
          'too long',
          `row ${row.id}: the prompt has ${ids_L.length} tokens, over data.maxPromptTokens ${maxPromptTokens}; raise it or lower the picture size`,
        );
      const prepared: Prompt['views'] = { original };
      let unchanged = 0;
      for (const [view, mask] of Object.entries(views)) {
        const corrupted = await maskedViews(images, mask, [...key, view], `row ${row.id}`);
        prepared[view] = corrupted.images.map((image, i) => sameGrid(prepare(image), original[i], row.id));
        if (view === 'masked') unchanged = corrupted.unchanged;
      }
      return { row, prompt: { id: row.id, ids_L, views: prepared }, unchanged };
    },
    text: (tokens_T) => tokenizer.decode(tokens_T, { skipSpecialTokens: true }),
  };
}

const imageName = (row: Row, i: number) => `row ${row.id}, image ${i + 1}`;

/** Characters that a token stands for at most on average: what is longer is not even tokenized. */
const TOKEN_CHARACTERS = 16;

function checkLength({ id, problem }: Row, maxPromptTokens: number): void {
  if (problem.length > TOKEN_CHARACTERS * maxPromptTokens)
    throw new UnusableRow(
      'too long',
      `row ${id}: the question has ${problem.length} characters, over ${TOKEN_CHARACTERS} for each of data.maxPromptTokens ${maxPromptTokens}; raise it or cut the question`,
    );
}

/** The bound on one picture holds for those of a row together: all of them are in memory at once. */
async function checkPixels(row: Row): Promise<void> {
  let pixels = 0;
  for (const [i, bytes] of row.images.entries()) {
    const { width, height } = await imageSize(bytes, imageName(row, i));
    pixels += width * height;
    if (pixels > MAX_PIXELS)
      throw new TooManyPixels(
        `row ${row.id}: its pictures have over ${MAX_PIXELS} pixels together; make them smaller`,
      );
  }
}

function sameGrid(view: PreparedImage, original: PreparedImage, id: string): PreparedImage {
  if (view.gridThw.join() !== original.gridThw.join())
    throw new DataError(
      `row ${id}: the masked picture has the grid ${view.gridThw}, the original ${original.gridThw}; a mask must keep the size`,
    );
  return view;
}
