/** The files that `papo data make` leaves: one parquet file a split and a card that tells how they were made. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, systemCode, systemFailure } from '../../errors.ts';
import { makeFolder } from '../../files.ts';
import { writeParquet } from '../parquet-write.ts';
import { SPLITS } from '../split.ts';
import { TAUGHT } from '../tasks/index.ts';
import { DEPENDENCY_SHARES, type DependencySetting, type DifficultySetting } from './levels.ts';
import { type DatasetOptions, makeDataset } from './make.ts';

const told = (how: string) => `the words of a problem tell ${how} of what the picture holds`;
const { high, medium, low } = DEPENDENCY_SHARES;

const DEPENDENCY_WORDS: Record<DependencySetting, string> = {
  high: told('nothing'),
  medium: told('part'),
  low: told('all'),
  mixed: `${high} % of the rows high (${told('nothing')}), ${medium} % medium (part), ${low} % low (all)`,
};

const DIFFICULTY_WORDS: Record<DifficultySetting, string> = {
  easy: 'three to five objects, bars up to three, walks of one move',
  medium: 'three to nine objects, bars up to six, walks of two moves',
  hard: 'seven to twelve objects, two bars or all, walks of three moves',
  mixed: 'a third of the rows easy, a third medium, a third hard',
};

function card(options: DatasetOptions): string {
  const { seed, rows, tasks = TAUGHT, dependency = 'mixed', difficulty = 'mixed', size = 112 } = options;
  return `---
configs:
- config_name: default
  data_files:
${SPLITS.filter((s) => rows[s] > 0)
  .map((s) => `  - split: ${s}\n    path: ${s}.parquet`)
  .join('\n')}
---
# Built-in tasks of PAPO

Rendered scenes with questions of several steps, made by \`papo data make\`. The same settings give the same bytes.

| setting | value |
|---|---|
| seed | ${seed} |
| rows | ${SPLITS.map((s) => `${s} ${rows[s]}`).join(', ')} |
| tasks | ${tasks.join(', ')} |
| dependency | ${dependency}: ${DEPENDENCY_WORDS[dependency]} |
| difficulty | ${difficulty}: ${DIFFICULTY_WORDS[difficulty]} |
| size | ${size} x ${size} px |

No scene appears in two splits, whatever their seeds. Columns: \`id\`, \`problem\` (with its \`<image>\` mark), \`answer\`,
\`images\` (PNG), \`meta\` (JSON: task, dependency, difficulty, the question, what the scene really holds, and the steps of a right
solution, each \`perceive\`, \`compute\` or \`infer\`).
`;
}

/**
 * Writes train.parquet, validation.parquet, test.parquet (those with rows) and README.md into `dir`, made if needed.
 * @returns the files that were written
 * @throws DataError for settings that are not allowed, or where a file cannot be written
 */
export function writeDataset(dir: string, options: DatasetOptions): string[] {
  const rows = makeDataset(options);
  const files: string[] = [];
  try {
    makeFolder(dir);
    for (const split of SPLITS) {
      if (options.rows[split] === 0) continue;
      const file = join(dir, `${split}.parquet`);
      writeParquet(file, rows[split]);
      files.push(file);
    }
    const readme = join(dir, 'README.md');
    writeFileSync(readme, card(options));
    files.push(readme);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new DataError(`${dir}: ${systemFailure(error, 'write')}`, { cause: error });
  }
  return files;
}
