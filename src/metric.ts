/** What a number that a run writes is, declared beside the code that computes it; docs/metrics.md is made from it. */

/** A share is from 0 to 1; a flag is 1, or left out. */
export type Unit =
  | 'share'
  | 'flag'
  | 'count'
  | 'ids'
  | 'tokens'
  | 'tokens/s'
  | 'nats a token'
  | 'nats² a token'
  | 'ratio'
  | 'reward'
  | 'coefficient'
  | 'loss'
  | 'norm'
  | 's'
  | 'MiB'
  | 'that of the measure';

export interface Metric {
  unit: Unit;
  meaning: string;
  /** What it looks like in a run that goes well, and what other values say. */
  healthy: string;
  /** When it is written; always unless given. */
  only?: string;
}

/** By key of a line; what stands in a part of a line is `part.key`. A name in <> stands for one that the settings give. */
export type Metrics<N extends string = string> = Readonly<Record<N, Metric>>;

/** The keys that a name stands for: every `kl_…` for `kl_<view>`. */
export type KeyOf<N extends string> = N extends `${infer Before}<${string}>${infer After}`
  ? `${Before}${string}${KeyOf<After>}`
  : N;
