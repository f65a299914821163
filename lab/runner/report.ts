/** What an experiment came to, from its results alone: arms with their changes, and paired differences between arms. */
import { type Interval, isClear, tInterval } from '../../src/statistics.ts';
import type { Experiment } from './experiment.ts';
import { type Numbers, numbersOf, type RunNumbers } from './measures.ts';
import { resultDifference, type Settings } from './plan.ts';
import type { Result } from './results.ts';
import { mean, series, trailing, WINDOW } from './series.ts';

/** A mean over seeds with its interval of 95 %, null where there are fewer than two, and what each seed has. */
export interface OverSeeds {
  mean: number;
  low: number | null;
  high: number | null;
  n: number;
  seeds: Record<string, number>;
}

/** A paired difference, arm − against, and what may be said of it. */
export interface Difference extends OverSeeds {
  verdict: 'higher' | 'lower' | 'no difference shown' | 'one seed only';
}

export interface ArmReport {
  name: string;
  seeds: number[];
  /** Seeds of the experiment that have no results yet. */
  missing: number[];
  /** Test questions before the first step and after the last, and the change, by measure. */
  before: Record<string, OverSeeds>;
  after: Record<string, OverSeeds>;
  change: Record<string, OverSeeds>;
  training: Record<string, OverSeeds>;
  /** Every 10 steps: means over seeds of the means over the 10 steps up to it; null where nothing was measured. */
  curve: {
    step: number;
    seeds: number;
    accuracy: number | null;
    entropy: number | null;
    kl_prcp: number | null;
  }[];
}

export interface Report {
  experiment: Pick<Experiment, 'name' | 'title' | 'question' | 'written' | 'settled' | 'pilot'>;
  arms: ArmReport[];
  comparisons: {
    arm: string;
    against: string;
    /** Seeds that both have. */
    seeds: number[];
    measures: Record<string, Difference>;
  }[];
  /** What keeps runs from being compared. */
  notes: string[];
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);

function overSeeds(values: ReadonlyMap<number, number>): OverSeeds & { interval: Interval } {
  const interval = tInterval([...values.values()]);
  return {
    mean: interval.value,
    low: finite(interval.low),
    high: finite(interval.high),
    n: interval.n,
    seeds: Object.fromEntries(values),
    interval,
  };
}

/** Without what float64 leaves of a difference that is none. */
const rounded = (value: number) => Math.round(value * 1e12) / 1e12;

/** The difference of each seed that is in both, and what their mean may be called. */
export function pairedDifference(
  arm: ReadonlyMap<number, number>,
  against: ReadonlyMap<number, number>,
): Difference {
  const pairs = [...arm].flatMap(([seed, value]): [number, number][] => {
    const other = against.get(seed);
    return other === undefined ? [] : [[seed, rounded(value - other)]];
  });
  const { interval, ...found } = overSeeds(new Map(pairs));
  const clear = isClear(interval) ? (interval.value > 0 ? 'higher' : 'lower') : 'no difference shown';
  return { ...found, verdict: interval.n < 2 ? 'one seed only' : clear };
}

/** The values of each measure by seed; a measure that a run lacks is left out of it. */
function bySeed(
  runs: readonly RunNumbers[],
  of: (run: RunNumbers) => Numbers,
): Map<string, Map<number, number>> {
  const out = new Map<string, Map<number, number>>();
  for (const run of runs)
    for (const [key, value] of of(run)) {
      const values = out.get(key) ?? new Map<number, number>();
      out.set(key, values.set(run.seed, value));
    }
  return out;
}

const summaries = (values: ReadonlyMap<string, ReadonlyMap<number, number>>): Record<string, OverSeeds> =>
  Object.fromEntries(
    [...values].map(([key, of]) => {
      const { interval: _, ...found } = overSeeds(of);
      return [key, found];
    }),
  );

const changeOf = ({ before, after }: RunNumbers): Numbers =>
  new Map(
    [...after].flatMap(([key, value]): [string, number][] => {
      const earlier = before.get(key);
      return earlier === undefined ? [] : [[key, value - earlier]];
    }),
  );

function curveOf(results: readonly Result[]): ArmReport['curve'] {
  const runs = results.map(({ lines }) => ({
    accuracy: series(lines, 'accuracy'),
    entropy: series(lines, 'entropy'),
    kl_prcp: series(lines, 'kl_prcp'),
  }));
  const lasts = runs.map(({ accuracy }) => accuracy.at(-1)?.step ?? 0);
  const points = Math.floor(Math.max(0, ...lasts) / WINDOW);
  return Array.from({ length: points }, (_, i) => {
    const step = (i + 1) * WINDOW;
    const there = runs.filter((_, r) => lasts[r] >= step);
    const at = (key: keyof (typeof runs)[number]) =>
      finite(mean(there.flatMap((run) => trailing(run[key], step) ?? [])));
    const [accuracy, entropy, kl_prcp] = [at('accuracy'), at('entropy'), at('kl_prcp')];
    return { step, seeds: there.length, accuracy, entropy, kl_prcp };
  });
}

/** What a comparison looks at: the test questions after the last step, then training. */
const compared = ({ after, training }: RunNumbers): Numbers => new Map([...after, ...training]);

/**
 * @param results of every run that has any
 * @param settingsOf what a run of the experiment is made with now, to tell results of other settings
 */
export function reportOf(
  experiment: Experiment,
  results: readonly Result[],
  settingsOf: (arm: string, seed: number) => Settings | undefined = () => undefined,
): Report {
  const { name, title, question, written, settled, pilot } = experiment;
  const notes: string[] = [];
  const numbers = new Map<string, RunNumbers[]>();
  const arms = experiment.arms.map((arm): ArmReport => {
    const of = arm.seeds.flatMap((seed) =>
      results.filter(({ header }) => header.arm === arm.name && header.seed === seed),
    );
    for (const { header } of of) {
      const now = settingsOf(arm.name, header.seed);
      const other = now && resultDifference(header, now);
      if (other !== undefined)
        notes.push(`${arm.name}, seed ${header.seed} was run with other settings: ${other}`);
    }
    const runs = of.map(({ header, lines }) => numbersOf(header.seed, lines));
    numbers.set(arm.name, runs);
    const seeds = runs.map(({ seed }) => seed);
    return {
      name: arm.name,
      seeds,
      missing: arm.seeds.filter((seed) => !seeds.includes(seed)),
      before: summaries(bySeed(runs, (run) => run.before)),
      after: summaries(bySeed(runs, (run) => run.after)),
      change: summaries(bySeed(runs, changeOf)),
      training: summaries(bySeed(runs, (run) => run.training)),
      curve: curveOf(of),
    };
  });
  const programs = new Set(results.map(({ header }) => header.code));
  if (programs.size > 1)
    notes.push(`the runs are of ${programs.size} states of the program: ${codes(results)}`);
  const comparisons = experiment.comparisons.map(([arm, against]) => {
    const [a, b] = [numbers.get(arm) ?? [], numbers.get(against) ?? []];
    const [mine, others] = [bySeed(a, compared), bySeed(b, compared)];
    const seeds = a.map((run) => run.seed).filter((seed) => b.some((run) => run.seed === seed));
    const measures = [...mine].flatMap(([key, values]): [string, Difference][] => {
      const difference = pairedDifference(values, others.get(key) ?? new Map());
      return difference.n === 0 ? [] : [[key, difference]];
    });
    return { arm, against, seeds, measures: Object.fromEntries(measures) };
  });
  return {
    experiment: { name, title, question, written, settled, pilot: [...pilot] },
    arms,
    comparisons,
    notes,
  };
}

function codes(results: readonly Result[]): string {
  const runs = new Map<string, string[]>();
  for (const { header } of results)
    runs.set(header.code, [...(runs.get(header.code) ?? []), `${header.arm}-seed${header.seed}`]);
  return [...runs].map(([code, names]) => `${code} (${names.join(', ')})`).join('; ');
}
