/** From a command line to what is carried out: the recipe that is asked for, and before it those that it starts from. */
import { ConfigError, quoted } from '../errors.ts';
import { MOST } from '../settings/blocks.ts';
import { parseLayered } from '../settings/explain.ts';
import { isObject, type Layer, merge, nodeOf, type Values } from '../settings/key-lookup.ts';
import { assignmentLayer, readSettings } from '../settings/resolve.ts';
import { type Recipe, recipeSchema, type Stage } from './recipe.ts';
import { recipeNamed } from './recipes/index.ts';

/** The options as they were typed. */
export interface PretrainFlags {
  seed?: string;
  steps?: string;
  until?: string;
  mismatch?: string;
  threads?: string;
  /** Assignments such as `stages.0.learningRate=1e-3`. */
  set?: readonly string[];
  /** A YAML file with settings of the recipe. */
  recipe?: string;
  /** The policy to start from, instead of following first the recipes that this one starts from. */
  from?: string;
}

export interface Part {
  name: string;
  recipe: Recipe;
}

/** Recipes in the order in which they are followed, each from the end of the one before; the last is what was asked for. */
export interface Plan {
  parts: readonly [...before: Part[], last: Part];
  /** The policy that the first one starts from; new parameters where none is named. */
  from?: string;
  threads?: number;
}

const root = nodeOf(recipeSchema);

/** @throws ConfigError for a recipe, an option or a setting that does not exist or has a value that is not allowed */
export function planOf(name: string, flags: PretrainFlags): Plan {
  const advice =
    '; a recipe is carried out with papo pretrain NAME [DIR], such as papo pretrain looking mine';
  const asked = ownRecipe(name, recipeNamed(name, '', advice).recipe, flags);
  const parts: [...Part[], Part] = [{ name, recipe: asked }];
  if (flags.from !== undefined && asked.from === null)
    throw new ConfigError(
      `--from ${quoted(flags.from)}: recipe ${name} begins with new parameters; its from and shape say so`,
    );
  for (let from = asked.from; from !== null && flags.from === undefined; ) {
    if (parts.some((part) => part.name === from))
      throw new ConfigError(`from: recipe ${from} would be followed by itself; name another`);
    const recipe = recipeSchema.parse(recipeNamed(from, 'from: ').recipe);
    parts.unshift({ name: from, recipe });
    from = recipe.from;
  }
  const steps = wholeNumber('steps', flags.steps, MOST.steps);
  const shaped = parts.map((part) => ({
    ...part,
    recipe: { ...part.recipe, ...seeded(part, flags.seed), stages: shortened(part.recipe.stages, steps) },
  }));
  return {
    parts: shaped as [...Part[], Part],
    from: flags.from,
    threads: wholeNumber('threads', flags.threads, MOST.threads),
  };
}

/** A recipe that follows another one draws other examples than that. */
const seeded = ({ name, recipe }: Part, seed: string | undefined) =>
  seed === undefined ? {} : { seed: recipe.from === null ? seed : `${seed}-${name}` };

/** The recipe with what the file, the assignments and the options say of it, later over earlier. */
function ownRecipe(name: string, base: Values, flags: PretrainFlags): Recipe {
  const layers: Layer[] = [{ from: `recipe ${name}`, values: base }];
  if (flags.recipe !== undefined) {
    const prints = `papo pretrain ${name} --print`;
    layers.push({ from: flags.recipe, values: readSettings(flags.recipe, { flag: '--recipe', prints }) });
  }
  for (const assignment of flags.set ?? []) {
    const layer = assignmentLayer(assignment, 'stages.0.learningRate=0.001');
    checkPlaces(assignment, layer, layered(layers));
    layers.push(layer);
  }
  for (const key of ['seed', 'until'] as const) {
    const given = flags[key];
    if (given !== undefined)
      layers.push({ from: `--${key}`, values: { [key]: key === 'seed' ? given : asNumber(given) } });
  }
  if (flags.mismatch !== undefined) {
    const mismatch = asNumber(flags.mismatch);
    const { stages } = layered(layers);
    const each = Array.isArray(stages) ? stages.map((_, i) => [i, { mismatch }] as const) : [];
    layers.push({ from: '--mismatch', values: { stages: Object.fromEntries(each) } });
  }
  return parseLayered(recipeSchema, root, layered(layers), layers);
}

/** @throws ConfigError where a stage is set that is not there */
function checkPlaces(assignment: string, { values }: Layer, under: Values): void {
  if (!isObject(values.stages) || !Array.isArray(under.stages)) return;
  const { length } = under.stages;
  if (Object.keys(values.stages).every((key) => /^\d+$/.test(key) && Number(key) < length)) return;
  const there = length === 1 ? 'there is one stage, stages.0' : `stages are stages.0 to stages.${length - 1}`;
  throw new ConfigError(`--set ${quoted(assignment)}: no such stage; ${there}`);
}

const layered = (layers: readonly Layer[]): Values =>
  layers.reduce<Values>((under, { values }) => merge(under, values), {});

/** What is no number stays as it was typed, for the message. */
const asNumber = (given: string): unknown =>
  given.trim() === '' || Number.isNaN(Number(given)) ? given : Number(given);

function wholeNumber(name: string, given: string | undefined, most: number): number | undefined {
  if (given === undefined) return undefined;
  const n = Number(given);
  if (given.trim() === '' || !Number.isInteger(n) || n < 1 || n > most)
    throw new ConfigError(`--${name} ${quoted(given)}: allowed is a whole number 1 to ${most}`);
  return n;
}

/** The first `steps` steps of the stages; all of them where none is given. */
function shortened(stages: readonly Stage[], steps: number | undefined): Stage[] {
  if (steps === undefined) return [...stages];
  let left = steps;
  return stages.flatMap((stage) => {
    const stop = Math.min(stage.stop ?? stage.steps, stage.steps, left);
    left -= stop;
    return stop > 0 ? [{ ...stage, stop }] : [];
  });
}
