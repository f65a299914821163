import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { TASKS } from '../tasks/index.ts';
import { DIFFICULTIES } from '../tasks/shared/difficulty.ts';
import { makeUndrawn } from './make.ts';
import { PLANTED, type PlantedKind, plant } from './plant.testing.ts';
import { trace } from './trace.ts';

/** Of each kind; a row that has no place for an error of a kind is passed over. */
const EACH = 400;

describe('an error that was put into a response', () => {
  it.each(PLANTED)('is sorted as what it is: %s', (kind: PlantedKind) => {
    const misses: string[] = [];
    const tasks = new Map<string, number>();
    let planted = 0;
    for (let i = 0; planted < EACH; i++) {
      const row = makeUndrawn('planted', i, { tasks: TASKS, difficulty: DIFFICULTIES[i % 3] });
      const response = plant(kind, row, random('planted', kind, i));
      if (response === undefined) continue;
      planted++;
      tasks.set(row.meta.task, (tasks.get(row.meta.task) ?? 0) + 1);
      const { cause } = trace(response, row.meta);
      if (cause !== kind) misses.push(`${cause}: ${row.problem} ${row.answer} | ${response}`);
    }
    const share = 1 - misses.length / EACH;
    console.info(`${kind}: ${(100 * share).toFixed(1)} % of ${EACH} planted, over ${tasks.size} tasks`);
    expect(misses.slice(0, share >= 0.98 ? 0 : 12)).toEqual([]);
    expect(tasks.size).toBe(kind === 'calculation' ? 7 : TASKS.length);
  });
});
