/** `papo compare`: reads the evaluations, says what came out, and writes what was asked for. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { writeAside } from '../../durable.ts';
import { ConfigError, DataError, PapoError } from '../../errors.ts';
import { csvTable } from '../../report/table.ts';
import { type Evaluation, readEvaluation } from '../files.ts';
import { openSuite, parseSpec } from '../suites/index.ts';
import type { Suite } from '../types.ts';
import { compare } from './compare.ts';
import { comparisonHtml, type PictureOf } from './page.ts';
import { comparisonCsv, comparisonMarkdown, comparisonText } from './tables.ts';

/** Options of the command line. */
export interface CompareFlags {
  allPairs?: boolean;
  seed?: string;
  markdown?: string;
  csv?: string;
  html?: string;
  json?: string;
}

/** @throws ConfigError for folders that cannot be compared or files that cannot be written, DataError for what is in them */
export async function startComparison(
  dirs: readonly string[],
  flags: CompareFlags,
  write: (text: string) => void,
): Promise<void> {
  if (dirs.length < 2)
    throw new ConfigError("one evaluation alone; give two folders that 'papo eval' made, or more");
  const places = dirs.map((dir) => resolve(dir));
  const twice = places.findIndex((place, i) => places.indexOf(place) < i);
  if (twice >= 0) throw new ConfigError(`${dirs[twice]} is given twice; each evaluation once`);
  const files = (['markdown', 'csv', 'html', 'json'] as const).flatMap((kind) => {
    const path = flags[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
  for (const { kind, path } of files)
    if (!existsSync(dirname(resolve(path))))
      throw new ConfigError(
        `--${kind} ${path}: the folder that it would lie in does not exist; make it first`,
      );
  const evaluations = dirs.map(readEvaluation);
  const empty = evaluations.find(({ questions }) => questions.length === 0);
  if (empty) throw new DataError(`${empty.dir}: no question is answered yet; 'papo eval' goes on with it`);
  const comparison = compare(evaluations, { allPairs: flags.allPairs, seed: flags.seed });
  write(comparisonText(comparison));
  const texts = {
    markdown: () => comparisonMarkdown(comparison),
    csv: () => csvTable(comparisonCsv(comparison)),
    html: async () => comparisonHtml(comparison, await picturesOf(evaluations[0])),
    json: () => `${JSON.stringify(comparison, null, 2)}\n`,
  };
  for (const { kind, path } of files) {
    const text = await texts[kind]();
    writeAside(path, () => [Buffer.from(text)]);
    write(`${path}\n`);
  }
}

/** Pictures of the first evaluation’s suites, of those that are still where they were. */
async function picturesOf({ settings, questions }: Evaluation): Promise<PictureOf> {
  const opened = await Promise.all(
    settings.suites.map(async ({ name, spec }): Promise<Suite[]> => {
      try {
        return [await openSuite(parseSpec(spec, name))];
      } catch (error) {
        if (error instanceof PapoError) return [];
        throw error;
      }
    }),
  );
  const suiteOf = new Map(opened.flat().map((suite) => [suite.name, suite]));
  const placeOf = new Map(questions.map(({ suite, key, at }) => [JSON.stringify([suite, key]), at]));
  return async (name, key) => {
    const suite = suiteOf.get(name);
    const at = placeOf.get(JSON.stringify([name, key]));
    if (!suite || at === undefined || at >= suite.length) return [];
    try {
      const item = await suite.item(at);
      // A suite that was changed since has another question there.
      return item.key === key ? item.row.images : [];
    } catch (error) {
      if (error instanceof PapoError) return [];
      throw error;
    }
  };
}
