/** The checkpoint's own chat template, which turns a conversation into the text that is tokenized. */
import { CheckpointError, DataError, quoted } from '../errors.ts';
import { within } from './bounded.ts';
import { OverBudget, parseTemplate, renderTemplate, type TemplateProgram } from './jinja.ts';
import { CHAT_TEMPLATE } from './qwen.ts';

export type ContentPart = { type: 'text'; text: string } | { type: 'image' };

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string | ContentPart[];
}

/** Characters of a template at most; the longest in use have 20,000. */
const MOST_CHARACTERS = 100_000;
/** Milliseconds to parse a template and to render a short conversation; a usual one takes 2. */
const TRIAL_MS = 800;
/** Milliseconds to render a conversation. The budget of steps ends nearly everything before. */
const RENDER_MS = 10_000;

const TRIAL: Message[] = [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Why?' }] }];

export class ChatTemplate {
  readonly source: string;
  readonly #program!: TemplateProgram;
  /** Qwen's own template needs no guard. */
  readonly #isKnown: boolean;

  /**
   * @param source Jinja, as in the checkpoint
   * @param where the file, for messages
   * @throws CheckpointError where the template cannot be parsed, or takes too long for a short conversation
   */
  constructor(source: string, where: string) {
    this.source = source;
    this.#isKnown = source === CHAT_TEMPLATE;
    const fail = (what: string): never => {
      throw new CheckpointError(
        `${where}: the chat template ${what}; take the file from the model's hub page`,
      );
    };
    if (source.length > MOST_CHARACTERS)
      fail(`has ${source.length} characters, more than ${MOST_CHARACTERS}`);
    try {
      // Tried twice, as the machine may have been busy with others.
      const parse = () => {
        if (this.#isKnown) return { value: parseTemplate(source) };
        return within(TRIAL_MS, () => parseTemplate(source));
      };
      this.#program = (parse() ?? parse() ?? fail(`takes more than ${TRIAL_MS / 1000} s to parse`)).value;
    } catch (error) {
      if (error instanceof CheckpointError) throw error;
      fail(`cannot be parsed (${quoted(reasonOf(error))})`);
    }
    if (!this.#isKnown) this.#try(fail);
  }

  /**
   * The conversation as text, one `<|image_pad|>` for each image.
   * @param options.answer the text ends where the assistant's answer starts; true unless told
   * @throws DataError where the template refuses the messages, or takes too long for them
   */
  render(messages: readonly Message[], options: { answer?: boolean } = {}): string {
    const work = () => this.#render(messages, options.answer ?? true);
    let text: { value: string } | undefined;
    try {
      text = this.#isKnown ? { value: work() } : within(RENDER_MS, work);
    } catch (error) {
      throw new DataError(
        `the chat template refuses these messages (${quoted(reasonOf(error))}); check their roles and order`,
      );
    }
    if (text) return text.value;
    throw new DataError(
      `the chat template takes more than ${RENDER_MS / 1000} s for these messages; make them shorter`,
    );
  }

  /** A short conversation, once: what takes long even for that is refused before any row is read. */
  #try(fail: (what: string) => never): void {
    const trial = () => within(TRIAL_MS, () => this.#render(TRIAL, true));
    let done: { value: string } | undefined;
    try {
      done = trial() ?? trial();
    } catch (error) {
      if (error instanceof OverBudget) fail(`cannot be used: ${error.message} for a short conversation`);
      // It may want other messages: that is told when it gets them.
      return;
    }
    if (!done) fail(`takes more than ${TRIAL_MS / 1000} s for a short conversation`);
  }

  #render(messages: readonly Message[], answer: boolean): string {
    return renderTemplate(this.#program, { messages, add_generation_prompt: answer });
  }
}

const reasonOf = (error: unknown) => String((error as Error | null)?.message ?? error).split('\n')[0];
