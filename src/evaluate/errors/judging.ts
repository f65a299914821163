/** Asks a judge about many answers: bounded, resumed, and never ended by what it says. */
import { join } from 'node:path';
import { z } from 'zod';
import { JsonlWriter, readJsonl } from '../../metrics/jsonl.ts';
import { random } from '../../random.ts';
import type { AnswerLine } from '../files.ts';
import type { Items } from '../reopened.ts';
import type { ChatServer } from '../server/chat.ts';
import { majorityOf, type Repeats, repeatsOf } from './agreement.ts';
import {
  type Judged,
  type JudgeSettings,
  judgeKey,
  judgeParts,
  PROBLEMS,
  type Problem,
  RUBRIC,
  readJudgement,
} from './judge.ts';
import { SORTED, type SortedKind } from './kinds.ts';
import { idOf } from './wrong.ts';

/** In the folder of the evaluation whose answers were judged. */
export const JUDGEMENTS_FILE = 'judgements.jsonl';

/** How often an invalid judgement is asked for: once, and once again. */
const ATTEMPTS = 2;

const judgementSchema = z.object({
  id: z.string(),
  /** Settings and rubric, as a key. */
  judge: z.string(),
  /** The how manieth sorting of this answer, from 0, and the how manieth try at it. */
  repeat: z.number().int().min(0),
  attempt: z.number().int().min(0),
  kind: z.enum(SORTED).optional(),
  problem: z.enum(PROBLEMS).optional(),
  quote: z.string().optional(),
  reason: z.string().optional(),
  confidence: z.number().nullable().optional(),
});
type Judgement = z.infer<typeof judgementSchema>;

/** An answer and the folder that its judgements are kept in. */
export interface ToJudge {
  dir: string;
  line: AnswerLine;
}

export interface JudgeOptions {
  settings: JudgeSettings;
  /** Sortings of each answer. */
  repeats: number;
  signal?: AbortSignal;
  hear?: (done: number, of: number) => void;
}

export interface JudgeResult {
  sorting: Map<string, SortedKind>;
  /** One of the judgements that agree with the majority, for examples. */
  said: Map<string, Judged>;
  repeats: Repeats;
  /** Invalid answers of the judge, those that were asked again included. */
  problems: Record<Problem, number>;
  /** Answers that got no majority, and those whose question could not be opened. */
  unsorted: number;
  notOpened: number;
  /** Different answers that were to be judged. */
  asked: number;
  /** Sortings that were wanted and that are valid. */
  wanted: number;
  valid: number;
}

/** What is known of an answer: the tries at each repeat; those that never reached the judge are tried anew. */
class Known {
  private readonly tries = new Map<number, Judgement[]>();

  add(judgement: Judgement): void {
    if (judgement.problem === 'failed') return;
    this.tries.set(judgement.repeat, [...(this.tries.get(judgement.repeat) ?? []), judgement]);
  }

  of(repeat: number): readonly Judgement[] {
    return this.tries.get(repeat) ?? [];
  }

  isDone(repeat: number): boolean {
    const tries = this.of(repeat);
    return tries.length >= ATTEMPTS || tries.some(({ kind }) => kind !== undefined);
  }
}

const toJudged = ({ kind, quote = '', reason = '', confidence = null }: Judgement): Judged[] =>
  kind === undefined ? [] : [{ kind, quote, reason, confidence }];

/**
 * Sorts answers by a judge. What it said is appended to `judgements.jsonl` as it comes, and not asked for again by the
 * next call with these settings. What is no valid judgement is asked for once more and then counted.
 * @throws what the server throws where nothing further can be asked, the reason of `signal`; what was said is kept
 */
export async function judgeAnswers(
  wanted: readonly ToJudge[],
  items: Items,
  server: ChatServer,
  { settings, repeats, signal, hear }: JudgeOptions,
): Promise<JudgeResult> {
  const judge = judgeKey(settings);
  const unique = [...new Map(wanted.map((one) => [idOf(one.line), one])).entries()];
  const known = new Map(unique.map(([id]) => [id, new Known()]));
  for (const dir of new Set(wanted.map((one) => one.dir)))
    for (const json of readJsonl(join(dir, JUDGEMENTS_FILE))) {
      const parsed = judgementSchema.safeParse(json);
      if (parsed.success && parsed.data.judge === judge) known.get(parsed.data.id)?.add(parsed.data);
    }
  const problems = Object.fromEntries(PROBLEMS.map((problem) => [problem, 0])) as Record<Problem, number>;
  const writers = new Map<string, JsonlWriter>();
  let done = 0;
  let notOpened = 0;

  const judgeOne = async ([id, { dir, line }]: [string, ToJudge]) => {
    const own = known.get(id);
    if (!own) return;
    const all = Array.from({ length: repeats }, (_, r) => r);
    for (let round = 0; round < ATTEMPTS; round++) {
      const open = all.filter((r) => !own.isDone(r) && own.of(r).length <= round);
      if (open.length === 0) continue;
      const item = await items.of(line);
      if (!item) {
        notOpened++;
        return;
      }
      signal?.throwIfAborted();
      const { temperature, topP, maxTokens } = settings;
      const choices = await server.chat({
        system: RUBRIC,
        parts: judgeParts(line, item),
        samples: open.length,
        temperature,
        topP,
        topK: 0,
        maxTokens,
        seed: random('judge', id, open[0], round).int(2 ** 31),
        signal,
        json: true,
      });
      let writer = writers.get(dir);
      if (!writer) {
        writer = new JsonlWriter(join(dir, JUDGEMENTS_FILE));
        writers.set(dir, writer);
      }
      for (const [i, repeat] of open.entries()) {
        const { text, finish } = choices[i];
        const read =
          finish === 'failed' ? 'failed' : readOr(readJudgement(text, line.response), finish === 'length');
        const judgement: Judgement = {
          id,
          judge,
          repeat,
          attempt: own.of(repeat).length,
          ...(typeof read === 'string' ? { problem: read } : read),
        };
        if (read === 'failed') problems.failed++;
        writer.write(judgement);
        own.add(judgement);
      }
    }
  };

  try {
    await inParallel(unique, server.parallel, async (one) => {
      await judgeOne(one);
      hear?.(++done, unique.length);
    });
  } finally {
    for (const writer of writers.values()) writer.close();
  }

  const sorting = new Map<string, SortedKind>();
  const said = new Map<string, Judged>();
  const sorted: SortedKind[][] = [];
  for (const [id, own] of known) {
    const valid = Array.from({ length: repeats }, (_, r) => own.of(r).flatMap(toJudged).slice(0, 1)).flat();
    for (let r = 0; r < repeats; r++)
      for (const { problem } of own.of(r)) if (problem !== undefined) problems[problem]++;
    sorted.push(valid.map(({ kind }) => kind));
    const kind = majorityOf(valid.map((one) => one.kind));
    if (kind === undefined) continue;
    sorting.set(id, kind);
    const example = valid.find((one) => one.kind === kind);
    if (example) said.set(id, example);
  }
  return {
    sorting,
    said,
    repeats: repeatsOf(sorted),
    problems,
    unsorted: known.size - sorting.size,
    notOpened,
    asked: known.size,
    wanted: known.size * repeats,
    valid: sorted.reduce((n, kinds) => n + kinds.length, 0),
  };
}

/** What was cut off may still hold a whole judgement. */
const readOr = (read: Judged | Problem, isCut: boolean): Judged | Problem =>
  isCut && read === 'malformed' ? 'cut off' : read;

/** Ends with the first that fails, once those under way have ended. */
async function inParallel<T>(
  all: readonly T[],
  many: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    while (next < all.length && !failure)
      try {
        await work(all[next++]);
      } catch (error) {
        failure ??= { error };
      }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(many, all.length)) }, worker));
  if (failure) throw failure.error;
}
