/** Values whose gradient is stated instead of derived. */
import { apply, type Tensor } from '../graph.ts';

/** `y`, but its gradient goes to `inputs` as `gradient` says, and not through what `y` was made of. */
export function custom(
  y: Tensor,
  inputs: readonly Tensor[],
  gradient: (dy: Tensor, needed: readonly boolean[]) => (Tensor | null)[],
): Tensor {
  const out = apply('Custom', [y, ...inputs], y.shape, y.dtype);
  out.node.gradient = gradient;
  return out;
}
