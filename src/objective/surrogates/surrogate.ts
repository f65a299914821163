import type { KeyOf, Metric } from '../../metric.ts';
import type { Kind } from '../../open-set.ts';
import type { Tensor } from '../../tensor/graph.ts';

/** What a surrogate is made of, each [D, T]. */
export interface SurrogateInputs {
  /** Under the policy that is trained; carries gradient. */
  logp: Tensor;
  /** Under the policy that the responses were drawn from. */
  logp_old: Tensor;
  advantage: Tensor;
  /** Bool, false on padding. */
  valid: Tensor;
}

/**
 * What stands for the expected advantage in the objective, to be maximised: one number a token. `N` are the names of what
 * it logs.
 */
export interface Surrogate<S = unknown, N extends string = string> extends Kind {
  source: string;
  metrics: Readonly<Partial<Record<N, Metric>>>;
  /** @returns the surrogate [D, T], and what is logged beside it, each [D, T] and averaged over all tokens */
  build(x: SurrogateInputs, settings: S): { value: Tensor; diagnostics: Partial<Record<KeyOf<N>, Tensor>> };
}
