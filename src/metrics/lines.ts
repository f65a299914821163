/** The lines of metrics.jsonl, made of the names that are described: nothing can be written that is not. */
import type { KeyOf, Metric } from '../metric.ts';
import type { ObjectiveMetric } from '../objective/metrics.ts';
import type { evaluationMetrics, testMetrics } from './evaluation.ts';
import { readJsonl } from './jsonl.ts';
import type { StepMetric } from './step.ts';

/** Names that are in every line, and the others. */
type Always<M> = { [K in keyof M & string]: M[K] extends { only: string } ? never : K }[keyof M & string];
type Sometimes<M> = Exclude<keyof M & string, Always<M>>;

/** `key` of each `part.key`. */
type Within<P extends string, N extends string> = N extends `${P}.${infer K}` ? KeyOf<K> : never;
type Whole<N extends string> = N extends `${string}.${string}` ? never : KeyOf<N>;
type PartOf<N extends string> = N extends `${infer P}.${string}` ? P : never;

type ValueOf<M, N extends keyof M> = M[N] extends { unit: 'ids' } ? readonly string[] : number;

/** A line as its metrics say. */
type LineOf<M extends Readonly<Record<keyof M, Metric>>> = {
  [N in Whole<Always<M>>]: ValueOf<M, N & keyof M>;
} & {
  [N in Whole<Sometimes<M>>]?: ValueOf<M, N & keyof M>;
} & {
  [P in PartOf<Always<M>>]: Part<M, P>;
} & {
  [P in PartOf<Sometimes<M>>]?: Part<M, P>;
};

type Part<M, P extends string> = { [K in Within<P, Always<M>>]: number } & {
  [K in Within<P, Sometimes<M>>]?: number;
};

/** Terms of an objective by name, and what is logged beside them. */
export type ObjectiveValues = Partial<Record<ObjectiveMetric, number>>;

/** A line's `step` is the number of steps that are done by then: 0 before the first. */
type Stamp<K extends string> = { kind: K; step: number };
export type StepLine = Stamp<'step'> & LineOf<StepMetric> & ObjectiveValues & { entropy: number };
export type ValidationLine = Stamp<'validation'> & LineOf<typeof evaluationMetrics>;
export type TestLine = Stamp<'test'> & LineOf<typeof testMetrics>;
export type MetricsLine = StepLine | ValidationLine | TestLine;

/** A line as it is read: of the names that are described, with whatever value the file has. */
export type ReadLine = { readonly [K in keyof StepLine | keyof ValidationLine | keyof TestLine]?: unknown };

/** The lines of a metrics.jsonl. @throws DataError as `readJsonl` does */
export const readMetrics = (path: string): ReadLine[] => readJsonl(path);

/** What a step's seconds are told apart by. */
export type SecondsPart = Exclude<keyof StepLine['seconds'] & string, 'total'>;

/** The one place where the name of a view's scoring among a step's seconds is made. */
export const scoringOf = (view: string): `score_${string}` => `score_${view}`;

/** The one place where the names of a further reward are made. */
export const rewardKey = (name: string): `reward/${string}` => `reward/${name}`;
export const unscoredKey = (name: string): `reward/${string}/unscored` => `reward/${name}/unscored`;
