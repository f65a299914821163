/** From an objective to programs: its graph, its feeds, and the objective alone, differentiated. Used by every engine. */
import { type Inputs, type LogpName, logpOf, type Objective } from '../objective/types.ts';
import { gradients } from '../tensor/grad.ts';
import { input, type Tensor } from '../tensor/graph.ts';
import { compile, type Program } from '../tensor/program.ts';
import type { Feeds } from '../tensor/session.ts';

/** Outputs of a program whose names start so are gradients of what follows. */
export const GRADIENT = 'grad:';

/** Log-probabilities that carry gradient: of the original view, and of each gradient view. */
export type Live = Record<'logp' | LogpName, Tensor>;

/** The names of an objective's live log-probabilities. */
export const liveOf = ({ gradientViews }: Objective): (keyof Live)[] => [
  'logp',
  ...gradientViews.map(logpOf),
];

const coefficientInput = (name: string) => `coefficient:${name}`;

/**
 * The loss and its terms over live log-probabilities [D, T]. Everything else is an input: per-token arrays [D, T] under
 * their own names, coefficients [] under those that `coefficientFeeds` gives them.
 */
export function lossGraph(objective: Objective, live: Live): { loss: Tensor; terms: Record<string, Tensor> } {
  const { shape } = live.logp;
  const data = new Set(['weight', ...objective.arrays]);
  const x = { ...live, ...Object.fromEntries([...data].map((name) => [name, input(name, shape)])) };
  const coefficients = Object.keys(objective.coefficients).map((name) => [
    name,
    input(coefficientInput(name), []),
  ]);
  return objective.build(x as unknown as Inputs, Object.fromEntries(coefficients));
}

/** What a program of the objective is fed beside arrays. */
export const coefficientFeeds = ({ coefficients }: Objective): Feeds =>
  Object.fromEntries(
    Object.entries(coefficients).map(([name, value]) => [coefficientInput(name), Float32Array.of(value)]),
  );

/**
 * The objective alone, differentiated: for engines that cannot compile a model into one program with it, and for log-probabilities
 * that are somebody else's. Fed `logp`, `logp_<view>` for each gradient view, the arrays, the coefficients; returns
 * `loss`, the terms, and d loss / d logp as `grad:logp`, `grad:logp_<view>`, each [D, T].
 */
export function objectiveProgram(objective: Objective, D: number, T: number): Program {
  const names = liveOf(objective);
  const live = Object.fromEntries(names.map((name) => [name, input(name, [D, T])])) as Live;
  const { loss, terms } = lossGraph(objective, live);
  const found = gradients(
    loss,
    names.map((name) => live[name]),
  );
  const outputs: Record<string, Tensor> = { loss, ...terms };
  for (const [i, name] of names.entries()) {
    const gradient = found[i];
    if (gradient) outputs[GRADIENT + name] = gradient;
  }
  return compile(outputs);
}
