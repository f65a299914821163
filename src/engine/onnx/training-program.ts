/** One program for a training micro-batch: forward under every view that carries gradient, loss, backward. */
import type { Layout, Policy } from '../../model/family.ts';
import { everything, type Learns } from '../../model/parameters.ts';
import { logProbs } from '../../model/policy.ts';
import { Weights } from '../../model/weights.ts';
import { logpOf, type Objective } from '../../objective/types.ts';
import { gradients } from '../../tensor/grad.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { compile } from '../../tensor/program.ts';
import { GRADIENT, type Live, lossGraph } from '../program.ts';
import type { RowGradient, TrainingProgram } from './executor.ts';

/**
 * Fed the objective's arrays [P·G, block] and coefficients beside the batch; returns `loss`, the terms, gradients.
 * @param tap also returns the log-probabilities of the original view as `logp` [P·G, block]
 * @param learns parameters that get a gradient
 */
export function trainingProgram(
  policy: Policy,
  layout: Layout,
  objective: Objective,
  temperature: number,
  tap = false,
  learns: Learns = everything,
): TrainingProgram {
  const w = new Weights(policy, { rowGradients: true });
  const live: Live = { logp: logProbs(w, policy, layout, 'original', temperature) };
  for (const view of objective.gradientViews)
    live[logpOf(view)] = logProbs(w, policy, layout, view, temperature);
  const { loss, terms } = lossGraph(objective, live);
  const used = [...w.used()].filter(([name]) => learns(name));
  const lookups = w.lookups().filter(({ parameter }) => learns(parameter));
  const grads = gradients(loss, [...used.map(([, p]) => p), ...lookups.map((l) => l.rows)]);
  const outputs: Record<string, Tensor> = { loss, ...terms, ...(tap ? { logp: live.logp } : {}) };
  used.forEach(([name], i) => {
    const g = grads[i];
    if (g) outputs[GRADIENT + name] = g;
  });
  const rowGradients: RowGradient[] = [];
  lookups.forEach(({ parameter, ids }, i) => {
    const g = grads[used.length + i];
    if (!g) return;
    const output = `rows:${parameter}:${ids}`;
    outputs[output] = g;
    rowGradients.push({ output, parameter, ids });
  });
  return { ...compile(outputs), rowGradients };
}
