/** The predictor from words on built-in questions: learnt from scenes of the train split, which no test scene is among. */
import { makeUndrawn } from '../../data/builtin/make.ts';
import type { Row } from '../../data/row.ts';
import { PapoError } from '../../errors.ts';
import { type Interval, shareInterval } from '../../statistics.ts';
import type { Suite } from '../types.ts';
import type { WordsResult } from './summary.ts';
import { commonest, type Example, learnWords } from './words.ts';

/** Questions that it learns from. */
const LEARNT = 4000;

type BuiltinRow = Row & { meta: NonNullable<Row['meta']> };

/** null where no suite has built-in questions. */
export async function builtinWords(suites: readonly Suite[], seed: string): Promise<WordsResult | null> {
  const rows: BuiltinRow[] = [];
  for (const suite of suites)
    for (let at = 0; at < suite.length; at++) {
      const row = await builtinRow(suite, at);
      if (!row) break;
      rows.push(row);
    }
  if (rows.length === 0) return null;
  const tasks = [...new Set(rows.map(({ meta }) => meta.task))].sort();
  // A row of a suite may be of the train split itself.
  const asked = new Set(rows.map(({ id }) => id));
  const scenes = new Set(rows.map(({ meta }) => JSON.stringify([meta.question, meta.scene])));
  const examples: Example[] = [];
  for (let i = 0; i < LEARNT; i++) {
    const { id, problem, answer, meta } = makeUndrawn(`words ${seed}`, i, {
      tasks,
      dependency: 'mixed',
      split: 'train',
    });
    if (asked.has(id) || scenes.has(JSON.stringify([meta.question, meta.scene]))) continue;
    examples.push({ text: problem, answer, task: meta.task });
  }
  const [say, usual] = [learnWords(examples, seed), commonest(examples)];
  const results = rows.map(({ problem, answer, meta }) => ({
    task: meta.task as string,
    level: meta.dependency as string,
    words: Number(say(problem) === answer),
    commonest: Number(usual(meta.task) === answer),
  }));
  const group = (name: string, own: typeof results) => [
    name,
    {
      questions: own.length,
      words: share(own.map((r) => r.words)),
      commonest: share(own.map((r) => r.commonest)),
    },
  ];
  const by = (of: (r: (typeof results)[number]) => string, names: readonly string[]) =>
    names.flatMap((name) => {
      const own = results.filter((r) => of(r) === name);
      return own.length > 0 ? [group(name, own)] : [];
    });
  const groups = [
    group('all', results),
    ...by((r) => r.level, ['high', 'medium', 'low']),
    ...by((r) => r.task, tasks),
  ];
  return { learnt: examples.length, groups: Object.fromEntries(groups) };
}

const share = (values: readonly number[]): Interval => shareInterval(values);

async function builtinRow(suite: Suite, at: number): Promise<BuiltinRow | undefined> {
  try {
    const { row } = await suite.item(at);
    return row.meta ? { ...row, meta: row.meta } : undefined;
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    return undefined;
  }
}
