/** The published results that an evaluation can be held against, and the means that they are summed up by. */

/** Suites by the columns of table 1, in its order, with their group. */
export const PUBLISHED_SUITES = [
  { suite: 'geometry3k', title: 'Geo3k', group: 'general' },
  { suite: 'mathvista', title: 'MathVista', group: 'general' },
  { suite: 'we-math', title: 'We-Math', group: 'general' },
  { suite: 'mmk12', title: 'MMK12', group: 'general' },
  { suite: 'mathverse', title: 'MathVerse', group: 'general' },
  { suite: 'logicvista', title: 'LogicVista', group: 'vision' },
  { suite: 'counting', title: 'Counting', group: 'vision' },
  { suite: 'mmmu-pro', title: 'MMMU-Pro', group: 'vision' },
  { suite: 'mathverse-v', title: 'MathVerse-V', group: 'vision' },
] as const;

export type PublishedSuite = (typeof PUBLISHED_SUITES)[number]['suite'];

export interface PublishedRow {
  policy: string;
  /** Its baseline in the table. */
  baseline?: string;
  /** avg@8 in per cent, in the order of PUBLISHED_SUITES. */
  scores: readonly number[];
  /** The means as they are printed. */
  printed: { general: number; vision: number; all: number };
}

const row = (policy: string, numbers: readonly number[], baseline?: string): PublishedRow => ({
  policy,
  ...(baseline !== undefined && { baseline }),
  scores: numbers.slice(0, 9),
  printed: { general: numbers[9], vision: numbers[10], all: numbers[11] },
});

/** Source: arXiv 2507.06448, table 1. */
export const PUBLISHED: readonly PublishedRow[] = [
  row('GRPO-3B', [28.72, 59.34, 58.9, 57.24, 55.25, 38.14, 55.81, 25.66, 52.26, 51.89, 42.97, 47.92]),
  row(
    'PAPO-G-3B',
    [30.95, 61.38, 60.09, 57.39, 57.14, 38.67, 62.56, 27.11, 53.95, 53.39, 45.57, 49.92],
    'GRPO-3B',
  ),
  row('GRPO-7B', [40.18, 65.48, 68.12, 72.26, 66.51, 45.62, 73.94, 35.17, 61.71, 62.51, 54.11, 58.78]),
  row(
    'PAPO-G-7B',
    [40.25, 69.53, 66.79, 72.52, 68.43, 46.07, 89.81, 36.63, 64.97, 63.5, 59.37, 61.66],
    'GRPO-7B',
  ),
  row('DAPO-3B', [31.2, 60.89, 59.95, 66.83, 56.25, 40.69, 74.25, 28.42, 53.09, 55.02, 49.11, 52.4]),
  row(
    'PAPO-D-3B',
    [35.65, 62.53, 62.67, 64.09, 60.51, 41.67, 83.56, 28.76, 57.72, 57.09, 52.93, 55.24],
    'DAPO-3B',
  ),
  row('DAPO-7B', [35.92, 61.91, 58.51, 75.93, 55.64, 37.05, 90.05, 29.02, 51.04, 57.58, 51.79, 55.01]),
  row(
    'PAPO-D-7B',
    [44.11, 67.53, 68.3, 80.61, 68.58, 46.7, 91.38, 36.34, 64.87, 65.83, 59.82, 63.16],
    'DAPO-7B',
  ),
];

/** What has to be said where a result stands beside the published ones. */
export const PUBLISHED_NOTES: readonly string[] = [
  'the means are unweighted over suites, whatever their sizes, as in the paper',
  'MathVerse-V is a part of MathVerse: the mean over all counts its questions twice',
  'DAPO-7B had collapsed, so that the gains over it are those over a broken policy',
  'the paper states a gain of 19.1 % for PAPO-D-7B on vision: the columns of its table give 20.0 %',
  "the public evaluator's averages are wrong where a question has more answers than were asked for, and its vision-dependent mode pools other sets than the table",
  'others could not reproduce MathVerse (66.5 where the official board has about 54) and MMK12 (80.6, 82.8)',
];

/** Scores by suite; a suite that was not evaluated is missing. Any unit. */
export type Scores = Readonly<Partial<Record<PublishedSuite, number>>>;

export const scoresOf = ({ scores }: PublishedRow): Scores =>
  Object.fromEntries(PUBLISHED_SUITES.map(({ suite }, i) => [suite, scores[i]]));

export interface Means {
  general: number | null;
  vision: number | null;
  all: number | null;
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length;

/** Values of the suites of a group that are there; undefined where one is missing, as a mean of others is not comparable. */
function groupOf(
  group: 'general' | 'vision' | 'all',
  scoreOf: (suite: PublishedSuite) => number | undefined,
) {
  const values = PUBLISHED_SUITES.filter((one) => group === 'all' || one.group === group).map(({ suite }) =>
    scoreOf(suite),
  );
  return values.every((x) => x !== undefined) ? values : undefined;
}

const meansBy = (scoreOf: (suite: PublishedSuite) => number | undefined): Means => ({
  general: mean(groupOf('general', scoreOf) ?? []),
  vision: mean(groupOf('vision', scoreOf) ?? []),
  all: mean(groupOf('all', scoreOf) ?? []),
});

/** Unweighted means over the suites of each group; null where one of its suites is missing. */
export const unweightedMeans = (scores: Scores): Means => meansBy((suite) => scores[suite]);

/**
 * Mean over suites of (after − before) / before, as a share: the paper's "relative gain". Null where a suite of the group is
 * missing, or was 0 before.
 */
export const relativeGains = (before: Scores, after: Scores): Means =>
  meansBy((suite) => {
    const [a, b] = [before[suite], after[suite]];
    return a === undefined || b === undefined || a === 0 ? undefined : (b - a) / a;
  });
