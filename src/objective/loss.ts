/** A term of the loss, and the loss as the sum of its terms. */
import * as t from '../tensor/ops.ts';
import { type ArrayName, type Inputs, logpOf, type Objective, type WeightName } from './types.ts';

/** What a term reads beside `logp`, `logp_old`, `advantage` and `weight`. */
export interface Needs {
  /** Views of the pictures under which the responses are scored: once before the update (off), or in the training graph (on). */
  views?: Readonly<Record<string, 'off' | 'on'>>;
  /** Log-probabilities of the reference policy. */
  reference?: boolean;
  weights?: readonly WeightName[];
}

/** `N` are the names of metrics that it may use. */
export interface Term<N extends string = string> {
  /** What it is called among the metrics. */
  name: N;
  /** Where it is from. */
  source: string;
  /** What it is multiplied with in the loss, which is minimised; 0 leaves it out. */
  coefficient: number;
  needs?: Needs;
  /** How tokens are averaged: as the loss (`weight`, the default), or always over all tokens, ... */
  average?: WeightName;
  /** Compares views of the pictures, so that prompts without pictures take no part. */
  comparesViews?: boolean;
  /** The term of each token, [D, T]. */
  value(x: Inputs): t.Tensor | Measured<N>;
}

/** The term of each token, and what is logged beside it, each [D, T] and averaged over all tokens. */
export interface Measured<N extends string = string> {
  value: t.Tensor;
  diagnostics: Readonly<Partial<Record<N, t.Tensor>>>;
}

/** All that the terms of the loss need together. */
export function needsOf(terms: readonly Term[]): Required<Needs> {
  const views: Record<string, 'off' | 'on'> = {};
  const weights = new Set<WeightName>();
  let reference = false;
  for (const { coefficient, needs = {} } of terms) {
    if (coefficient === 0) continue;
    for (const [view, gradient] of Object.entries(needs.views ?? {}))
      if (views[view] !== 'on') views[view] = gradient;
    for (const weight of needs.weights ?? []) weights.add(weight);
    reference ||= needs.reference ?? false;
  }
  return { views, reference, weights: [...weights] };
}

/**
 * Σ coefficient · Σ weight · term, minimised. A term with coefficient 0 is not built, unless all that it reads is at hand
 * for the others: then it is measured.
 * @param weights further weights that are fed: `tokenWeight` where it is not `weight`, `pictureWeight`, `surrogateWeight`
 */
export function lossOf(terms: readonly Term[], weights: readonly WeightName[]): Objective {
  const needs = needsOf(terms);
  const views = Object.entries(needs.views);
  const built = terms.filter((term) => term.coefficient !== 0 || isAtHand(term.needs, needs));
  const scored = views.filter(([, gradient]) => gradient === 'off').map(([view]) => view);
  const arrays: ArrayName[] = [
    'advantage',
    logpOf('old'),
    ...(needs.reference ? [logpOf('ref')] : []),
    ...scored.map(logpOf),
    ...needs.weights,
    ...weights,
  ];
  const inLoss = built.filter((term) => term.coefficient !== 0);
  return {
    gradientViews: views.filter(([, gradient]) => gradient === 'on').map(([view]) => view),
    arrays,
    coefficients: Object.fromEntries(inLoss.map(({ name, coefficient }) => [name, coefficient])),
    build(x, coefficients) {
      let loss: t.Tensor | undefined;
      const sums: Record<string, t.Tensor> = {};
      const diagnostics: Record<string, t.Tensor> = {};
      const tokenWeight = x.tokenWeight ?? x.weight;
      for (const term of built) {
        const seen = (w: t.Tensor) => (term.comparesViews && x.pictureWeight ? t.mul(w, x.pictureWeight) : w);
        const made = term.value(x);
        const { value, diagnostics: more } =
          made instanceof t.Tensor ? { value: made, diagnostics: {} } : made;
        const average =
          term.average === 'tokenWeight' ? tokenWeight : (x[term.average ?? 'weight'] ?? x.weight);
        const sum = t.sum(t.mul(seen(average), value));
        sums[term.name] = sum;
        for (const [name, each] of Object.entries(more))
          if (each) diagnostics[name] = t.sum(t.mul(seen(tokenWeight), each));
        const coefficient = coefficients[term.name];
        if (!coefficient) continue;
        const part = t.mul(sum, coefficient);
        loss = loss ? t.add(loss, part) : part;
      }
      if (!loss) throw new TypeError('a loss without terms');
      return { loss, terms: { loss, ...sums, ...diagnostics } };
    },
  };
}

function isAtHand(needs: Needs = {}, have: Required<Needs>): boolean {
  return (
    Object.keys(needs.views ?? {}).every((view) => view in have.views) &&
    (needs.weights ?? []).every((weight) => have.weights.includes(weight)) &&
    (!needs.reference || have.reference)
  );
}
