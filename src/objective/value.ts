/**
 * The clipped value loss of a critic (public code: compute_value_loss), for those who train one beside the policy to
 * use the advantage estimator gae: ½ Σ weight · max[(V − R)², (clip(V, V_old ± ε) − R)²].
 * The engines of this project hold no critic, so no preset uses it.
 */
import * as t from '../tensor/ops.ts';

/**
 * @param x tensors of one shape: `value` (carries gradient), `oldValue`, `returns`, `weight`
 * @returns the loss and the share of tokens where the clipped branch is the larger
 */
export function valueLoss(
  x: Record<'value' | 'oldValue' | 'returns' | 'weight', t.Tensor>,
  clip: number,
): { loss: t.Tensor; clipFraction: t.Tensor } {
  const bounded = t.minimum(t.maximum(x.value, t.sub(x.oldValue, clip)), t.add(x.oldValue, clip));
  const free = t.square(t.sub(x.value, x.returns));
  const limited = t.square(t.sub(bounded, x.returns));
  const clipFraction = t.sum(t.mul(x.weight, t.cast(t.less(free, limited), 'float32')));
  return { loss: t.mul(t.sum(t.mul(x.weight, t.maximum(free, limited))), 0.5), clipFraction };
}
