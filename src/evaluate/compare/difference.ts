/** One difference, with everything that says how sure it is. Two measurements of a question are one observation. */
import { random } from '../../random.ts';
import {
  bcaInterval,
  bootstrap,
  jackknife,
  meanOfMeans,
  RESAMPLES,
  signFlipTest,
  type Unit,
} from '../../resampling.ts';
import { mcnemar, smallestDifference } from '../../significance.ts';
import { clusteredInterval, pairedShareInterval, standardError, tInterval } from '../../statistics.ts';
import type { AskedQuestion } from '../files.ts';
import type { Measure } from './measures.ts';
import type { QuestionPair } from './pairing.ts';

/** null: not known, as of fewer than two questions. */
export interface Difference {
  /** Questions; sources of them, where some share one; suites, where it is a mean over these. */
  n: number;
  clusters?: number;
  suites?: number;
  before: number;
  after: number;
  /** after − before. */
  value: number;
  se: number | null;
  /** The 95 % interval from the standard error. */
  low: number | null;
  high: number | null;
  /** The 95 % interval of the bootstrap (BCa). */
  bootstrap: { low: number | null; high: number | null };
  /** Of the sign-flip test; whether every combination was counted. */
  p: number;
  exact: boolean;
  /** The smallest true difference that as many questions find 4 times in 5. */
  smallest: number | null;
  /** Of the likeliest answers: questions that were right one time only. */
  mcnemar?: { gained: number; lost: number; exact: number; midP: number };
}

/** Both values of a question, and what it varies with. */
interface Observation {
  before: number;
  after: number;
  source: string;
}

/** A question without a source of others is its own. */
const sourceOf = ({ suite, key, cluster }: AskedQuestion) =>
  JSON.stringify(cluster === undefined ? [suite, 'question', key] : [suite, 'source', cluster]);

export const observations = (measure: Measure, pairs: readonly QuestionPair[]): Observation[] =>
  pairs.flatMap((pair) => {
    const [before, after] = [measure.of(pair.before), measure.of(pair.after)];
    return before === undefined || after === undefined
      ? []
      : [{ before, after, source: sourceOf(pair.before) }];
  });

/** Sums over each source: `[questions, Σ before, Σ after]`. */
export function unitsOf(observed: readonly Observation[]): [n: number, before: number, after: number][] {
  const units = new Map<string, [number, number, number]>();
  for (const { before, after, source } of observed) {
    const unit = units.get(source) ?? [0, 0, 0];
    units.set(source, [unit[0] + 1, unit[1] + before, unit[2] + after]);
  }
  return [...units.values()];
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const known = (x: number) => (Number.isFinite(x) ? x : null);

interface Estimated {
  se: number;
  low: number;
  high: number;
}

/** Of a mean over questions: clustered where some share a source, for shares never too narrow, else Student's. */
function ofQuestions(observed: readonly Observation[], clusters: number, isShare: boolean): Estimated {
  const d = observed.map(({ before, after }) => after - before);
  if (clusters < d.length) {
    const between = clusteredInterval(
      d,
      observed.map(({ source }) => source),
    );
    if (between.se > 0 || !isShare) return between;
    // Sources that are all alike, as a few can be by chance, leave no spread to go by: each counts as one question.
    const { low, high } = pairedShareInterval(
      unitsOf(observed).map(([n, before, after]) => [before / n, after / n]),
    );
    return { se: between.se, low, high };
  }
  const { low, high } = isShare
    ? pairedShareInterval(observed.map(({ before, after }) => [before, after]))
    : tInterval(d);
  return { se: standardError(d), low, high };
}

/**
 * Of an unweighted mean over suites: √Σ SE² / S; its ends are as far away as the root of the sum of squares of those of the
 * suites (MOVER, Zou and Donner 2008), so that they stay as careful as these.
 */
function ofSuites(value: number, parts: readonly (Estimated & { value: number })[]): Estimated {
  const root = (of: (part: Estimated & { value: number }) => number) =>
    Math.sqrt(parts.reduce((sum, part) => sum + of(part) ** 2, 0)) / parts.length;
  return {
    se: root(({ se }) => se),
    low: value - root((part) => part.value - part.low),
    high: value + root((part) => part.high - part.value),
  };
}

export interface Drawing {
  /** Names the stream of random numbers. */
  seed: string;
  /** Combinations of signs that are drawn where they cannot be counted. */
  flips: number;
  /** How often the questions are drawn anew. */
  resamples?: number;
}

/**
 * The mean difference over the questions of each group, and the unweighted mean over groups; undefined where a group has no
 * question with this measure.
 */
export function difference(
  measure: Measure,
  groups: readonly (readonly QuestionPair[])[],
  { seed, flips, resamples = RESAMPLES }: Drawing,
): Difference | undefined {
  const observed = groups.map((pairs) => observations(measure, pairs));
  if (observed.length === 0 || observed.some((group) => group.length === 0)) return undefined;
  const units = observed.map(unitsOf);
  const [before, after] = (['before', 'after'] as const).map((side) =>
    mean(observed.map((group) => mean(group.map((one) => one[side])))),
  );
  const parts = observed.map((group, g) => ({
    ...ofQuestions(group, units[g].length, measure.unit === 'share'),
    value: mean(group.map((one) => one.after - one.before)),
  }));
  const value = mean(parts.map((part) => part.value));
  const found = parts.length === 1 ? parts[0] : ofSuites(value, parts);
  const strata = units.map((group) => group.map(([n, one, other]): Unit => [n, other - one]));
  // The sizes of the groups weigh only where there are several; whole fractions are counted exactly.
  const flipped = strata.flatMap((group, g) =>
    group.map(([, sum]) => (strata.length === 1 ? sum : sum / observed[g].length)),
  );
  const tested = signFlipTest(flipped, random(seed, 'flip'), flips);
  const drawn = bootstrap(strata, meanOfMeans, random(seed, 'bootstrap'), resamples);
  const ends = bcaInterval(drawn, value, jackknife(strata, meanOfMeans));
  const n = observed.flat().length;
  const clusters = units.flat().length;
  const both = observed.flat().filter((one) => one.after >= 0.5 !== one.before >= 0.5);
  const gained = both.filter((one) => one.after >= 0.5).length;
  return {
    n,
    ...(clusters < n && { clusters }),
    ...(groups.length > 1 && { suites: groups.length }),
    before,
    after,
    value,
    se: known(found.se),
    low: known(found.low),
    high: known(found.high),
    bootstrap: n > 1 ? { low: known(ends.low), high: known(ends.high) } : { low: null, high: null },
    p: tested.p,
    exact: tested.exact,
    smallest: found.se > 0 ? known(smallestDifference(found.se)) : null,
    ...(measure.name === 'greedy' &&
      groups.length === 1 && {
        mcnemar: { gained, lost: both.length - gained, ...mcnemar(gained, both.length - gained) },
      }),
  };
}
