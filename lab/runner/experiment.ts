/** An experiment as its file says: arms that differ in settings, each run with the same seeds. */
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../src/errors.ts';
import { parseLayered } from '../../src/settings/explain.ts';
import { nodeOf, type Values } from '../../src/settings/key-lookup.ts';
import { readSettings } from '../../src/settings/resolve.ts';

const text = z.string().trim().min(1);
const seeds = z.array(z.number().int()).min(1);
const settings = z.record(z.string(), z.unknown());
/** A part of file names. */
const armName = z.string().regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/, 'small letters, digits, - and . only');

const schema = z.strictObject({
  title: text.describe('what the report is called'),
  question: text.describe('what is asked'),
  written: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, 'a day such as 2026-11-24')
    .describe('day on which the settings were fixed, before the runs'),
  settled: text.describe('why these settings, and how they were chosen'),
  pilot: seeds.describe('seeds that the settings were chosen on; no run may have them'),
  seeds: seeds.describe('seeds of each arm that names none of its own'),
  base: settings.default({}).describe('settings of all arms (docs/config.md)'),
  arms: z
    .record(
      armName,
      z.strictObject({
        settings: settings.describe('settings of this arm, over those of `base`'),
        seeds: seeds.optional().describe('its seeds, where they are not those of all'),
      }),
    )
    .describe('what is compared, by name'),
  comparisons: z
    .array(z.tuple([armName, armName]))
    .describe('pairs [arm, against]: the report has the differences arm − against'),
});

export interface Arm {
  name: string;
  /** Settings of a run but for its seed: those of all arms, then its own. */
  layers: readonly [base: Values, own: Values];
  seeds: readonly number[];
}

export interface Experiment extends Omit<z.infer<typeof schema>, 'arms' | 'base' | 'seeds'> {
  /** The folder's name; that of `results` and of the report. */
  name: string;
  dir: string;
  arms: readonly Arm[];
}

/** The runner gives these. */
const OWN_KEYS = ['seed', 'name', 'out'];

const root = nodeOf(schema);

/** @throws ConfigError with the file, the key and what is allowed */
export function readExperiment(file: string): Experiment {
  return experimentOf(file, readSettings(file, { flag: 'lab', prints: 'docs/lab.md' }));
}

/** The same of values that were read already. */
export function experimentOf(file: string, values: Values): Experiment {
  const fail = (why: string) => new ConfigError(`${file}: ${why}`);
  const { arms, base, seeds, ...rest } = parseLayered(schema, root, values, [{ from: file, values }]);
  const own = Object.entries(arms);
  if (own.length === 0) throw fail('arms: there is none; name at least one');
  for (const [where, given] of [
    ['base', base] as const,
    ...own.map(([name, arm]) => [`arms.${name}.settings`, arm.settings] as const),
  ]) {
    const key = OWN_KEYS.find((k) => Object.hasOwn(given, k));
    if (key !== undefined) throw fail(`${where}.${key}: the runner gives each run its own; remove it`);
  }
  const out = own.map(([name, arm]): Arm => {
    const mine = arm.seeds ?? seeds;
    const twice = mine.find((seed, i) => mine.indexOf(seed) < i);
    if (twice !== undefined) throw fail(`arms.${name}: seed ${twice} is given twice; keep one`);
    const used = mine.find((seed) => rest.pilot.includes(seed));
    if (used !== undefined)
      throw fail(
        `arms.${name}: seed ${used} is a pilot seed, on which the settings were chosen; take another`,
      );
    return { name, layers: [base, arm.settings], seeds: mine };
  });
  for (const pair of rest.comparisons) {
    const [a, b] = pair.map((name) => out.find((arm) => arm.name === name));
    const unknown = pair.find((name) => !Object.hasOwn(arms, name));
    if (unknown !== undefined)
      throw fail(`comparisons: ${unknown} is no arm (there are ${own.map(([name]) => name).join(', ')})`);
    if (a === b || !a || !b) throw fail(`comparisons: ${pair[0]} is compared with itself; name another arm`);
    if (!a.seeds.some((seed) => b.seeds.includes(seed)))
      throw fail(`comparisons: ${a.name} and ${b.name} have no seed in common, so nothing can be paired`);
  }
  const dir = dirname(resolve(file));
  return { ...rest, name: basename(dir), dir, arms: out };
}

/** `1-5` or `1,3,8-10`. @throws ConfigError */
export function parseSeeds(given: string): number[] {
  return given.split(',').flatMap((part) => {
    const [, from, to] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || last < first || last - first > 9999)
      throw new ConfigError(`--seeds ${given}: expected seeds such as 1-5 or 1,3,8-10`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
