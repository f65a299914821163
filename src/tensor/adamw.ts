/** AdamW with decoupled weight decay, a global-norm clip, and steps that are skipped where the gradient is not finite. */
export interface AdamWSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** Gradients are scaled so that their global L2 norm is at most this; Infinity switches it off. */
  gradClip: number;
}

/** A parameter and what the optimiser keeps for it; all arrays have one length. */
export interface Trainable {
  value: Float32Array;
  gradient: Float32Array;
  moment1: Float32Array;
  moment2: Float32Array;
}

/** sqrt(Σ g²) over all parameters, in double precision. */
function globalNorm(gradients: Iterable<Float32Array>): number {
  let total = 0;
  for (const g of gradients) for (let i = 0; i < g.length; i++) total += g[i] * g[i];
  return Math.sqrt(total);
}

/**
 * One step, in place. `step` counts from 1 and corrects the moments' bias. As `torch.optim.AdamW`:
 * p ← p·(1 − lr·wd) − lr · m̂ / (sqrt(v̂) + eps), after g ← g · min(1, clip / (norm + 1e-6)) of `clip_grad_norm_`.
 * A gradient that is not finite changes nothing and reports `skipped`.
 */
export function adamW(
  parameters: readonly Trainable[],
  step: number,
  s: AdamWSettings,
): { gradNorm: number; skipped: boolean } {
  const gradNorm = globalNorm(parameters.map((p) => p.gradient));
  if (!Number.isFinite(gradNorm)) return { gradNorm, skipped: true };
  const scale = Math.min(1, s.gradClip / (gradNorm + 1e-6));
  const correction1 = 1 - s.beta1 ** step;
  const correction2 = Math.sqrt(1 - s.beta2 ** step);
  const rate = s.learningRate / correction1;
  const keep = 1 - s.learningRate * s.weightDecay;
  for (const { value, gradient, moment1, moment2 } of parameters) {
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] * scale;
      const m = s.beta1 * moment1[i] + (1 - s.beta1) * g;
      const v = s.beta2 * moment2[i] + (1 - s.beta2) * g * g;
      moment1[i] = m;
      moment2[i] = v;
      value[i] = value[i] * keep - (rate * m) / (Math.sqrt(v) / correction2 + s.eps);
    }
  }
  return { gradNorm, skipped: false };
}
