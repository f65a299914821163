import type { Kind } from '../../open-set.ts';
import type { ScoredRollout } from '../rollouts.ts';

/** A rollout on its way to the objective; shapings change `advantage_T` and `surrogateWeight_T`. */
export interface ShapedRollout {
  rollout: ScoredRollout;
  /** As of its group. */
  textOnly: boolean;
  /** [T] */
  advantage_T: Float32Array;
  /** [T], multiplied with the surrogate. */
  surrogateWeight_T: Float32Array;
}

/** A transform of advantages and surrogate weights that knows all rollouts of a mini-batch. */
export interface Shaping<S = unknown> extends Kind {
  source: string;
  /** Views under which the responses are scored before the update. */
  views: readonly string[];
  shape(rollouts_D: readonly ShapedRollout[], settings: S): ShapedRollout[];
}
