/** Tokenizer and chat template from a checkpoint folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { CONFIG_BYTES, MIB, readJson, readPlain, shown } from '../reading.ts';
import { ChatTemplate, type Message } from './chat.ts';
import { Tokenizer } from './tokenizer.ts';

const FROM_HUB = "take it from the model's hub page";
/** Bytes that are read at most; those of Qwen2.5-VL have 11 MiB, 6 KiB and 1 KiB. */
const TOKENIZER_BYTES = 16 * MIB;
const TOKENIZER_CONFIG_BYTES = 16 * MIB;
const TEMPLATE_BYTES = MIB;

type JsonObject = Record<string, unknown>;

function readObject(path: string, most: number, missing = FROM_HUB): JsonObject {
  const json = readJson(path, missing, most);
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new CheckpointError(`${path}: holds ${shown(json)}, not a JSON object; download it again`);
  return json as JsonObject;
}

/** @throws CheckpointError where the file is missing or damaged */
export function readTokenizerConfig(dir: string): JsonObject {
  return readObject(join(dir, 'tokenizer_config.json'), TOKENIZER_CONFIG_BYTES);
}

/** @throws CheckpointError where a file is missing, damaged, or lacks the tokens for images and turns */
export function loadTokenizer(dir: string): Tokenizer {
  const isSlow = existsSync(join(dir, 'vocab.json')) && existsSync(join(dir, 'merges.txt'));
  const missing = isSlow
    ? `make it from vocab.json and merges.txt in Python (AutoTokenizer.from_pretrained, then save_pretrained), or ${FROM_HUB}`
    : FROM_HUB;
  const tokenizer = readObject(join(dir, 'tokenizer.json'), TOKENIZER_BYTES, missing);
  return new Tokenizer(tokenizer, readTokenizerConfig(dir), dir);
}

/** The template of a `chat_template` key: one text, or named ones of which the default is taken. */
function templateOf(json: JsonObject, path: string): ChatTemplate | undefined {
  const value = Object.hasOwn(json, 'chat_template') ? json.chat_template : undefined;
  const named: unknown[] = Array.isArray(value) ? value : [];
  const chosen =
    typeof value === 'string'
      ? value
      : (named.find((entry) => Object(entry).name === 'default') as { template?: unknown } | undefined)
          ?.template;
  return typeof chosen === 'string' ? new ChatTemplate(chosen, path) : undefined;
}

/** @throws CheckpointError where a picture leaves no mark in the text, as with the template of a model of text alone */
function takesPictures(chat: ChatTemplate, where: string): ChatTemplate {
  let why = '';
  try {
    if (chat.render(WITH_PICTURE).split('<|image_pad|>').length === 2) return chat;
  } catch (error) {
    why = ` (${(error as Error).message})`;
  }
  throw new CheckpointError(
    `${where}: the chat template does not write one <|image_pad|> for a picture${why}; take that of the model's hub page`,
  );
}

const WITH_PICTURE: Message[] = [
  { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Why?' }] },
];

/** The template as a person's folder has it, and the file that it is from. */
function findTemplate(dir: string): { chat: ChatTemplate; path: string } | undefined {
  for (const file of ['processor_config.json', 'chat_template.json']) {
    const path = join(dir, file);
    const chat = existsSync(path) ? templateOf(readObject(path, CONFIG_BYTES), path) : undefined;
    if (chat) return { chat, path };
  }
  const jinja = join(dir, 'chat_template.jinja');
  if (existsSync(jinja)) {
    const source = new TextDecoder().decode(readPlain(jinja, TEMPLATE_BYTES, FROM_HUB));
    return { chat: new ChatTemplate(source, jinja), path: jinja };
  }
  const path = join(dir, 'tokenizer_config.json');
  const chat = existsSync(path) ? templateOf(readTokenizerConfig(dir), path) : undefined;
  return chat && { chat, path };
}

/**
 * The chat template, looked for where transformers' processor looks: processor_config.json, chat_template.json,
 * chat_template.jinja, then tokenizer_config.json.
 * @throws CheckpointError where none of them has one, or it is of a model that takes no pictures
 */
export function loadChatTemplate(dir: string): ChatTemplate {
  const found = findTemplate(dir);
  if (found) return takesPictures(found.chat, found.path);
  throw new CheckpointError(`${dir}: no chat template; put chat_template.jinja there (${FROM_HUB})`);
}
