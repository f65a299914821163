/**
 * How much an answer has to do with its question, by a judge, as the paper asked GPT-4.1-mini: it sees picture, question,
 * reference and response, and returns a number from 0 to 10. What it said is kept, so that nothing is asked twice.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { Row } from '../../data/row.ts';
import { JsonlWriter, readJsonl } from '../../metrics/jsonl.ts';
import type { ChatServer } from '../server/types.ts';
import type { Sample } from './samples.ts';

/** The paper's bands. */
export const BANDS = [
  { from: 0, to: 1, name: 'unrelated' },
  { from: 2, to: 3, name: 'minimal' },
  { from: 4, to: 5, name: 'some' },
  { from: 6, to: 7, name: 'moderate' },
  { from: 8, to: 9, name: 'high' },
  { from: 10, to: 10, name: 'perfect' },
] as const;

/** What relatedness fell by in the paper's collapsed run. */
export const PAPER_CHANGE = -0.18;

export const RUBRIC = `You rate how much a response is related to the question that it was given for. You see the picture, the question, a correct reference answer, and the response.
Rate relatedness only, not correctness: a wrong answer that talks about this question and this picture is related.
0-1: unrelated: other topics, meaningless symbols, or empty
2-3: minimally related: a few words fit, most do not
4-5: somewhat related: the topic is there, much else is not
6-7: moderately related: mostly about the question, with unrelated parts
8-9: highly related: about this question and this picture throughout
10: perfectly related: every part of it serves to answer this question
Return only one whole number from 0 to 10.`;

export const RELATEDNESS_FILE = 'relatedness.jsonl';

export interface Rating {
  step: number;
  place: number;
  /** null where the judge returned no number from 0 to 10, or nothing. */
  score: number | null;
}

/** A lone number from 0 to 10, with or without what judges put around it. */
export function ratingIn(reply: string): number | null {
  const text = reply.replaceAll(/<think>[\s\S]*?<\/think>/g, '').trim();
  const match =
    /^(?:(?:the\s+)?(?:score|rating|relatedness)\s*(?:is|:|=)?\s*)?\**(\d{1,2}(?:\.\d+)?)\**(?:\s*\/\s*10)?\s*\.?$/i.exec(
      text,
    );
  const value = match ? Number(match[1]) : Number.NaN;
  return value >= 0 && value <= 10 ? value : null;
}

/**
 * @returns one rating each, in order; requests that failed are left out, and are asked again another time
 * @throws what the server throws where nothing further can be asked, and the reason of `signal`
 */
export async function rateAll(
  samples: readonly Sample[],
  rows: ReadonlyMap<string, Row>,
  judge: ChatServer,
  dir: string,
  signal: AbortSignal,
  hear: (done: number) => void = () => {},
): Promise<Rating[]> {
  const path = join(dir, RELATEDNESS_FILE);
  const nameOf = (sample: Pick<Sample, 'step' | 'place' | 'id'>) =>
    JSON.stringify([sample.step, sample.place, sample.id]);
  const kept = new Map<string, number | null>();
  for (const { judge: by, step, place, id, score } of readJsonl(path))
    if (by === judge.model)
      kept.set(JSON.stringify([step, place, id]), typeof score === 'number' ? score : null);
  const writer = new JsonlWriter(path);
  // Each request under way hears of the signal.
  setMaxListeners(0, signal);
  let next = 0;
  const left = samples.filter((sample) => !kept.has(nameOf(sample)));
  let failure: { error: unknown } | undefined;
  const work = async () => {
    while (next < left.length && !failure) {
      const sample = left[next++];
      try {
        signal.throwIfAborted();
        const [{ text, finish }] = await judge.chat({
          system: RUBRIC,
          parts: partsOf(sample, rows.get(sample.id)?.images ?? []),
          samples: 1,
          temperature: 0,
          topP: 1,
          topK: 0,
          maxTokens: 512,
          signal,
        });
        if (finish === 'failed') continue;
        const score = ratingIn(text);
        const { step, place, id } = sample;
        writer.write({ judge: judge.model, step, place, id, score, reply: text.slice(0, 2000) });
        kept.set(nameOf(sample), score);
        hear(kept.size);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: judge.parallel }, work));
  } finally {
    writer.sync();
    writer.close();
  }
  if (failure) throw failure.error;
  return samples.flatMap((sample): Rating[] => {
    const score = kept.get(nameOf(sample));
    return score === undefined ? [] : [{ step: sample.step, place: sample.place, score }];
  });
}

function partsOf({ problem, answer, response }: Sample, images: readonly Uint8Array[]) {
  const question = problem.replaceAll('<image>', ' ').trim();
  return [
    ...images.map((image) => ({ image })),
    {
      text: `Question:\n${question}\n\nReference answer:\n${answer}\n\nResponse:\n${response}\n\nRelatedness, 0 to 10:`,
    },
  ];
}
