import { DEPENDENCY_SETTINGS, DIFFICULTY_SETTINGS } from '../data/builtin/levels.ts';
import { writeDataset } from '../data/builtin/write.ts';
import { SPLITS } from '../data/split.ts';
import { SIZES, type Size } from '../data/tasks/shared/canvas.ts';
import { ConfigError, quoted } from '../errors.ts';
import { refuseFull } from '../files.ts';
import { MOST } from '../settings/blocks.ts';
import { shellWord } from '../shell.ts';

function oneOf<T extends string | number>(name: string, given: string | undefined, among: readonly T[]): T {
  const found = among.find((value) => String(value) === given);
  if (found === undefined)
    throw new ConfigError(`--${name} ${quoted(String(given))}: allowed is ${among.join(', ')}`);
  return found;
}

function rowCount(name: string, given: string | undefined): number {
  const n = Number(given);
  if (given?.trim() === '' || !Number.isInteger(n) || n < 0 || n > MOST.rows)
    throw new ConfigError(`--${name} ${quoted(String(given))}: allowed is a whole number 0 to ${MOST.rows}`);
  return n;
}

/**
 * `papo data make` with its options as they were typed. @returns what to print
 * @throws ConfigError for a wrong option or a folder that is not empty, DataError where nothing can be written
 */
export function makeData(dir: string, options: Record<string, string | undefined>): string {
  refuseFull(dir, 'name a new folder for the rows');
  const rows = Object.fromEntries(SPLITS.map((split) => [split, rowCount(split, options[split])]));
  const files = writeDataset(dir, {
    seed: options.seed ?? '1',
    rows: rows as Record<(typeof SPLITS)[number], number>,
    // writeDataset checks the names.
    tasks: options.tasks?.split(',').map((task) => task.trim()),
    dependency: oneOf('dependency', options.dependency, DEPENDENCY_SETTINGS),
    difficulty: oneOf('difficulty', options.difficulty, DIFFICULTY_SETTINGS),
    size: oneOf<Size>('pixels', options.pixels, SIZES),
  });
  return `${files.join('\n')}\ntrain on them with: papo train --data ${shellWord(dir)}\n`;
}
