import { join } from 'node:path';
import { openData } from '../../data/source.ts';
import { TASKS, TAUGHT } from '../../data/tasks/index.ts';
import { makeBuiltin } from '../../rollout/data.ts';
import { scoringNamed } from '../scorings/index.ts';
import { checkIndex, limited, type SuiteKind } from './suite.ts';

/** Questions where none are named. */
const ROWS = 1000;

/** The built-in tasks in scenes of the test split, which no training row has, whatever its seed. */
export const builtin: SuiteKind = {
  name: 'builtin',
  title: 'Built-in tasks',
  description: `test scenes of the built-in tasks (${TASKS.join(', ')}), ${ROWS} unless told`,
  async open(spec, options) {
    const given = spec.builtin ?? {};
    const settings = {
      seed: given.seed ?? 1,
      rows: given.rows ?? ROWS,
      tasks: given.tasks ?? [...TAUGHT],
      dependency: given.dependency ?? ('mixed' as const),
      difficulty: given.difficulty ?? ('mixed' as const),
    };
    const { rows, ...made } = settings;
    const root = options.cacheRoot ?? join('runs', '.data');
    options.progress?.(`making ${rows} built-in questions`);
    const dir = makeBuiltin({ ...made, train: 0, validation: 0, test: rows }, root);
    const source = await openData(dir, 'test');
    const limit = options.limit ?? spec.limit;
    const { length, notes } = limited(source.length, limit);
    const scoring = scoringNamed(options.scoring ?? spec.scoring ?? 'authors').name;
    return {
      name: spec.name,
      title: spec.title ?? 'Built-in tasks',
      source: `built-in tasks (${made.tasks.join(', ')}), test split, seed ${made.seed}, dependency ${made.dependency}, difficulty ${made.difficulty}`,
      scoring,
      ...(spec.group && { group: spec.group }),
      length,
      skipped: {},
      notes: [...(spec.notes ?? []), ...notes],
      spec: { ...spec, builtin: settings, scoring, ...(limit !== undefined && { limit }) },
      async item(i) {
        checkIndex(i, length);
        const row = await source.row(i);
        return { key: row.id, row, task: row.meta?.task, dependency: row.meta?.dependency };
      },
    };
  },
};
