/** Tokenizer and chat template from a checkpoint folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { ChatTemplate } from './chat.ts';
import { Tokenizer } from './tokenizer.ts';

function readObject(path: string, fix: string): Record<string, unknown> {
  if (!existsSync(path)) throw new CheckpointError(`${path}: not found; ${fix}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    parsed = undefined;
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new CheckpointError(`${path}: not a JSON object; download it again`);
  }
  return parsed as Record<string, unknown>;
}

const FIX = "take it from the model's hub page";

/** @throws CheckpointError where a file is missing, damaged, or lacks the tokens for images and turns */
export function loadTokenizer(dir: string): Tokenizer {
  const tokenizer = readObject(join(dir, 'tokenizer.json'), FIX);
  return new Tokenizer(tokenizer, readObject(join(dir, 'tokenizer_config.json'), FIX), dir);
}

/**
 * The chat template, looked for where `transformers` looks: chat_template.jinja, chat_template.json, then
 * tokenizer_config.json.
 * @throws CheckpointError where none of them has one
 */
export function loadChatTemplate(dir: string): ChatTemplate {
  const jinja = join(dir, 'chat_template.jinja');
  if (existsSync(jinja)) return new ChatTemplate(readFileSync(jinja, 'utf8'), jinja);
  for (const file of ['chat_template.json', 'tokenizer_config.json']) {
    const path = join(dir, file);
    if (!existsSync(path)) continue;
    const template = readObject(path, FIX).chat_template;
    if (typeof template === 'string') return new ChatTemplate(template, path);
    if (Array.isArray(template)) {
      const named = template as { name?: string; template?: string }[];
      const chosen = named.find((entry) => entry.name === 'default')?.template;
      if (chosen !== undefined) return new ChatTemplate(chosen, path);
    }
  }
  throw new CheckpointError(`${dir}: no chat template; put chat_template.json there (${FIX})`);
}
