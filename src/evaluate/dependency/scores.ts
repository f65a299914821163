/** Log-probabilities of right responses under each view, kept so that nothing is scored twice. */
import { join } from 'node:path';
import { solution } from '../../data/builtin/solution.ts';
import { DataError, PapoError } from '../../errors.ts';
import { JsonlWriter, readJsonl } from '../../metrics/jsonl.ts';
import { random } from '../../random.ts';
import type { Answerer, Item, Suite } from '../types.ts';
import { type View, type ViewSettings, viewOf } from './views.ts';

export const SCORES_FILE = 'scores.jsonl';

/** Wordings of the right solution of a built-in question. */
export const WORDINGS = 4;

/**
 * Right responses to a question. Built-in: the whole solution, in several wordings. Others: the boxed answer alone, since the
 * policy's own reasoning would tell what it saw.
 */
export function references({ row, key }: Item, suite: string, seed: string): string[] {
  const { meta, answer } = row;
  if (!meta) return [`\\boxed{${answer}}`];
  return Array.from({ length: WORDINGS }, (_, m) => solution({ meta }, random(seed, 'right', suite, key, m)));
}

/** One right response under one view. */
export interface Score {
  suite: string;
  key: string;
  view: View;
  wording: number;
  /** Nats, sums over tokens: of the whole response, and of what follows where its box begins. */
  logprob: number;
  boxed: number;
  tokens: number;
}

interface Settings {
  policy: Readonly<Record<string, unknown>>;
  seed: string;
  views: Readonly<Partial<Record<View, unknown>>>;
}

export interface ScorePlan {
  answerer: Answerer;
  suites: readonly Suite[];
  views: readonly View[];
  settings: ViewSettings;
  seed: string;
  /** What tells one set of scores from another: the policy's settings, and how views are made. */
  decides: Settings;
}

const nameOf = ({ suite, key, view, wording }: Pick<Score, 'suite' | 'key' | 'view' | 'wording'>) =>
  JSON.stringify([suite, key, view, wording]);

/** Kept scores. @throws DataError where they are of another policy or other views */
function kept(path: string, decides: Settings): Map<string, Score> {
  const scores = new Map<string, Score>();
  for (const line of readJsonl(path)) {
    if ('decides' in line) {
      if (JSON.stringify(line.decides) !== JSON.stringify(decides))
        throw new DataError(
          `${path}: holds scores of another policy or other views; name another folder with --out`,
        );
      continue;
    }
    const score = line as unknown as Score;
    scores.set(nameOf(score), score);
  }
  return scores;
}

/**
 * @returns scores of all questions that can be put, nothing where the answerer cannot score
 * @throws the reason of `signal`; what was scored is kept
 */
export async function scoreAll(
  dir: string,
  { answerer, suites, views, settings, seed, decides }: ScorePlan,
  signal: AbortSignal,
  hear: (done: number, of: number) => void = () => {},
): Promise<Score[]> {
  if (!answerer.score) return [];
  const path = join(dir, SCORES_FILE);
  const scores = kept(path, JSON.parse(JSON.stringify(decides)));
  const writer = new JsonlWriter(path);
  const isNew = readJsonl(path).length === 0;
  const of = suites.reduce((sum, { length }) => sum + length, 0) * views.length;
  let done = 0;
  try {
    if (isNew) writer.write({ decides });
    for (const suite of suites)
      for (const view of views) {
        const make = viewOf(view, suite, settings);
        const chunk = Math.max(1, Math.floor(answerer.batch / WORDINGS));
        for (let from = 0; from < suite.length; from += chunk) {
          signal.throwIfAborted();
          const wanted: {
            item: Item;
            response: string;
            name: Omit<Score, 'logprob' | 'boxed' | 'tokens'>;
          }[] = [];
          for (let at = from; at < Math.min(from + chunk, suite.length); at++) {
            const before = await itemAt(suite, at);
            if (!before || before.row.images.length === 0) continue;
            const names = references(before, suite.name, seed).map((response, wording) => ({
              response,
              name: { suite: suite.name, key: before.key, view, wording },
            }));
            const missing = names.filter(({ name }) => !scores.has(nameOf(name)));
            if (missing.length === 0) continue;
            const item = await quietly(() => make(before));
            if (item) wanted.push(...missing.map((one) => ({ ...one, item })));
          }
          for (const score of await scoreSome(answerer, wanted)) {
            writer.write({ ...score });
            scores.set(nameOf(score), score);
          }
          done += Math.min(chunk, suite.length - from);
          hear(done, of);
        }
      }
  } finally {
    writer.sync();
    writer.close();
  }
  return [...scores.values()];
}

const itemAt = (suite: Suite, at: number) => quietly(() => suite.item(at));

/** What cannot be read or made is left out: asking says which it is. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    return undefined;
  }
}

/** Closer than this two numbers of one computation are the same. */
const SAME = 1e-3;

type Wanted = { item: Item; response: string; name: Omit<Score, 'logprob' | 'boxed' | 'tokens'> };

async function scoreSome(answerer: Answerer, wanted: readonly Wanted[]): Promise<Score[]> {
  if (wanted.length === 0 || !answerer.score) return [];
  const items = wanted.map(({ item }) => item);
  const responses = wanted.map(({ response }) => response);
  // Where the box begins is a place in the text; the tokens up to it are found by scoring the text that ends there.
  const openings = responses.map((text) => text.slice(0, text.lastIndexOf('\\boxed')));
  const whole = await quietly(async () => answerer.score?.(items, responses));
  const before = await quietly(async () => answerer.score?.(items, openings));
  // One question that cannot be put spoils a call: then each is scored alone.
  if (!whole || !before) {
    if (wanted.length === 1) return [];
    const scores: Score[] = [];
    for (const one of wanted) scores.push(...(await scoreSome(answerer, [one])));
    return scores;
  }
  return wanted.flatMap(({ name }, i): Score[] => {
    const [all, opening] = [whole[i], before[i]];
    if (!all || all.length === 0) return [];
    // The last token of the opening alone is its end.
    let shared = 0;
    const most = Math.min(all.length - 1, (opening?.length ?? 1) - 1);
    while (shared < most && Math.abs(all[shared] - opening[shared]) < SAME) shared++;
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return [{ ...name, logprob: sum(all), boxed: sum(all.slice(shared)), tokens: all.length }];
  });
}
