/** Questions that come as a conversation: OpenAI's and TRL's `messages`, verl's `prompt`, ShareGPT's `conversations`. */
import { textOf } from './fields.ts';
import { IMAGE, MARK, VIDEO } from './marks.ts';
import { isObject, parsed, type Record_ } from './record.ts';
import type { SkipReason } from './skip.ts';

export interface Conversation {
  problem: string;
  system: string;
  /** What the assistant says at the end; undefined where it does not speak. */
  answer: string | undefined;
  /** Pictures that stand inside the messages, in order; one without a source is filled from the columns. */
  pictures: unknown[];
}

const ROLES: Record<string, 'user' | 'assistant' | 'system'> = {
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
  system: 'system',
  developer: 'system',
};

/** The messages that a value holds, as a list or as its JSON text; undefined where it holds something else. */
export function messagesOf(value: unknown): Record_[] | undefined {
  const inside = parsed(value);
  const list = Array.isArray(inside) ? inside : isObject(inside) ? [inside] : [];
  const are = list.length > 0 && list.every((m) => isObject(m) && ('role' in m || 'from' in m));
  return are ? (list as Record_[]) : undefined;
}

/** The one question of a conversation, with its answer where the assistant gives it. */
export function conversationOf(messages: readonly Record_[]): Conversation | SkipReason {
  const out: Conversation = { problem: '', system: '', answer: undefined, pictures: [] };
  let asked = false;
  for (const message of messages) {
    const role = ROLES[textOf(message.role ?? message.from).toLowerCase()];
    const text = contentOf(message.content ?? message.value, out.pictures);
    if (role === undefined || text === undefined) return 'wrong type';
    if (role === 'system') out.system = text;
    else if (role === 'assistant') {
      if (!asked || out.answer !== undefined) return 'several turns';
      out.answer = text;
    } else {
      if (asked) return 'several turns';
      asked = true;
      out.problem = text;
    }
  }
  return asked ? out : 'no problem';
}

/** The text of a message with a mark for each picture in it; undefined where it is of no known form. */
function contentOf(content: unknown, pictures: unknown[]): string | undefined {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string' || content instanceof Uint8Array) return textOf(content);
  if (!Array.isArray(content)) return undefined;
  let out = '';
  for (const part of content) {
    if (typeof part === 'string') out += part;
    else if (!isObject(part)) return undefined;
    else {
      const type = textOf(part.type);
      // Arrow and parquet give every part all the keys, with null in those that it does not have.
      const source = part.image ?? part.image_url ?? part.url ?? part.path ?? null;
      if (type === 'image' || type === 'image_url' || type === 'input_image') {
        out += MARK;
        pictures.push(source ?? IMAGE);
      } else if (type === 'video') out += VIDEO;
      else if (type === 'text' || type === 'input_text') out += textOf(part.text ?? part.content);
      else return undefined;
    }
  }
  return out;
}
