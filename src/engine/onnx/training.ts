/** One program for a training micro-batch: forward under every view that carries gradient, loss, backward. */
import type { PolicyConfig } from '../../model/config.ts';
import { type Layout, logProbs } from '../../model/policy.ts';
import { Weights } from '../../model/weights.ts';
import type { Objective } from '../../objective/types.ts';
import { gradients } from '../../tensor/grad.ts';
import { input, type Tensor } from '../../tensor/graph.ts';
import { compile, type Program } from '../../tensor/program.ts';
import { GRADIENT } from './executor.ts';

/** Fed per token as `token:<name>` [P·G, block] and per run as `scalar:<name>` []; returns `loss`, the terms, gradients. */
export function trainingProgram(
  c: PolicyConfig,
  layout: Layout,
  objective: Objective,
  temperature: number,
): Program {
  const w = new Weights(c);
  const shape = [layout.prompts * layout.samples, layout.block];
  const x: Record<string, Tensor> = { logp: logProbs(w, c, layout, 'original', temperature) };
  for (const view of objective.gradientViews) x[`logp_${view}`] = logProbs(w, c, layout, view, temperature);
  for (const name of new Set(['weight', ...objective.arrays])) x[name] = input(`token:${name}`, shape);
  for (const name of Object.keys(objective.scalars)) x[name] = input(`scalar:${name}`, []);
  const { loss, terms } = objective.build(x);
  const used = [...w.used()];
  const grads = gradients(
    loss,
    used.map(([, p]) => p),
  );
  const outputs: Record<string, Tensor> = { loss, ...terms };
  used.forEach(([name], i) => {
    const g = grads[i];
    if (g) outputs[GRADIENT + name] = g;
  });
  return compile(outputs);
}
