/**
 * Log-probabilities of given answers, from servers with vLLM's `prompt_logprobs`: the answer is put into the conversation
 * as a message of the model, and what the server says of the conversation's own tokens is read.
 */

import { OPENING } from './chat.ts';
import { jsonOf } from './choices.ts';
import { ServerFailure } from './failure.ts';
import type { ChatServer, SendOptions } from './types.ts';

/** In nats, one number a token of the answer, its end token included. @throws ServerFailure, and what `send` throws */
export type Score = (
  messages: readonly unknown[],
  answer: string,
  options?: SendOptions,
) => Promise<number[]>;

/** Undefined where the server has no such thing. */
export async function scoreOf(server: ChatServer, signal?: AbortSignal): Promise<Score | undefined> {
  const score: Score = (messages, answer, options) => scored(server, messages, answer, options);
  const user = { role: 'user', content: [{ type: 'text', text: OPENING }] };
  try {
    await score([user], 'One or two.', { signal, patience: { tries: 2 } });
    return score;
  } catch (error) {
    if (error instanceof ServerFailure) return undefined;
    throw error;
  }
}

/** The conversation of `tokens` tokens, and the log-probability of each of them where that was asked for. */
interface Told {
  tokens: number;
  logprobs?: (number | undefined)[];
}

async function scored(
  server: ChatServer,
  messages: readonly unknown[],
  answer: string,
  options?: SendOptions,
): Promise<number[]> {
  const tell = (fields: Record<string, unknown>, own: readonly unknown[]) =>
    told(server, { ...fields, messages: [...messages, ...own] }, options);
  const message = { role: 'assistant', content: answer };
  const closed = await tell({ add_generation_prompt: false, prompt_logprobs: 1 }, [message]);
  const question = await tell({ add_generation_prompt: true }, []);
  const open = await tell({ add_generation_prompt: false, continue_final_message: true }, [message]);
  // The first token after the open answer is the one that ends it; a template may put more behind.
  const own = closed.logprobs?.slice(question.tokens, open.tokens + 1) ?? [];
  const numbers = own.filter((x) => x !== undefined);
  if (question.tokens >= open.tokens || open.tokens >= closed.tokens || numbers.length !== own.length)
    throw new ServerFailure('malformed', 'prompt_logprobs do not cover the answer');
  return numbers;
}

async function told(
  server: ChatServer,
  fields: Record<string, unknown>,
  options?: SendOptions,
): Promise<Told> {
  const { model } = server;
  const body = await server.send(
    { model, max_tokens: 1, temperature: 0, n: 1, stream: false, ...fields },
    options,
  );
  const { prompt_logprobs: given, usage } = jsonOf(body);
  const tokens = (usage as { prompt_tokens?: unknown } | null | undefined)?.prompt_tokens;
  if (typeof tokens !== 'number')
    throw new ServerFailure('malformed', '"usage" does not count the tokens of the prompt');
  if (fields.prompt_logprobs === undefined) return { tokens };
  if (!Array.isArray(given) || given.length !== tokens)
    throw new ServerFailure('malformed', 'no prompt_logprobs for each token of the prompt');
  return { tokens, logprobs: given.map(ownLogprob) };
}

/** Beside the token itself the likeliest may be told of: of two, the token is the one of lower rank. */
function ownLogprob(entry: unknown): number | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const all = Object.values(entry) as { logprob?: unknown; rank?: unknown }[];
  const rank = (one: { rank?: unknown }) => (typeof one.rank === 'number' ? one.rank : 0);
  const own = all.sort((a, b) => rank(b) - rank(a))[0];
  return typeof own?.logprob === 'number' && Number.isFinite(own.logprob) ? own.logprob : undefined;
}
