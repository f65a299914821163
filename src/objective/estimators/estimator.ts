import type { Tensor } from '../../tensor/graph.ts';

/** An estimator of KL(π ‖ other) from the log-probabilities of tokens that π sampled. */
export interface Estimator {
  /** What a configuration may call it; the first is its own name. */
  names: readonly [string, ...string[]];
  description: string;
  source: string;
  /** The value at which it saturates, so that no KL is limited in silence; null: none. */
  limit: number | null;
  /** One number a token. @param logp under π, carries gradient @param other of the same shape */
  kl(logp: Tensor, other: Tensor): Tensor;
}
