/** From a response to its line in answers.jsonl. */
import { trace } from '../../data/builtin/trace.ts';
import { formatReward, tidyTags } from '../../reward/response.ts';
import type { AnswerLine } from '../files.ts';
import type { Item, Response, Scoring, Way } from '../types.ts';

export interface Place {
  suite: string;
  /** Place of the question in its suite. */
  at: number;
  way: Way;
  sample: number;
}

/** Characters of a response that are kept; no policy here says more, and a server may say anything. */
const MOST = 200_000;

export async function lineOf(
  { suite, at, way, sample }: Place,
  item: Item,
  response: Response,
  scoring: Scoring,
): Promise<AnswerLine> {
  const { key, row, task, dependency, cluster } = item;
  const failed = response.stop === 'failed';
  const { verdict, score, given, why } = failed
    ? { verdict: 'failed' as const, score: null, given: null, why: response.error ?? 'no response' }
    : await scoring.judge(response, item);
  return {
    suite,
    key,
    at,
    id: row.id,
    way,
    sample,
    ...(task !== undefined && { task }),
    ...(dependency !== undefined && { dependency }),
    ...(cluster !== undefined && { cluster }),
    question: row.problem,
    answer: row.answer,
    response: response.text.slice(0, MOST),
    given,
    verdict,
    score,
    why,
    format: !failed && formatReward(tidyTags(response.text)) === 1,
    truncated: response.stop === 'length',
    tokens: response.tokens,
    characters: response.text.length,
    ...(row.meta && !failed && { cause: trace(response.text, row.meta).cause }),
  };
}
