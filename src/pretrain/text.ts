/** Recipes for a reader: the list of them, and one whole as YAML. */
import { Document, isMap, isScalar, isSeq } from 'yaml';
import { DEFAULT_POLICY, shippedPolicies } from '../model/shipped.ts';
import { comment } from '../settings/describe.ts';
import { nodeAt, nodeOf } from '../settings/key-lookup.ts';
import type { Part } from './plan.ts';
import { recipeSchema, stepsOf } from './recipe.ts';
import { RECIPES } from './recipes/index.ts';

/** Every recipe: what its policy is for, how it is made, and how it is called where it comes with papo. */
export function recipesText(): string {
  const width = Math.max(...RECIPES.map(({ name }) => name.length)) + 2;
  const shipped = shippedPolicies();
  const lines = RECIPES.flatMap(({ name, purpose, recipe: given }) => {
    const recipe = recipeSchema.parse(given);
    const from = recipe.from === null ? '' : ` after those of ${recipe.from}`;
    const policy = `builtin:${name}`;
    const called = shipped.includes(policy) ? `; comes with papo as ${policy}` : '';
    const usual = policy === DEFAULT_POLICY ? ', which is the default' : '';
    return [
      `${name.padEnd(width)}${purpose}`,
      `${' '.repeat(width)}${stepsOf(recipe)} steps${from}${called}${usual}`,
    ];
  });
  return `${lines.join('\n')}\n\nMake one: papo pretrain NAME [DIR]. See what it does: papo pretrain NAME --print\n`;
}

const root = nodeOf(recipeSchema);

/** The recipe as YAML that `--recipe` takes back, above each key what it means and what it allows. */
export function recipeYaml({ recipe }: Part): string {
  const document = new Document(recipe);
  const walk = (node: unknown, at: readonly (string | number)[]) => {
    if (isSeq(node)) {
      node.flow = node.items.every(isScalar);
      for (const [i, item] of node.items.entries()) walk(item, [...at, i]);
    }
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const path = [...at, String(key.value)];
      const said = nodeAt(path, recipe, root).node;
      // The items of a list have the same keys: the first tells of them.
      if (said && !at.some((k) => typeof k === 'number' && k > 0))
        key.commentBefore = ` ${comment(said, isMap(value))}`;
      walk(value, path);
    }
  };
  walk(document.contents, []);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
