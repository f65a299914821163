/** `papo compare`: reads the evaluations, says what came out, and writes what was asked for. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { writeAside } from '../../durable.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { csvTable } from '../../report/table.ts';
import { type Evaluation, readEvaluation } from '../files.ts';
import { itemsOf } from '../reopened.ts';
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
    html: async () => comparisonHtml(comparison, picturesOf(evaluations[0])),
    json: () => `${JSON.stringify(comparison, null, 2)}\n`,
  };
  for (const { kind, path } of files) {
    const text = await texts[kind]();
    writeAside(path, () => [Buffer.from(text)]);
    write(`${path}\n`);
  }
}

/** Pictures of the first evaluation’s suites, of those that are still where they were. */
function picturesOf(evaluation: Evaluation): PictureOf {
  const items = itemsOf([evaluation]);
  const placeOf = new Map(
    evaluation.questions.map((question) => [JSON.stringify([question.suite, question.key]), question]),
  );
  return async (suite, key) => {
    const place = placeOf.get(JSON.stringify([suite, key]));
    const item = place && (await items.of(place));
    return item?.row.images ?? [];
  };
}
