/** Rows of the built-in tasks: seeded, with splits that never share a scene. */
import { DataError } from '../../errors.ts';
import { random } from '../../random.ts';
import type { Dependency, Row, RowMeta, TaskName } from '../row.ts';
import { compose, TASKS } from './compose.ts';
import { toldWords } from './describe.ts';
import { renderPng } from './draw.ts';
import { questionText, solve } from './questions.ts';
import { type Size, SPLITS, type Split, signature, splitOf } from './scene.ts';

export interface MakeOptions {
  /** Which tasks, in turn by index; all unless given. */
  tasks?: readonly TaskName[];
  /** How much of a scene only the picture tells; 'high' (only the question is in words) unless given. */
  dependency?: Dependency;
  /** Pixels of a picture's side; 112 unless given. */
  size?: Size;
  /** Only scenes of this split, whatever the seed (see `splitOf`); any scene unless given. */
  split?: Split;
  /** Signatures of scenes not to be used again; those made are added. */
  seen?: Set<string>;
}

/** A row before its picture is drawn; the picture is `renderScene(meta.scene)` or `renderPng(meta.scene)`. */
export type UndrawnRow = Omit<Row, 'images' | 'meta'> & { meta: RowMeta };

/** Draws that are thrown away before a scene is taken although it was seen; chart and angle scenes are finite in number. */
const TRIES = 400;

/**
 * The row with this key and index: equal arguments give equal rows. The dependency level changes the words of the
 * problem only, never the scene, the question or the answer.
 */
export function makeUndrawn(seedKey: string | number, index: number, options: MakeOptions = {}): UndrawnRow {
  const { tasks = TASKS, dependency = 'high', size = 112, split, seen } = options;
  const task = tasks[index % tasks.length];
  for (let attempt = 0; ; attempt++) {
    const made = compose(task, random(seedKey, 'scene', index, attempt), size);
    if (!made) continue;
    const { question, scene } = made;
    const key = signature(scene);
    if (split && splitOf(key) !== split) continue;
    if (seen?.has(key) && attempt < TRIES) continue;
    seen?.add(key);
    const steps = solve(question, scene);
    const told = toldWords(dependency, scene, question, seedKey, index);
    return {
      id: `${task}-${split ?? 'any'}-${seedKey}-${index}`,
      problem: `<image>${told}${questionText(question)}`,
      answer: steps[steps.length - 1].value,
      meta: { task, dependency, question, scene, steps },
    };
  }
}

/** The row with its picture as PNG. */
export function makeRow(seedKey: string | number, index: number, options: MakeOptions = {}): Row {
  const row = makeUndrawn(seedKey, index, options);
  return { ...row, images: [renderPng(row.meta.scene)] };
}

export interface DatasetOptions {
  seed: string | number;
  /** How many rows of each split. */
  rows: Record<Split, number>;
  tasks?: readonly TaskName[];
  dependency?: Dependency;
  size?: Size;
}

/**
 * The rows of all splits, made one by one. No scene appears in two splits; within a split a scene comes again only
 * where a task has no further ones (25,000 training charts, 9,000 triangles).
 * @throws DataError for a task that does not exist or a number of rows that is not one
 */
export function makeDataset(options: DatasetOptions): Record<Split, Iterable<Row>> {
  const { seed, rows, tasks = TASKS, dependency, size } = options;
  const unknown = tasks.find((t) => !TASKS.includes(t));
  if (tasks.length === 0 || unknown !== undefined) {
    throw new DataError(`tasks: there is no task '${unknown ?? ''}'; choose from ${TASKS.join(', ')}`);
  }
  for (const split of SPLITS) {
    if (!Number.isInteger(rows[split]) || rows[split] < 0) {
      throw new DataError(
        `rows.${split}: ${rows[split]} is not a number of rows; give a whole number, 0 or more`,
      );
    }
  }
  function* make(split: Split): Iterable<Row> {
    const seen = new Set<string>();
    for (let i = 0; i < rows[split]; i++) yield makeRow(seed, i, { tasks, dependency, size, split, seen });
  }
  return {
    train: { [Symbol.iterator]: () => make('train')[Symbol.iterator]() },
    validation: { [Symbol.iterator]: () => make('validation')[Symbol.iterator]() },
    test: { [Symbol.iterator]: () => make('test')[Symbol.iterator]() },
  };
}
