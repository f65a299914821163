/** A policy on this machine as an answerer. */
import { openEngine } from '../../engine/open.ts';
import type { Engine, Prompt } from '../../engine/types.ts';
import { PapoError } from '../../errors.ts';
import { readPolicy } from '../../model/checkpoint.ts';
import { openPolicy } from '../../rollout/policy.ts';
import { type PromptMaker, promptMaker } from '../../rollout/prompts.ts';
import type { RunConfig } from '../../settings/config.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import type { Answerer, AskOptions, Item, Response } from '../types.ts';

/** A policy whose words and engine are open. */
interface Parts {
  engine: Engine;
  maker: PromptMaker;
  tokenizer: Tokenizer;
  /** Ends a response. */
  end: number;
}

/**
 * @param samples responses to each question, from which follows how many questions fit into one call
 * @throws CheckpointError where the folder lacks something, GraphError where the runtime does not start
 */
export async function openLocal(config: RunConfig, samples: number, description?: string): Promise<Answerer> {
  const { dir, description: own, text } = openPolicy(config);
  const engine = await openEngine(config.engine, dir);
  const { formatPrompt, systemPrompt } = text.format;
  const { minPixels, maxPixels, maxPromptTokens } = config.data;
  const batch = Math.max(1, Math.floor(RESPONSES / Math.max(1, samples)));
  const parts: Parts = {
    engine,
    maker: promptMaker(text),
    tokenizer: text.tokenizer,
    end: readPolicy(dir).tokens.eos[0],
  };
  return {
    description: description === undefined ? own : `${description}: ${own}`,
    settings: {
      formatPrompt,
      systemPrompt,
      minPixels,
      maxPixels,
      maxPromptTokens,
      processorPixels: [text.processor.minPixels, text.processor.maxPixels],
      provider: config.engine.provider,
      batch,
    },
    batch,
    parallel: 1,
    ask: (items_Q, options) => ask(parts, items_Q, options),
    score: (items_Q, responses_Q) => score(parts, items_Q, responses_Q),
    close: () => engine.close(),
  };
}

/** Responses of one call: what a training step of the default run draws. */
const RESPONSES = 256;

/** The prompt, or why there is none. */
type Made = { prompt: Prompt } | { error: string };

async function made({ maker }: Parts, { row }: Item): Promise<Made> {
  try {
    return { prompt: (await maker.make(row, {}, [])).prompt };
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    return { error: error.message };
  }
}

async function ask(parts: Parts, items_Q: readonly Item[], options: AskOptions): Promise<Response[][]> {
  const { samples, signal, temperature, topP, topK, maxTokens, seed } = options;
  signal?.throwIfAborted();
  const made_Q = await Promise.all(items_Q.map((item) => made(parts, item)));
  const prompts = made_Q.flatMap((one) => ('prompt' in one ? [one.prompt] : []));
  signal?.throwIfAborted();
  const sampled =
    prompts.length === 0
      ? []
      : await parts.engine.sample(prompts, { samples, temperature, topP, topK, maxTokens, seed });
  let at = 0;
  return made_Q.map((one): Response[] => {
    if ('error' in one) {
      const failed: Response = { text: '', tokens: 0, stop: 'failed', error: one.error };
      return Array.from({ length: samples }, () => failed);
    }
    return sampled[at++].map(({ tokens_T, stopReason }) => ({
      text: parts.maker.text(tokens_T),
      tokens: tokens_T.length,
      stop: stopReason,
    }));
  });
}

/** @throws DataError for a question that cannot be put */
async function score(
  { engine, maker, tokenizer, end }: Parts,
  items_Q: readonly Item[],
  responses_Q: readonly string[],
): Promise<number[][]> {
  const prompts = await Promise.all(items_Q.map(async ({ row }) => (await maker.make(row, {}, [])).prompt));
  const groups = prompts.map((prompt, q) => ({
    prompt,
    responses_G: [Int32Array.from([...tokenizer.encode(responses_Q[q]), end])],
  }));
  const logprobs = await engine.score(groups, { policy: 'current', view: 'original', temperature: 1 });
  return logprobs.map(([logprobs_T]) => [...logprobs_T]);
}
