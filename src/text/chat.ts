/** The checkpoint's own chat template, which turns a conversation into the text that is tokenized. */
import { Template } from '@huggingface/jinja';
import { CheckpointError, DataError } from '../errors.ts';

export type ContentPart = { type: 'text'; text: string } | { type: 'image' };

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string | ContentPart[];
}

export class ChatTemplate {
  readonly source: string;
  readonly #template: Template;

  /**
   * @param source Jinja, as in the checkpoint
   * @param where the file, for messages
   * @throws CheckpointError where the template cannot be parsed
   */
  constructor(source: string, where: string) {
    this.source = source;
    try {
      this.#template = new Template(source);
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0];
      throw new CheckpointError(
        `${where}: the chat template cannot be parsed (${reason}); take the file from the model's hub page`,
      );
    }
  }

  /**
   * The conversation as text, one `<|image_pad|>` for each image.
   * @param options.answer the text ends where the assistant's answer starts; true unless told
   * @throws DataError where the template refuses the messages
   */
  render(messages: readonly Message[], options: { answer?: boolean } = {}): string {
    try {
      return this.#template.render({ messages, add_generation_prompt: options.answer ?? true });
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0];
      throw new DataError(
        `the chat template refuses these messages (${reason}); check their roles and order`,
      );
    }
  }
}
