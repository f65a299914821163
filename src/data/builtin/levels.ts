/** Levels that may differ from row to row of a set: how much only the picture tells, and how hard a question is. */
import { random } from '../../random.ts';
import { DEPENDENCIES, type Dependency } from '../row.ts';
import { DIFFICULTIES, type Difficulty } from '../tasks/shared/difficulty.ts';

/** One level for all rows, or `mixed`: each row draws its own. */
export type DependencySetting = Dependency | 'mixed';
export type DifficultySetting = Difficulty | 'mixed';

export const DEPENDENCY_SETTINGS: readonly DependencySetting[] = [...DEPENDENCIES, 'mixed'];
export const DIFFICULTY_SETTINGS: readonly DifficultySetting[] = [...DIFFICULTIES, 'mixed'];

/** Of a hundred mixed rows: mostly the picture is needed for every step of the answer, sometimes for some, seldom for none. */
export const DEPENDENCY_SHARES: Record<Dependency, number> = { high: 60, medium: 25, low: 15 };

/** The level of row `index`, whatever its task. */
export function dependencyOf(
  setting: DependencySetting,
  seedKey: string | number,
  index: number,
): Dependency {
  if (setting !== 'mixed') return setting;
  const levels = DEPENDENCIES.flatMap((level) => Array<Dependency>(DEPENDENCY_SHARES[level]).fill(level));
  return random(seedKey, 'dependency', index).pick(levels);
}

/** The level of row `index`, whatever its task: each a third of the rows. */
export const difficultyOf = (
  setting: DifficultySetting,
  seedKey: string | number,
  index: number,
): Difficulty => (setting === 'mixed' ? random(seedKey, 'difficulty', index).pick(DIFFICULTIES) : setting);
