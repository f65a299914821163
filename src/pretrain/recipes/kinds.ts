import type { TaskName } from '../../data/tasks/index.ts';

/** Every kind of question once. Named here, so that a task that comes later does not change what the recipes make. */
export const EACH_KIND: TaskName[] = [
  'count',
  'sum',
  'difference',
  'compare',
  'relation',
  'chart',
  'angle',
  'walk',
  'total',
];
