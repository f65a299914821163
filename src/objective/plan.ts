/** What a configuration asks for: which terms are built, which arrays and views are needed. */
import type { ObjectiveConfig } from './config.ts';

/** What moves during a run: coefficients, the configuration's own where one is not given, and the prompts at hand. */
export interface Now {
  gamma?: number;
  beta?: number;
  /** Some prompts have no picture: `pictureWeight` keeps them out of the terms that compare views. */
  textOnly?: boolean;
}

/** The coefficients in force: γ, β, η1, η2. The entropies follow γ, as in the public code (its annealing discount). */
export function coefficients(
  config: ObjectiveConfig,
  now: Now = {},
): Record<'gamma' | 'beta' | 'eta1' | 'eta2', number> {
  const gamma = now.gamma ?? config.gamma;
  const full = config.gamma || (config.gammaSchedule.kind === 'linear' ? config.gammaSchedule.end : 0);
  const share = full > 0 ? gamma / full : 0;
  return {
    gamma,
    beta: now.beta ?? config.beta,
    eta1: config.eta1 * share + config.entropy,
    eta2: config.eta2 * share,
  };
}

export interface Plan {
  key: string;
  /** Which of the fed coefficients are not 0. */
  gamma: boolean;
  beta: boolean;
  eta1: boolean;
  eta2: boolean;
  /** Views that carry gradient: their log-probabilities are computed in the training graph. */
  gradientViews: string[];
  /** Per-token arrays that are fed, beside `weight`. */
  arrays: string[];
}

export function planOf(config: ObjectiveConfig, now: Now = {}): Plan {
  const c = coefficients(config, now);
  const on = { gamma: c.gamma > 0, beta: c.beta > 0, eta1: c.eta1 !== 0, eta2: c.eta2 !== 0 };
  const gradientViews: string[] = [];
  const arrays = ['advantage', 'oldLogp'];
  const view = (name: string, gradient: 'off' | 'on') => {
    if (gradient === 'on') gradientViews.push(name);
    else arrays.push(`${name}Logp`);
  };
  if (on.beta) arrays.push('refLogp');
  if (on.gamma || on.eta2) view('masked', config.maskedGradient);
  if (on.gamma && config.perceptionRows === 'correct') arrays.push('perceptionWeight');
  const views = config.views.filter((v) => v.coefficient !== 0 || v.entropy !== 0);
  for (const v of views) view(v.view, v.gradient);
  if (config.sft > 0) arrays.push('sftWeight');
  if (config.shaping.length > 0) arrays.push('surrogateWeight');
  if (config.average === 'sequence') arrays.push('tokenWeight');
  if (now.textOnly && (on.gamma || on.eta2 || views.length > 0)) arrays.push('pictureWeight');
  const perception = on.gamma && [config.estimator, config.penalty, config.topShare, config.cap];
  const clip = [config.clipLow, config.clipHigh, config.clipDual];
  const parts = [
    on,
    gradientViews,
    arrays,
    clip,
    on.beta && config.refPenalty,
    perception,
    config.sft,
    views,
  ];
  return { key: `papo:${JSON.stringify(parts)}`, ...on, gradientViews, arrays };
}

/** What has to be computed beside the rollouts before an update. */
export interface Needs {
  /** Log-probabilities of the reference policy. */
  reference: boolean;
  /** Views of the images whose log-probabilities are scored once, without gradient. */
  scoredViews: string[];
  /** Views that the training graph computes with gradient. */
  gradientViews: string[];
  /** Every view that has to be made, those that rollouts are drawn from included. */
  views: string[];
}

export function needsOf(config: ObjectiveConfig, now: Now = {}): Needs {
  const { arrays, gradientViews } = planOf(config, now);
  const scored = new Set(arrays.filter((a) => a.endsWith('Logp')).map((a) => a.slice(0, -'Logp'.length)));
  const reference = scored.delete('ref');
  scored.delete('old');
  // Visual dependency is measured before the update, whatever the gradient does.
  if (config.shaping.some((s) => s.kind === 'vppo')) scored.add('masked');
  const views = new Set([...scored, ...gradientViews]);
  if (config.noisyShare > 0) views.add('noised');
  return { reference, scoredViews: [...scored], gradientViews, views: [...views] };
}

/** Settings that are allowed but do less than they seem to; one line each, to be shown when a run starts. */
export function warnings(config: ObjectiveConfig): string[] {
  const out: string[] = [];
  if (config.eta2 > 0 && config.gamma > 0 && config.maskedGradient === 'off')
    out.push(
      'objective.eta2: the entropy under the masked image is a constant in the gradient while maskedGradient is off (as in the public code); set maskedGradient to on to train it',
    );
  for (const v of config.views)
    if (v.entropy !== 0 && v.gradient === 'off')
      out.push(
        `objective.views ${v.view}: its entropy is a constant in the gradient while its gradient is off`,
      );
  if (config.gamma === 0 && config.gammaSchedule.kind === 'constant' && (config.eta1 > 0 || config.eta2 > 0))
    out.push(
      'objective.gamma is 0: eta1 and eta2 are scaled with it and have no effect; use entropy for a term of its own',
    );
  return out;
}
