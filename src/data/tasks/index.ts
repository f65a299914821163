/** The built-in tasks. A further one is a file beside this and a line in `MEMBERS`. */
import { DataError } from '../../errors.ts';
import { angle } from './angle.ts';
import { busiest } from './busiest.ts';
import { chart } from './chart.ts';
import { compare } from './compare.ts';
import { count } from './count.ts';
import { difference } from './difference.ts';
import { relation } from './relation.ts';
import { ARITHMETIC, CONCLUSION } from './shared/facts.ts';
import { sum } from './sum.ts';
import type { AnyFactKind, AnyScene, SceneKind, Task } from './task.ts';
import { total } from './total.ts';
import { walk } from './walk.ts';

const MEMBERS = [count, sum, difference, compare, relation, chart, angle, walk, total, busiest] as const;

type Member = (typeof MEMBERS)[number];
export type TaskName = Member['name'];
/** Questions of all tasks, in machine-readable form. */
export type Question = Parameters<Member['solve']>[0];
/** What the pictures of all tasks hold. */
export type Scene = Parameters<Member['solve']>[1];

const byName = new Map<string, Task>(MEMBERS.map((task) => [task.name, task]));
const sceneKinds = new Map<string, SceneKind>(MEMBERS.map(({ scene }) => [scene.kind, scene]));

/** Names of all tasks. */
export const TASKS: readonly TaskName[] = MEMBERS.map(({ name }) => name);

/** Those that the policies that come with papo were taught, which are the tasks of a run that names none. */
export const TAUGHT: readonly TaskName[] = MEMBERS.flatMap(({ name, taught }) => (taught ? [name] : []));

/** All that a response can state. */
export const FACTS: readonly AnyFactKind[] = [
  ...new Set<AnyFactKind>([ARITHMETIC, ...MEMBERS.flatMap(({ facts }) => facts), CONCLUSION]),
];

/** @throws DataError where there is no such task */
export function taskNamed(name: string): Task {
  const task = byName.get(name);
  if (!task) throw new DataError(`tasks: there is no task '${name}'; choose from ${TASKS.join(', ')}`);
  return task;
}

/** @throws DataError where no task has scenes of that kind */
export function sceneKindOf(scene: AnyScene): SceneKind {
  const kind = sceneKinds.get(scene.kind);
  if (!kind)
    throw new DataError(
      `tasks: there are no scenes of kind '${scene.kind}'; choose from ${[...sceneKinds.keys()].join(', ')}`,
    );
  return kind;
}
