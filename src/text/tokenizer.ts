/**
 * The tokenizer of a checkpoint, from the contents of its tokenizer.json and tokenizer_config.json. Reading the files
 * is load.ts's business.
 */
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { CheckpointError, quoted } from '../errors.ts';
import { checkTokenizer } from './tokenizer-file.ts';

/** Token ids that a vision-language policy works with. */
export interface SpecialIds {
  imStart: number;
  /** Ends a turn, so it ends an answer. */
  imEnd: number;
  visionStart: number;
  visionEnd: number;
  imagePad: number;
  /** Absent in tokenizers that were made for images alone. */
  videoPad: number | undefined;
  /** Fills up a batch; the end of a turn where the tokenizer names no other. */
  pad: number;
}

export class Tokenizer {
  /** Ids run from 0 to vocabSize - 1, added tokens included. The model's embedding may have more rows. */
  readonly vocabSize: number;
  readonly special: SpecialIds;
  readonly #hub: HubTokenizer;
  readonly #specialIds: ReadonlySet<number>;

  /**
   * @param tokenizer parsed tokenizer.json
   * @param config parsed tokenizer_config.json
   * @param dir the folder, for messages
   * @throws CheckpointError where the contents cannot be used or lack the tokens for images and turns
   */
  constructor(tokenizer: object, config: object, dir: string) {
    const file = `${dir}/tokenizer.json`;
    const checked = checkTokenizer(tokenizer as Record<string, unknown>, file);
    try {
      this.#hub = new HubTokenizer(checked, {});
    } catch (error) {
      throw new CheckpointError(
        `${file}: cannot be used (${quoted((error as Error).message)}); take the file from the model's hub page`,
      );
    }
    // Without these a conversation with images cannot be written.
    const missing: string[] = [];
    const required = (token: string): number => {
      const id = this.idOf(token);
      if (id === undefined) missing.push(token);
      return id ?? -1;
    };
    const marks = {
      imStart: required('<|im_start|>'),
      imEnd: required('<|im_end|>'),
      visionStart: required('<|vision_start|>'),
      visionEnd: required('<|vision_end|>'),
      imagePad: required('<|image_pad|>'),
      videoPad: this.idOf('<|video_pad|>'),
    };
    if (missing.length > 0) {
      throw new CheckpointError(
        `${file}: the tokens ${missing.join(' ')} are missing; take the file from the model's hub page`,
      );
    }
    const added = this.#hub.get_added_tokens_decoder();
    this.#specialIds = new Set([...added].filter(([, token]) => token.special).map(([id]) => id));
    let last = 0;
    for (const id of this.#hub.get_vocab(true).values()) last = Math.max(last, id);
    this.vocabSize = last + 1;
    const { pad_token: named } = config as { pad_token?: unknown };
    const padToken: unknown =
      typeof named === 'string' ? named : (Object(named) as { content?: unknown }).content;
    const pad = typeof padToken === 'string' ? this.idOf(padToken) : undefined;
    this.special = { ...marks, pad: pad ?? marks.imEnd };
  }

  /** Token ids of a text; added tokens such as `<|im_end|>` are recognised wherever they stand. */
  encode(text: string): number[] {
    return this.#hub.encode(text, { add_special_tokens: false }).ids;
  }

  /**
   * The text of token ids. Bytes that are not UTF-8 (half a character at the end of a cut answer) become U+FFFD; ids
   * that the vocabulary does not have, as the padded rows of an embedding, become nothing.
   */
  decode(ids: ArrayLike<number>, options: { skipSpecialTokens?: boolean } = {}): string {
    const known = Array.from(ids).filter(
      (id) => this.tokenOf(id) !== undefined && !(options.skipSpecialTokens && this.#specialIds.has(id)),
    );
    if (known.length === 0) return '';
    return this.#hub.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  idOf(token: string): number | undefined {
    return this.#hub.token_to_id(token);
  }

  /** The token as the vocabulary writes it (bytes as printable stand-ins). */
  tokenOf(id: number): string | undefined {
    return this.#hub.id_to_token(id);
  }
}
