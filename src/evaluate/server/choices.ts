/** The answers out of the body that a server sends, whatever it holds. */
import { quoted } from '../../errors.ts';
import { ServerFailure, wordsOf } from './failure.ts';
import type { ChatChoice } from './types.ts';

/** Characters that a token stands for at most: an answer of more is no answer of that many tokens. */
const TOKEN_CHARACTERS = 256;

type Loose = Record<string, unknown>;
const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const failed = (error: string): ChatChoice => ({ text: '', finish: 'failed', tokens: null, error });

/** @throws ServerFailure `malformed` where it is not JSON, or an error with the status of an answer */
export function jsonOf(body: string): Loose {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const start = body.trimStart();
    if (start === '') throw new ServerFailure('malformed', 'an empty answer');
    if (start.startsWith('<'))
      throw new ServerFailure('malformed', `a page instead of JSON: ${quoted(wordsOf(body).message, 100)}`);
    throw new ServerFailure('malformed', `not JSON: ${quoted(start, 100)}`);
  }
  if (!isObject(json))
    throw new ServerFailure('malformed', `not a JSON object: ${quoted(JSON.stringify(json), 100)}`);
  if (json.error !== undefined && json.error !== null && !Array.isArray(json.choices))
    throw new ServerFailure('malformed', `an error as an answer: ${wordsOf(body).message}`);
  return json;
}

/**
 * Answers in the order of their numbers, at most `n`. One that is none has the reason.
 * @throws ServerFailure `malformed` where the body holds no list of answers
 */
export function choicesOf(body: string, n: number, maxTokens: number): ChatChoice[] {
  const { choices, usage } = jsonOf(body);
  if (!Array.isArray(choices)) throw new ServerFailure('malformed', 'JSON without "choices"');
  if (choices.length === 0) throw new ServerFailure('malformed', '"choices" is empty');
  const ordered = numbered(choices) ? [...choices].sort((a, b) => a.index - b.index) : choices;
  const total = isObject(usage) ? usage.completion_tokens : undefined;
  // The count is of all together: whose tokens they are is known of a lone answer only.
  const tokens =
    choices.length === 1 && typeof total === 'number' && Number.isInteger(total) && total >= 0 ? total : null;
  return ordered.slice(0, n).map((choice) => choiceOf(choice, tokens, maxTokens));
}

function numbered(choices: readonly unknown[]): choices is { index: number }[] {
  const indices = choices.map((choice) => (isObject(choice) ? choice.index : undefined));
  return indices.every((i) => Number.isInteger(i)) && new Set(indices).size === indices.length;
}

function choiceOf(choice: unknown, tokens: number | null, maxTokens: number): ChatChoice {
  if (!isObject(choice)) return failed('a choice that is no object');
  const { message, finish_reason: reason } = choice;
  if (!isObject(message)) return failed('a choice without a message');
  const { content, refusal } = message;
  const said = textOf(content);
  const thought = textOf(message.reasoning_content) || textOf(message.reasoning);
  const finish = finishOf(reason);
  if (typeof finish === 'object') return failed(finish.error);
  if (!said && typeof refusal === 'string' && refusal !== '')
    return failed(`the model refused: ${quoted(refusal)}`);
  if (said === undefined && !thought) return failed(`"content" is ${kindOf(content)}`);
  // Servers that are told to read thoughts take them out of the text; the format is judged with them.
  const text = thought ? `<think>${thought}${said ? `</think>${said}` : ''}` : (said ?? '');
  if (text.length > TOKEN_CHARACTERS * maxTokens)
    return failed(`an answer of ${text.length} characters, where ${maxTokens} tokens were asked for`);
  return { text, finish, tokens };
}

const kindOf = (value: unknown) =>
  value === null
    ? 'null'
    : value === undefined
      ? 'missing'
      : Array.isArray(value)
        ? 'a list without text'
        : `a ${typeof value}`;

/** The text of a content that is one, or a list of parts; undefined where there is none. */
function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.flatMap((part) =>
    typeof part === 'string' ? [part] : isObject(part) && typeof part.text === 'string' ? [part.text] : [],
  );
  return texts.length > 0 ? texts.join('') : undefined;
}

function finishOf(reason: unknown): 'stop' | 'length' | { error: string } {
  switch (reason) {
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length';
    case 'content_filter':
      return { error: 'cut by the content filter of the server (content_filter)' };
    case 'refusal':
      return { error: 'the model refused (refusal)' };
    case 'abort':
    case 'error':
    case 'cancelled':
      return { error: `the server gave it up (${reason})` };
    case 'tool_calls':
    case 'function_call':
      return { error: `it calls a tool instead of answering (${reason})` };
    default:
      return 'stop';
  }
}
