/** Rows of the built-in tasks: seeded, with splits that never share a scene. */
import { DataError } from '../../errors.ts';
import { random } from '../../random.ts';
import type { Row, RowMeta } from '../row.ts';
import { SPLITS, type Split } from '../split.ts';
import { sceneKindOf, TASKS, TAUGHT, taskNamed } from '../tasks/index.ts';
import type { Size } from '../tasks/shared/canvas.ts';
import type { AnyScene } from '../tasks/task.ts';
import { toldWords } from './describe.ts';
import { renderPng } from './draw.ts';
import { type DependencySetting, type DifficultySetting, dependencyOf, difficultyOf } from './levels.ts';

export interface MakeOptions {
  /** Which tasks, in turn by index; those that the policies that come with papo were taught unless given. */
  tasks?: readonly string[];
  /** How much of a scene only the picture tells; 'high' (only the question is in words) unless given. */
  dependency?: DependencySetting;
  /** How hard the questions are; 'mixed' unless given. */
  difficulty?: DifficultySetting;
  /** Pixels of a picture's side; 112 unless given. */
  size?: Size;
  /** Only scenes of this split, whatever the seed (see `splitOf`); any scene unless given. */
  split?: Split;
  /** Signatures of scenes not to be used again; those made are added. */
  seen?: Set<string>;
}

/** A row before its picture is drawn; the picture is `renderScene(meta.scene)` or `renderPng(meta.scene)`. */
export type UndrawnRow = Omit<Row, 'images' | 'meta'> & { meta: RowMeta };

/** What makes two scenes the same for a learner: content and layout, not brightness, shifts or sizes by a pixel. */
export const signature = (scene: AnyScene): string => sceneKindOf(scene).signature(scene);

/**
 * The one split in which a scene may appear, whatever the seed: 80 % of all possible scenes are for training, 10 % for
 * validation, 10 % for testing. So a policy pre-trained with any seed on the train split has never seen a test scene.
 */
export function splitOf(signatureOfScene: string): Split {
  const bucket = random('split of scene', signatureOfScene).int(10);
  return bucket === 0 ? 'test' : bucket === 1 ? 'validation' : 'train';
}

/** Draws that are thrown away before a scene is taken although it was seen: some kinds of scene are finite in number. */
const TRIES = 400;

/**
 * The row with this key and index: equal arguments give equal rows. The dependency level changes the words of the
 * problem only, never the scene, the question or the answer.
 */
export function makeUndrawn(seedKey: string | number, index: number, options: MakeOptions = {}): UndrawnRow {
  const { tasks = TAUGHT, size = 112, split, seen } = options;
  const dependency = dependencyOf(options.dependency ?? 'high', seedKey, index);
  const difficulty = difficultyOf(options.difficulty ?? 'mixed', seedKey, index);
  const name = tasks[index % tasks.length];
  const task = taskNamed(name);
  for (let attempt = 0; ; attempt++) {
    const made = task.make(random(seedKey, 'scene', index, attempt), size, difficulty);
    if (!made) continue;
    const { question, scene } = made;
    const key = signature(scene);
    if (split && splitOf(key) !== split) continue;
    if (seen?.has(key) && attempt < TRIES) continue;
    seen?.add(key);
    const steps = task.solve(question, scene);
    if (!steps)
      throw new DataError(`tasks: the question "${task.text(question)}" has no single answer in this scene`);
    const told = toldWords(dependency, task, question, scene, seedKey, index);
    return {
      id: `${name}-${split ?? 'any'}-${seedKey}-${index}`,
      problem: `<image>${told}${task.text(question)}`,
      answer: steps[steps.length - 1].value,
      meta: { task: name, dependency, difficulty, question, scene, steps } as RowMeta,
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
  tasks?: readonly string[];
  /** 'mixed' unless given. */
  dependency?: DependencySetting;
  /** 'mixed' unless given. */
  difficulty?: DifficultySetting;
  size?: Size;
}

/**
 * The rows of all splits, made one by one. No scene appears in two splits; within a split a scene comes again only
 * where a task has no further ones.
 * @throws DataError for a task that does not exist or a number of rows that is not one
 */
export function makeDataset(options: DatasetOptions): Record<Split, Iterable<Row>> {
  const { seed, rows, tasks = TAUGHT, dependency = 'mixed', difficulty = 'mixed', size } = options;
  if (tasks.length === 0) throw new DataError(`tasks: none is named; choose from ${TASKS.join(', ')}`);
  for (const task of tasks) taskNamed(task);
  for (const split of SPLITS) {
    if (!Number.isInteger(rows[split]) || rows[split] < 0) {
      throw new DataError(
        `rows.${split}: ${rows[split]} is not a number of rows; give a whole number, 0 or more`,
      );
    }
  }
  function* make(split: Split): Iterable<Row> {
    const seen = new Set<string>();
    const row = { tasks, dependency, difficulty, size, split, seen };
    for (let i = 0; i < rows[split]; i++) yield makeRow(seed, i, row);
  }
  return {
    train: { [Symbol.iterator]: () => make('train')[Symbol.iterator]() },
    validation: { [Symbol.iterator]: () => make('validation')[Symbol.iterator]() },
    test: { [Symbol.iterator]: () => make('test')[Symbol.iterator]() },
  };
}
