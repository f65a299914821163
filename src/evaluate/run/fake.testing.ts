/** A suite, a scoring and an answerer for tests, in memory: what is answered follows from the seed and the question. */
import { random } from '../../random.ts';
import type { Answerer, Item, Scoring, Suite } from '../types.ts';

export function fakeSuite(
  name: string,
  length: number,
  more: (i: number) => Partial<Item> = () => ({}),
): Suite {
  return {
    name,
    title: name,
    source: 'memory',
    scoring: 'same',
    length,
    skipped: {},
    notes: [],
    item: async (i) => ({
      key: `q${i}`,
      row: { id: `${name}-${i}`, problem: `What is ${i}?`, images: [], answer: String(i % 10) },
      task: i % 2 === 0 ? 'even' : 'odd',
      ...more(i),
    }),
  };
}

export const same: Scoring = {
  name: 'same',
  description: 'equal texts',
  judge({ text }, { row }) {
    const right = text === row.answer;
    return {
      verdict: right ? 'right' : 'wrong',
      score: Number(right),
      given: text,
      why: `${text}, reference ${row.answer}`,
    };
  },
};

export interface FakeAnswerer extends Answerer {
  /** Keys of every question of every call, with the seed. */
  readonly asked: string[];
}

/** Answers digits; `before` is called before each call and may throw. */
export function fakeAnswerer(
  options: {
    batch?: number;
    parallel?: number;
    before?: (items: readonly Item[]) => Promise<void> | void;
  } = {},
): FakeAnswerer {
  const asked: string[] = [];
  return {
    asked,
    description: 'a fake',
    settings: { fake: true },
    batch: options.batch ?? 4,
    parallel: options.parallel ?? 1,
    async ask(items_Q, { samples, temperature, seed, signal }) {
      signal?.throwIfAborted();
      await options.before?.(items_Q);
      for (const { key } of items_Q) asked.push(`${seed} ${key} ${temperature}`);
      return items_Q.map((item, q) =>
        Array.from({ length: samples }, (_, k) => {
          const draw = temperature === 0 ? 0 : Math.floor(random(seed, q, k).next() * 3);
          const text = draw === 0 ? item.row.answer : String(draw);
          return { text, tokens: text.length, stop: 'stop' as const };
        }),
      );
    },
    close: async () => {},
  };
}
