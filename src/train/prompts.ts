/** From data rows to prompts: decode, corrupt (before the resize), cut into patches, render and tokenize the question. */

import type { Row } from '../data/row.ts';
import type { Prompt } from '../engine/types.ts';
import { DataError } from '../errors.ts';
import type { Mask } from '../mask/types.ts';
import { maskedViews } from '../mask/views.ts';
import type { ChatTemplate } from '../text/chat.ts';
import { encodePrompt, type PromptFormat, promptMessages } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { capPixels } from '../vision/cap.ts';
import { decodeImage } from '../vision/decode.ts';
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
   * @throws DataError or ImageError for a row that cannot be used
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
      const images = await Promise.all(
        row.images.map(async (bytes, i) =>
          capPixels(await decodeImage(bytes, `row ${row.id}, image ${i + 1}`), pixels.min, pixels.max),
        ),
      );
      const original = images.map(prepare);
      const messages = promptMessages(row.problem, images.length, `row ${row.id}`, format);
      const grids = original.map((image) => image.gridThw);
      const ids_L = encodePrompt(messages, grids, { tokenizer, chat }, processor.mergeSize, `row ${row.id}`);
      if (ids_L.length > maxPromptTokens)
        throw new DataError(
          `row ${row.id}: the prompt has ${ids_L.length} tokens, over data.maxPromptTokens ${maxPromptTokens}; raise it or lower the picture size`,
        );
      const prepared: Prompt['views'] = { original };
      let unchanged = 0;
      for (const [view, mask] of Object.entries(views)) {
        const corrupted = await maskedViews(images, mask, [...key, view]);
        prepared[view] = corrupted.images.map((image, i) => sameGrid(prepare(image), original[i]!, row.id));
        if (view === 'masked') unchanged = corrupted.unchanged;
      }
      return { row, prompt: { id: row.id, ids_L, views: prepared }, unchanged };
    },
    text: (tokens_T) => tokenizer.decode(tokens_T, { skipSpecialTokens: true }),
  };
}

function sameGrid(view: PreparedImage, original: PreparedImage, id: string): PreparedImage {
  if (view.gridThw.join() !== original.gridThw.join())
    throw new DataError(
      `row ${id}: the masked picture has the grid ${view.gridThw}, the original ${original.gridThw}; a mask must keep the size`,
    );
  return view;
}
