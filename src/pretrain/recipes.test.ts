import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeUndrawn } from '../data/builtin/make.ts';
import { solution } from '../data/builtin/solution.ts';
import { TAUGHT } from '../data/tasks/index.ts';
import { readCheckpoint } from '../model/checkpoint.ts';
import { policyFolder, shippedPolicies } from '../model/shipped.ts';
import { random } from '../random.ts';
import { openPolicy } from '../rollout/policy.ts';
import { resolveConfig, setLayer } from '../settings/resolve.ts';
import { planOf } from './plan.ts';
import { weightsHash } from './pretrain.ts';
import { recipeSchema } from './recipe.ts';
import { RECIPES } from './recipes/index.ts';

const BYTES = 6 * 2 ** 20;

describe.each(shippedPolicies())('%s', (policy) => {
  const dir = policyFolder(policy);
  const record = JSON.parse(readFileSync(join(dir, 'recipe.json'), 'utf8'));
  const { parts } = planOf(policy.slice('builtin:'.length), {});
  const today = (name: string) => parts.find((part) => part.name === name)?.recipe;

  it('was made by the recipe of its name as that is today', () => {
    expect(`builtin:${record.name}`).toBe(policy);
    expect(recipeSchema.parse(record.recipe)).toEqual(today(record.name));
    const before = record.before ?? [];
    for (const { name, recipe } of before) expect(recipeSchema.parse(recipe)).toEqual(today(name));
    // A policy that was started from is one of the package, with the weights that it has today.
    if (record.from)
      expect(weightsHash(readCheckpoint(policyFolder(record.from.policy)))).toBe(record.from.sha256);
    const first = before[0]?.recipe ?? record.recipe;
    expect(first.from ?? null).toBe(record.from ? record.from.policy.slice('builtin:'.length) : null);
  });

  it('says every right solution in no more tokens than a run lets it', () => {
    const { rollout, data } = resolveConfig([]);
    const { tokenizer } = openPolicy(resolveConfig([setLayer(`policy=${policy}`)])).text;
    const length = (words: string) => tokenizer.encode(words).length;
    for (const task of TAUGHT)
      for (let i = 0; i < 150; i++) {
        const row = makeUndrawn('length', i, { tasks: [task], dependency: i % 2 === 0 ? 'medium' : 'low' });
        const words = solution(row, random('length', i, task));
        expect([words, length(words) < rollout.maxTokens]).toEqual([words, true]);
        // The picture and what the chat template adds are less than half of a prompt.
        expect(length(row.problem)).toBeLessThan(data.maxPromptTokens / 2);
      }
  });

  it('opens, and is small enough to come with the package', () => {
    expect(openPolicy(resolveConfig([setLayer(`policy=${policy}`)])).parameters).toBe(record.parameters);
    const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
    expect(bytes).toBeLessThan(BYTES);
  });
});

describe('recipes', () => {
  it('have names of their own, a sentence, and settings that are allowed', () => {
    const names = RECIPES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, purpose, recipe } of RECIPES) {
      expect(name).toMatch(/^[a-z][a-z-]*$/);
      expect(purpose).toMatch(/^[^\n]{20,120}$/);
      expect(() => recipeSchema.parse(recipe)).not.toThrow();
      // No scenes of a recipe that is followed before are met again.
      const seeds = planOf(name, {}).parts.map((part) => part.recipe.seed);
      expect(new Set(seeds).size).toBe(seeds.length);
    }
  });
});
