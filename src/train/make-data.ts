import { DEPENDENCIES, type Dependency, type TaskName } from '../data/row.ts';
import { SIZES, type Size, SPLITS } from '../data/tasks/scene.ts';
import { writeDataset } from '../data/tasks/write.ts';
import { ConfigError } from '../errors.ts';

function oneOf<T extends string | number>(name: string, given: string | undefined, among: readonly T[]): T {
  const found = among.find((value) => String(value) === given);
  if (found === undefined) throw new ConfigError(`--${name} ${given}: allowed is ${among.join(', ')}`);
  return found;
}

function rowCount(name: string, given: string | undefined): number {
  const n = Number(given);
  if (given?.trim() === '' || !Number.isInteger(n) || n < 0)
    throw new ConfigError(`--${name} ${given}: allowed is a whole number, 0 or more`);
  return n;
}

/** `papo data make` with its options as they were typed. @returns what to print */
export function makeData(dir: string, options: Record<string, string | undefined>): string {
  const rows = Object.fromEntries(SPLITS.map((split) => [split, rowCount(split, options[split])]));
  const files = writeDataset(dir, {
    seed: options.seed ?? '1',
    rows: rows as Record<(typeof SPLITS)[number], number>,
    // writeDataset checks the names.
    tasks: options.tasks?.split(',').map((task) => task.trim() as TaskName),
    dependency: oneOf<Dependency>('dependency', options.dependency, DEPENDENCIES),
    size: oneOf<Size>('pixels', options.pixels, SIZES),
  });
  return `${files.join('\n')}\ntrain on them with: papo train --data ${dir}\n`;
}
