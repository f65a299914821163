/** The recipes of `papo pretrain`. A further one is a file beside this and a line in `RECIPES`. */
import { ConfigError, quoted } from '../../errors.ts';
import type { NamedRecipe } from '../recipe.ts';
import { looking } from './looking.ts';
import { prior } from './prior.ts';
import { unlooking } from './unlooking.ts';

export const RECIPES: readonly NamedRecipe[] = [looking, prior, unlooking];

/** @throws ConfigError where there is no such recipe; `where` begins the message, `advice` ends it */
export function recipeNamed(name: string, where = '', advice = ''): NamedRecipe {
  const found = RECIPES.find((r) => r.name === name);
  if (found) return found;
  const names = RECIPES.map((r) => r.name).join(', ');
  throw new ConfigError(`${where}${quoted(name)}: no such recipe; there are ${names}${advice}`);
}
