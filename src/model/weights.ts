/** The parameters of a policy as a graph sees them: one fed input each, made when it is first asked for. */
import { GraphError } from '../errors.ts';
import { input, type Tensor } from '../tensor/graph.ts';
import type { PolicyConfig } from './config.ts';
import { parameterSpecs } from './names.ts';

export class Weights {
  private readonly shapes: Map<string, number[]>;
  private readonly made = new Map<string, Tensor>();

  constructor(config: PolicyConfig) {
    this.shapes = new Map(parameterSpecs(config).map((p) => [p.name, p.shape]));
  }

  /** The parameter of this name (the hub's). @throws GraphError where the policy has none of that name */
  get(name: string): Tensor {
    const have = this.made.get(name);
    if (have) return have;
    const shape = this.shapes.get(name);
    if (!shape) throw new GraphError(`the policy has no parameter ${name}`);
    const t = input(name, shape);
    this.made.set(name, t);
    return t;
  }

  /** Those that the graph has used so far. */
  used(): Map<string, Tensor> {
    return this.made;
  }
}
