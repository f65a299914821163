import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type PretrainFlags, planOf } from './plan.ts';
import { recipeSchema, stepsOf } from './recipe.ts';
import { RECIPES } from './recipes/index.ts';
import { recipesText, recipeYaml } from './text.ts';

const last = (name: string, flags: PretrainFlags = {}) => {
  const { parts } = planOf(name, flags);
  return parts[parts.length - 1];
};
const names = (name: string, flags: PretrainFlags = {}) => planOf(name, flags).parts.map((part) => part.name);
const file = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'papo-recipe-')), 'mine.yaml');
  writeFileSync(path, text);
  return path;
};

describe('a plan', () => {
  it('follows first what a recipe starts from, unless a policy is named', () => {
    const { from } = recipeSchema.parse(RECIPES.find(({ name }) => name === 'prior')?.recipe);
    expect(names('prior')).toEqual([from, 'prior']);
    expect(names('prior', { from: 'builtin:looking' })).toEqual(['prior']);
    expect(names('looking')).toEqual(['looking']);
    expect(() => names('looking', { from: 'x' })).toThrow('--from x: recipe looking begins with new');
    expect(() => names('prior', { set: ['from=prior'] })).toThrow('recipe prior would be followed by itself');
    expect(() => names('prior', { set: ['from=lookin'] })).toThrow('from: lookin: no such recipe; there are');
  });

  it('has what a file, assignments and options say, later over earlier', () => {
    const recipe = file('batch: 8\nvalidationRows: 3\nseed: mine\n');
    const flags = { recipe, set: ['batch=16', 'stages.1.learningRate=1e-4'], seed: 's', mismatch: '.5' };
    const made = last('looking', flags).recipe;
    const usual = last('looking').recipe;
    expect(made).toMatchObject({ batch: 16, validationRows: 3, seed: 's', finalRows: usual.finalRows });
    expect(made.stages).toEqual(
      usual.stages.map((stage, i) => ({
        ...stage,
        mismatch: 0.5,
        learningRate: i === 1 ? 1e-4 : stage.learningRate,
      })),
    );
  });

  it('gives a seed to all that is followed, and steps to each', () => {
    const { parts, threads } = planOf('prior', { seed: 's', steps: '30', mismatch: '1', threads: '3' });
    expect(threads).toBe(3);
    expect(parts.map(({ recipe }) => recipe.seed)).toEqual(['s', 's-prior']);
    expect(parts.map(({ recipe }) => stepsOf(recipe))).toEqual([30, 30]);
    expect(parts.map(({ recipe }) => recipe.stages[0].mismatch)).toEqual([0, 1]);
    const { stages } = last('looking', { steps: '800' }).recipe;
    expect(stages.map(({ stop }) => stop)).toEqual([750, 50]);
  });

  it.each([
    [{ steps: 'many' }, '--steps many: allowed is a whole number 1 to 10000000'],
    [{ threads: '0' }, '--threads 0: allowed is a whole number 1 to 1024'],
    [{ until: '2' }, '--until: until: 2 is given, allowed is a number 0 to 1'],
    [{ until: '' }, '--until: until: "" is given, allowed is a number 0 to 1'],
    [{ mismatch: '-1' }, '--mismatch: stages.0.mismatch: -1 is given, allowed is a number 0 to 1'],
    [{ seed: '' }, '--seed: seed: "" is given, allowed is a text'],
    [{ set: ['bach=3'] }, '--set: bach: no such key; did you mean batch?'],
    [{ set: ['lr=3'] }, '--set: lr: no such key (here are: from, seed'],
    [
      { set: ['stages.0.learningrate=1'] },
      '--set: stages.0.learningrate: no such key; did you mean stages.0.learningRate?',
    ],
    [{ set: ['stages.0.steps=a'] }, '--set: stages.0.steps: "a" is given, allowed is a whole number 1 to'],
    [{ set: ['stages.9.steps=3'] }, '--set stages.9.steps=3: no such stage; stages are stages.0 to stages.2'],
    [{ set: ['stages.steps=3'] }, '--set stages.steps=3: no such stage; stages are stages.0 to stages.2'],
    [
      { set: ['stages=[{steps: 1, learningRate: 1}]', 'stages.1.steps=3'] },
      '--set stages.1.steps=3: no such stage; there is one stage, stages.0',
    ],
    [{ set: ['stages=3'] }, '--set: stages: 3 is given, allowed is a list of blocks of keys'],
    [{ set: ['stages=[]'] }, '--set: stages: [] is given'],
    [{ set: ['stages.0.tasks=[coun]'] }, 'stages.0.tasks.0: "coun" is given, allowed is one of count, '],
    [{ set: ['batch'] }, '--set batch: expected key=value, such as --set stages.0.learningRate=0.001'],
    [{ set: ['shape=null'] }, 'shape: null is given, a recipe from new parameters needs one'],
    [{ set: ['stages.0.drill=.9'] }, '--set: stages.0.drill: 0.9 is given, with describe it is at most 1'],
    [{ recipe: '' }, '--recipe: no file is named; papo pretrain looking --print prints one'],
    [{ recipe: '/no/where' }, '/no/where: '],
  ])('tells what is wrong with %o in one line', (flags, message) => {
    expect(() => planOf('looking', flags)).toThrow(message);
  });

  it('names the recipes where there is none of a name, and the form of the command', () => {
    expect(() => planOf('runs/base', {})).toThrow(
      `runs/base: no such recipe; there are ${RECIPES.map(({ name }) => name).join(', ')}; a recipe is carried out with papo pretrain NAME [DIR]`,
    );
  });
});

describe('a recipe in words', () => {
  it.each(RECIPES.map(({ name }) => name))('%s is printed as YAML that is taken back', (name) => {
    const part = last(name);
    const yaml = recipeYaml(part);
    expect(last(name, { recipe: file(yaml) })).toEqual(part);
    const keys = yaml.split('\n').filter((line) => /^\w+:/.test(line));
    expect(keys.map((line) => line.replace(/:.*/, ''))).toEqual(Object.keys(part.recipe));
    for (const key of Object.keys(part.recipe.stages[0]))
      expect(yaml).toMatch(new RegExp(`# \\S.*\\n(  - |    )${key}:`));
  });

  it('is listed', () => {
    for (const { name, purpose } of RECIPES)
      expect(recipesText()).toMatch(new RegExp(`^${name} +${purpose}$`, 'm'));
    expect(recipesText()).toContain('comes with papo as builtin:looking');
  });
});
