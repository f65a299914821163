/** Evaluations held against each other, question by question: every number that the tables and the page show. */
import { random } from '../../random.ts';
import { bcaInterval, bootstrap, jackknife, type Statistic, type Strata } from '../../resampling.ts';
import { holm } from '../../significance.ts';
import { version } from '../../version.ts';
import type { Evaluation } from '../files.ts';
import { type Changed, changedMost } from './changed.ts';
import { type Difference, difference, observations, unitsOf } from './difference.ts';
import { MEASURES, type Measure } from './measures.ts';
import { type Pairing, pairEvaluations, type QuestionPair, type SuitePair } from './pairing.ts';

/** Corrected p up to which a difference counts as more than chance. */
export const ALPHA = 0.05;
/** Groups of fewer questions can show nothing: 5 of 5 that changed have p .06. */
export const LEAST = 6;
/** Combinations of signs that are drawn at least; with many comparisons more, so that a small p survives its correction. */
const FLIPS = 9_999;

export type GroupKind = 'mean' | 'pooled' | 'suite' | 'task' | 'dependency';

/**
 * Differences that p is corrected for together, so that in each family the chance of any false alarm is at most 5 %: what the
 * policies are compared by, where the difference lies, and what else changed.
 */
export const FAMILIES = {
  overall: 'accuracy, overall and by suite',
  parts: 'accuracy by task and by vision dependency',
  form: 'form and length',
} as const;
export type Family = keyof typeof FAMILIES;

/** One difference that is shown. */
export interface Row extends Difference {
  measure: string;
  group: GroupKind;
  /** `all`, `general` or `vision`; the suite; the task or level. */
  name: string;
  /** Of a task. */
  suite?: string;
  family: Family;
  /** p after Holm's correction over its family, in all pairs that are compared. */
  corrected: number;
  /** `unclear` unless the corrected p is at most .05 and the interval does not hold 0. */
  verdict: 'up' | 'down' | 'unclear';
}

/** The mean over suites of (after − before) / before, as the paper's relative gains are made. */
export interface RelativeGain {
  measure: string;
  /** Which suites: all, general or vision. */
  name: string;
  suites: readonly string[];
  /** Suites whose accuracy was 0 before, of which there is none. */
  without: readonly string[];
  value: number;
  /** The 95 % interval of the bootstrap (BCa). */
  low: number | null;
  high: number | null;
}

export interface Compared {
  /** Places in `evaluations`. */
  before: number;
  after: number;
  warnings: readonly string[];
  suites: readonly { name: string; title: string; questions: number; notes: readonly string[] }[];
  rows: readonly Row[];
  relative: readonly RelativeGain[];
  changed: { gained: readonly Changed[]; lost: readonly Changed[] };
}

export interface Comparison {
  version: 1;
  papo: string;
  evaluations: readonly {
    dir: string;
    policy: string;
    description: string;
    samples: number;
    greedy: boolean;
  }[];
  /** How many differences p was corrected for, in each. */
  families: Readonly<Record<Family, number>>;
  alpha: number;
  seed: string;
  compared: readonly Compared[];
}

interface Group {
  kind: GroupKind;
  name: string;
  suite?: string;
  /** Questions of each suite that is averaged over; one group where nothing is. */
  parts: readonly (readonly QuestionPair[])[];
}

const isPart = (kind: GroupKind) => kind === 'task' || kind === 'dependency';

const distinct = (values: readonly (string | undefined)[]) =>
  [...new Set(values.filter((value) => value !== undefined))].sort();

/** Suites that are averaged over: all, and the paper's groups where they are a part. */
function suiteSets(suites: readonly SuitePair[]): { name: string; suites: readonly SuitePair[] }[] {
  const sets = (['general', 'vision'] as const).map((name) => ({
    name: name as string,
    suites: suites.filter(({ group }) => group === name),
  }));
  return [
    { name: 'all', suites },
    ...sets.filter((set) => set.suites.length > 1 && set.suites.length < suites.length),
  ];
}

function groupsOf(suites: readonly SuitePair[]): Group[] {
  const all = suites.flatMap(({ pairs }) => pairs);
  const several = suites.length > 1;
  const means = suiteSets(suites).map(
    ({ name, suites: set }): Group => ({ kind: 'mean', name, parts: set.map(({ pairs }) => pairs) }),
  );
  const tasks = suites.flatMap(({ name: suite, pairs }) => {
    const names = distinct(pairs.map(({ before }) => before.task));
    if (names.length < 2) return [];
    return names.map(
      (name): Group => ({
        kind: 'task',
        name,
        suite,
        parts: [pairs.filter(({ before }) => before.task === name)],
      }),
    );
  });
  const levels = ['high', 'medium', 'low'].map(
    (name): Group => ({
      kind: 'dependency',
      name,
      parts: [all.filter(({ before }) => before.dependency === name)],
    }),
  );
  const apart = levels.filter(({ parts }) => parts[0].length > 0);
  return [
    ...(several ? [...means, { kind: 'pooled', name: 'all', parts: [all] } as const] : []),
    ...suites.map(({ name, pairs }): Group => ({ kind: 'suite', name, parts: [pairs] })),
    ...tasks,
    ...(apart.length > 1 ? apart : []),
  ].filter(({ kind, parts }) => !isPart(kind) || parts[0].length >= LEAST);
}

/** A measure of a group that has it; those of form and length are not shown by task. */
interface Asked {
  measure: Measure;
  group: Group;
  family: Family;
}

const familyOf = (measure: Measure, { kind }: Group): Family =>
  measure.isAccuracy ? (isPart(kind) ? 'parts' : 'overall') : 'form';

function askedOf({ suites }: Pairing): Asked[] {
  const has = (measure: Measure, pairs: readonly QuestionPair[]) => observations(measure, pairs).length > 0;
  const everywhere = (name: string) => {
    const measure = MEASURES.find((one) => one.name === name);
    return measure !== undefined && suites.every(({ pairs }) => has(measure, pairs));
  };
  return groupsOf(suites).flatMap((group) =>
    MEASURES.filter(
      (measure) =>
        (measure.isAccuracy || !isPart(group.kind)) &&
        (measure.name !== 'characters' || !everywhere('tokens')) &&
        group.parts.every((pairs) => has(measure, pairs)),
    ).map((measure) => ({ measure, group, family: familyOf(measure, group) })),
  );
}

export interface CompareOptions {
  /** Hold each against each other one, not only the first against the others. */
  allPairs?: boolean;
  /** Of what is drawn anew; equal seeds give equal numbers. */
  seed?: string;
  /** How often the bootstrap draws the questions anew. */
  resamples?: number;
}

/**
 * @param evaluations two or more; the first is what the others are held against
 * @throws DataError where two of them cannot be paired
 */
export function compare(
  evaluations: readonly Evaluation[],
  { allPairs = false, seed = '1', resamples }: CompareOptions = {},
): Comparison {
  const places = evaluations.flatMap((_, after) =>
    Array.from({ length: after }, (__, before) => [before, after] as const).filter(
      ([before]) => allPairs || before === 0,
    ),
  );
  const paired = places.map(([before, after]) => {
    const pairing = pairEvaluations(evaluations[before], evaluations[after]);
    return { before, after, pairing, asked: askedOf(pairing) };
  });
  const asked = paired.flatMap((pair) => pair.asked);
  const sizeOf = (family: Family) => asked.filter((one) => one.family === family).length;
  const families = { overall: sizeOf('overall'), parts: sizeOf('parts'), form: sizeOf('form') };
  // The smallest p that drawing can give, corrected, is a tenth of what counts.
  const flips = Math.max(FLIPS, Math.ceil((10 * Math.max(...Object.values(families))) / ALPHA));
  const found = paired.map(({ before, after, asked: own }) =>
    own.flatMap(({ measure, group, family }) => {
      const stream = [seed, before, after, measure.name, group.kind, group.suite ?? '', group.name].join('/');
      const one = difference(measure, group.parts, { seed: stream, flips, resamples });
      return one ? [{ measure, group, family, one }] : [];
    }),
  );
  const rows = corrected(found);
  return {
    version: 1,
    papo: version(),
    evaluations: evaluations.map(({ dir, settings: { policy, description, samples, greedy } }) => ({
      dir,
      policy,
      description,
      samples,
      greedy,
    })),
    families,
    alpha: ALPHA,
    seed,
    compared: paired.map(({ before, after, pairing }, i) => ({
      before,
      after,
      warnings: pairing.warnings,
      suites: pairing.suites.map(({ name, title, notes, pairs }) => ({
        name,
        title,
        notes,
        questions: pairs.length,
      })),
      rows: rows[i],
      relative: relativeGains(pairing.suites, seed, resamples),
      changed: changedMost(pairing.suites.flatMap(({ pairs }) => pairs)),
    })),
  };
}

interface Found extends Asked {
  one: Difference;
}

/** The rows of each pair, with p corrected over the family in all of them. */
function corrected(found: readonly (readonly Found[])[]): Row[][] {
  const all = found.flat();
  const p = new Map<Difference, number>();
  for (const family of Object.keys(FAMILIES)) {
    const members = all.filter((one) => one.family === family);
    const together = holm(members.map(({ one }) => one.p));
    members.forEach(({ one }, i) => {
      p.set(one, together[i]);
    });
  }
  return found.map((list) =>
    list.map(({ measure, group: { kind, name, suite }, family, one }): Row => {
      const after = p.get(one) ?? Number.NaN;
      const clear = after <= ALPHA && one.low !== null && one.high !== null && (one.low > 0 || one.high < 0);
      const verdict = clear ? (one.value > 0 ? 'up' : 'down') : 'unclear';
      const names = { measure: measure.name, group: kind, name, ...(suite !== undefined && { suite }) };
      return { ...names, family, ...one, corrected: after, verdict };
    }),
  );
}

const relativeMean: Statistic = (sums_S) =>
  sums_S.reduce((total, [, before, after]) => total + (after - before) / before, 0) / sums_S.length;

function relativeGains(suites: readonly SuitePair[], seed: string, resamples?: number): RelativeGain[] {
  return MEASURES.filter(({ isAccuracy }) => isAccuracy).flatMap((measure) =>
    suiteSets(suites).flatMap(({ name, suites: set }): RelativeGain[] => {
      const each = set.map((suite) => ({
        name: suite.name,
        units: unitsOf(observations(measure, suite.pairs)),
      }));
      if (each.some(({ units }) => units.length === 0)) return [];
      const started = each.filter(({ units }) => units.some(([, before]) => before > 0));
      if (started.length === 0) return [];
      const strata: Strata = started.map(({ units }) => units);
      const value = relativeMean(
        strata.map((units) => [0, 1, 2].map((i) => units.reduce((sum, unit) => sum + unit[i], 0))),
      );
      // Where chance draws no right answer at all there is no relative gain; NaN says so.
      const drawn = bootstrap(
        strata,
        relativeMean,
        random(seed, 'relative', measure.name, name),
        resamples,
      ).map((x) => (Number.isFinite(x) ? x : Number.NaN));
      const { low, high } = bcaInterval(drawn, value, jackknife(strata, relativeMean));
      return [
        {
          measure: measure.name,
          name,
          suites: started.map((one) => one.name),
          without: each.filter((one) => !started.includes(one)).map((one) => one.name),
          value,
          low: Number.isFinite(low) ? low : null,
          high: Number.isFinite(high) ? high : null,
        },
      ];
    }),
  );
}
