/** KL_prcp of single tokens: kept responses, scored again with and without what the mask hides. */
import type { Row } from '../../data/row.ts';
import { openEngine } from '../../engine/open.ts';
import type { Group } from '../../engine/types.ts';
import { PapoError } from '../../errors.ts';
import { maskFromConfig } from '../../mask/config.ts';
import { readPolicy } from '../../model/checkpoint.ts';
import { visualDependency } from '../../objective/dependency.ts';
import { logpOf } from '../../objective/types.ts';
import { openPolicy } from '../../rollout/policy.ts';
import { promptMaker } from '../../rollout/prompts.ts';
import { CheckpointStore } from '../../run/checkpoint.ts';
import type { RunConfig } from '../../settings/config.ts';
import type { Sample } from './samples.ts';
import type { Span } from './signs.ts';

export interface Rescored {
  /** Which policy scored them, in words. */
  policy: string;
  responses: number;
  /** k3 of every token, limited to [0, 10], as training counts it. */
  tokens: number[];
  mean: number;
  variance: number;
}

/** A policy of the run that stands for a span of its steps, and in words which it is. */
export interface PolicyOf {
  policy: string;
  words: string;
}

/**
 * The checkpoint nearest to the middle of a span among those on its side of the onset. Before the onset the policy that
 * training started from stands in where no checkpoint is left; after it nothing does.
 */
export function policyFor(
  run: string,
  config: RunConfig,
  side: 'before' | 'after',
  span: Span,
  onset: number,
): PolicyOf | undefined {
  const middle = (span.from + span.to) / 2;
  const own = new CheckpointStore(run)
    .list()
    .filter(({ step }) => (side === 'before' ? step < onset : step >= onset))
    .sort((a, b) => Math.abs(a.step - middle) - Math.abs(b.step - middle));
  if (own.length > 0) return { policy: own[0].dir, words: `checkpoint of step ${own[0].step}` };
  if (side === 'after') return undefined;
  return {
    policy: config.policy,
    words: `${config.policy}, from which training started (no checkpoint of before the onset is left)`,
  };
}

/** Responses that one engine call scores. */
const BATCH = 16;

/**
 * @param samples whose rows are in `rows`; others are left out
 * @throws CheckpointError, GraphError where the policy does not open; the reason of `signal`
 */
export async function rescore(
  { policy, words }: PolicyOf,
  config: RunConfig,
  samples: readonly Sample[],
  rows: ReadonlyMap<string, Row>,
  signal: AbortSignal,
): Promise<Rescored | undefined> {
  const { dir, text } = openPolicy({ ...config, policy });
  const maker = promptMaker(text);
  const [end] = readPolicy(dir).tokens.eos;
  const mask = await maskFromConfig(config.mask, { processor: text.processor });
  const engine = await openEngine(config.engine, dir);
  const tokens: number[] = [];
  let responses = 0;
  try {
    for (let from = 0; from < samples.length; from += BATCH) {
      signal.throwIfAborted();
      const groups: Group[] = [];
      for (const { id, response, step } of samples.slice(from, from + BATCH)) {
        const row = rows.get(id);
        if (!row || row.images.length === 0) continue;
        try {
          const { prompt } = await maker.make(row, { masked: mask }, [config.seed, 'collapse', step, id]);
          groups.push({ prompt, responses_G: [Int32Array.from([...text.tokenizer.encode(response), end])] });
        } catch (error) {
          if (!(error instanceof PapoError)) throw error;
        }
      }
      if (groups.length === 0) continue;
      responses += groups.length;
      const scored = async (view: string) =>
        engine.score(groups, { policy: 'current', view, temperature: config.rollout.temperature });
      const [seen, masked] = [await scored('original'), await scored('masked')];
      seen.forEach(([logprobs_T], g) => {
        const logprobs = { [logpOf('old')]: logprobs_T, [logpOf('masked')]: masked[g][0] };
        tokens.push(...visualDependency({ length: logprobs_T.length, reward: 0, accuracy: 0, logprobs }));
      });
    }
  } finally {
    await engine.close();
    await mask.close?.();
  }
  return responses === 0 ? undefined : { policy: words, responses, tokens, ...spread(tokens) };
}

/** Mean and variance over tokens. */
export function spread(tokens: readonly number[]): { mean: number; variance: number } {
  const mean = tokens.reduce((a, b) => a + b, 0) / tokens.length;
  const variance = tokens.reduce((sum, x) => sum + (x - mean) ** 2, 0) / tokens.length;
  return { mean, variance };
}
