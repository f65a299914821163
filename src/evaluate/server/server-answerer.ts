/** A policy behind a server as an answerer: the same questions, words and pictures as on this machine. */
import { PapoError } from '../../errors.ts';
import { random } from '../../random.ts';
import type { RunConfig } from '../../settings/config.ts';
import { FORMAT_PROMPT, promptMessages } from '../../text/prompt.ts';
import { capPixels } from '../../vision/cap.ts';
import { decodeImage } from '../../vision/decode.ts';
import { encodePng } from '../../vision/encode.ts';
import type { Answerer, AskOptions, Item, Response } from '../types.ts';
import { openChat } from './chat.ts';
import { messagesOf } from './dialect.ts';
import { ServerError, ServerFailure } from './failure.ts';
import { type Score, scoreOf } from './score.ts';
import type { ChatOptions, ChatRequest, ChatServer } from './types.ts';

export interface ServerAnswererOptions extends Omit<ChatOptions, 'pictures'> {
  /** What surrounds a question and what its pictures are brought within. */
  config: { data: Pick<RunConfig['data'], 'formatPrompt' | 'systemPrompt' | 'minPixels' | 'maxPixels'> };
}

/** @throws ServerError where the server cannot be asked, with what to do */
export async function openServerAnswerer(options: ServerAnswererOptions): Promise<Answerer> {
  const { config, ...server } = options;
  const { systemPrompt, minPixels, maxPixels } = config.data;
  const formatPrompt = config.data.formatPrompt ?? FORMAT_PROMPT;
  const words: Words = { formatPrompt, systemPrompt, minPixels, maxPixels };
  const chat = await openChat({ ...server, pictures: true });
  const score = await scoreOf(chat, options.signal).catch(async (error) => {
    await chat.close();
    throw error;
  });
  return {
    description: `${chat.model} at ${chat.url}`,
    settings: { ...chat.settings, ...words },
    batch: 1,
    parallel: chat.parallel,
    ask: (items_Q, asked) => inTurn(items_Q, chat.parallel, (item) => ask(chat, words, item, asked)),
    ...(score && {
      score: (items_Q: readonly Item[], responses_Q: readonly string[]) =>
        inTurn(items_Q, chat.parallel, (item, q) => scoreItem(chat, words, score, item, responses_Q[q])),
    }),
    close: () => chat.close(),
  };
}

interface Words {
  formatPrompt: string;
  systemPrompt?: string;
  minPixels?: number | null;
  maxPixels?: number | null;
}

/** Seeds that servers take are whole numbers of 31 bits; answer i has the seed + i. */
const SEEDS = 2 ** 31 - 2 ** 16;

async function ask(chat: ChatServer, words: Words, item: Item, options: AskOptions): Promise<Response[]> {
  const { samples, temperature, topP, topK, maxTokens, signal } = options;
  signal?.throwIfAborted();
  let said: Said;
  try {
    said = await saidOf(item, words);
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    const failed: Response = { text: '', tokens: null, stop: 'failed', error: error.message };
    return Array.from({ length: samples }, () => failed);
  }
  const seed = random('server', options.seed, item.key).int(SEEDS);
  const choices = await chat.chat({ ...said, samples, temperature, topP, topK, maxTokens, seed, signal });
  return choices.map(({ text, tokens, finish, error }) => ({
    text,
    tokens,
    stop: finish,
    ...(error !== undefined && { error }),
  }));
}

/** @throws ServerError where the server does not say; DataError or ImageError for a question that cannot be put */
async function scoreItem(
  chat: ChatServer,
  words: Words,
  score: Score,
  item: Item,
  response: string,
): Promise<number[]> {
  const messages = await messagesOf(await saidOf(item, words));
  try {
    return await score(messages, response);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    throw new ServerError(
      `${chat.url}: question ${item.row.id}: ${error.message}; see what the server says`,
      {
        cause: error,
      },
    );
  }
}

type Said = Pick<ChatRequest, 'system' | 'parts'>;

/**
 * What is said: the question's text with its pictures in their places, the words of the format behind. Pictures are as
 * training has them (RGB without alpha, not turned upright, within the limits), and sent without loss.
 * @throws DataError where marks and pictures differ in number, ImageError for a picture that cannot be read
 */
async function saidOf({ row }: Item, words: Words): Promise<Said> {
  const where = `row ${row.id}`;
  const { formatPrompt } = words;
  const messages = promptMessages(row.problem, row.images.length, where, { formatPrompt });
  const content = messages.at(-1)?.content ?? [];
  const parts: ChatRequest['parts'] = [];
  let picture = 0;
  for (const part of typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content) {
    if (part.type === 'text') {
      parts.push({ text: part.text });
      continue;
    }
    const decoded = await decodeImage(row.images[picture], `${where}, image ${picture + 1}`);
    const { minPixels, maxPixels } = words;
    const capped = capPixels(decoded, minPixels ?? undefined, maxPixels ?? undefined);
    parts.push({ image: await encodePng(capped) });
    picture++;
  }
  const system = words.systemPrompt || row.system;
  return { parts, ...(system && { system }) };
}

/** Results in order; at most so many are worked on at once. The first failure is thrown once the others have ended. */
async function inTurn<A, B>(
  all: readonly A[],
  parallel: number,
  work: (one: A, i: number) => Promise<B>,
): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  let failure: { error: unknown } | undefined;
  const take = async () => {
    while (next < all.length && !failure) {
      const i = next++;
      try {
        results[i] = await work(all[i], i);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, all.length) }, take));
  if (failure) throw failure.error;
  return results;
}
