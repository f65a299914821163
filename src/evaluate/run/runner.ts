/**
 * Asks the questions of suites and keeps every answer as it comes. The questions are cut into calls at the same places in
 * every session, and each call has its own seed: what was interrupted goes on to the same answers.
 */

import { join } from 'node:path';
import { PapoError } from '../../errors.ts';
import { JsonlWriter, keepLines } from '../../metrics/jsonl.ts';
import { ANSWERS_FILE, type AnswerLine, readAnswers } from '../files.ts';
import type { Answerer, AskOptions, Item, Sampling, Scoring, Suite, Way } from '../types.ts';
import { lineOf } from './lines.ts';

export interface Plan {
  answerer: Answerer;
  suites: readonly { suite: Suite; scoring: Scoring }[];
  /** Answers drawn to each question; 0: none. */
  samples: number;
  /** Whether the likeliest answer is asked for as well. */
  greedy: boolean;
  sampling: Sampling;
  seed: string;
}

/** What is heard of while questions are asked. */
export interface Heard {
  suite: string;
  /** Questions that are done, in all suites, of how many; and those of this call. */
  done: number;
  of: number;
  questions: number;
  /** Lines that this call gave; none where all of it was there before. */
  lines: readonly AnswerLine[];
}

/** Some questions that are asked together, in each way. */
interface Call {
  suite: Suite;
  scoring: Scoring;
  /** First question, and the one after the last. */
  from: number;
  to: number;
}

const nameOf = (suite: string, key: string, way: Way, sample: number) =>
  JSON.stringify([suite, key, way, sample]);

/**
 * Asks what is not answered yet. Answers that failed are asked for again.
 * @returns questions that could not be read, by suite
 * @throws PapoError where nothing further can be asked; the reason of `signal` where it stopped this. What came is kept.
 */
export async function askAll(
  dir: string,
  plan: Plan,
  signal: AbortSignal,
  hear: (heard: Heard) => void = () => {},
): Promise<Map<string, string[]>> {
  const path = join(dir, ANSWERS_FILE);
  keepLines(path, (line) => line.verdict !== 'failed');
  const have = new Set(readAnswers(dir).map((l) => nameOf(l.suite, l.key, l.way, l.sample)));
  const writer = new JsonlWriter(path);
  const unreadable = new Map<string, string[]>();
  const calls = plan.suites.flatMap((one) => callsOf(one, plan.answerer.batch));
  const of = calls.reduce((sum, { from, to }) => sum + to - from, 0);
  let done = 0;
  const work = async (call: Call) => {
    const items = await itemsOf(call, unreadable);
    const lines: AnswerLine[] = [];
    for (const [way, samples] of waysOf(plan)) {
      const missing = (item: Item, sample: number) =>
        !have.has(nameOf(call.suite.name, item.key, way, sample));
      const wanted = items.some(({ item }) => range(samples).some((sample) => missing(item, sample)));
      if (!wanted) continue;
      const options = optionsOf(plan, call, way, samples, signal);
      const responses_QK = await plan.answerer.ask(
        items.map(({ item }) => item),
        options,
      );
      for (const [q, { item, at }] of items.entries())
        for (const [sample, response] of responses_QK[q].entries())
          if (missing(item, sample)) {
            const place = { suite: call.suite.name, at, way, sample };
            const line = await lineOf(place, item, response, call.scoring);
            writer.write(line);
            lines.push(line);
          }
    }
    done += call.to - call.from;
    hear({ suite: call.suite.name, done, of, questions: call.to - call.from, lines });
  };
  try {
    await inParallel(calls, plan.answerer.parallel, signal, work);
  } finally {
    writer.sync();
    writer.close();
  }
  return unreadable;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

function callsOf({ suite, scoring }: Plan['suites'][number], batch: number): Call[] {
  const calls: Call[] = [];
  for (let from = 0; from < suite.length; from += batch)
    calls.push({ suite, scoring, from, to: Math.min(from + batch, suite.length) });
  return calls;
}

function waysOf({ samples, greedy }: Plan): [Way, number][] {
  return [
    ...(samples > 0 ? [['sampled', samples] as [Way, number]] : []),
    ...(greedy ? [['greedy', 1] as [Way, number]] : []),
  ];
}

function optionsOf(
  plan: Plan,
  { suite, from }: Call,
  way: Way,
  samples: number,
  signal: AbortSignal,
): AskOptions {
  const { sampling, seed } = plan;
  const how = way === 'greedy' ? { ...sampling, temperature: 0, topP: 1, topK: 0 } : sampling;
  return { ...how, samples, seed: `${seed}/${suite.name}/${from}`, signal };
}

/** The questions of a call; what cannot be read is told of and left out. */
async function itemsOf(
  { suite, from, to }: Call,
  unreadable: Map<string, string[]>,
): Promise<{ item: Item; at: number }[]> {
  const items: { item: Item; at: number }[] = [];
  for (let at = from; at < to; at++)
    try {
      items.push({ item: await suite.item(at), at });
    } catch (error) {
      if (!(error instanceof PapoError)) throw error;
      unreadable.set(suite.name, [...(unreadable.get(suite.name) ?? []), error.message]);
    }
  return items;
}

/** A few calls at once, begun in order. The first failure ends it, once those under way have ended. */
async function inParallel<T>(
  calls: readonly T[],
  parallel: number,
  signal: AbortSignal,
  work: (call: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const take = async () => {
    while (next < calls.length && !failure) {
      const call = calls[next++];
      try {
        signal.throwIfAborted();
        await work(call);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, take));
  if (failure) throw failure.error;
}
