/** The parameters of a policy as a graph sees them: one fed input each, made when it is first asked for. */
import { GraphError } from '../errors.ts';
import { input, type Tensor } from '../tensor/graph.ts';
import { gather, stopGradient } from '../tensor/ops.ts';
import type { ParameterSpec } from './parameters.ts';

/** Rows of a table that were looked up by fed ids. */
export interface Lookup {
  /** The parameter that they are rows of. */
  parameter: string;
  /** Name of the input [N] that holds their numbers. */
  ids: string;
  /** [N, d] */
  rows: Tensor;
}

export class Weights {
  private readonly shapes: Map<string, number[]>;
  private readonly made = new Map<string, Tensor>();
  private readonly looked = new Map<string, Lookup>();
  private readonly rowGradients: boolean;

  /**
   * @param options.rowGradients tables are looked up without a gradient to the table itself: whoever differentiates takes
   *   that of the `lookups()` and adds its rows up. A batch names one token thousands of times, and no operator of the
   *   runtime adds such rows both quickly and rightly.
   */
  constructor(
    policy: { readonly parameters: readonly ParameterSpec[] },
    options: { rowGradients?: boolean } = {},
  ) {
    this.shapes = new Map(policy.parameters.map((p) => [p.name, p.shape]));
    this.rowGradients = options.rowGradients ?? false;
  }

  /** The parameter of this name. @throws GraphError where the policy has none of that name */
  get(name: string): Tensor {
    const have = this.made.get(name);
    if (have) return have;
    const shape = this.shapes.get(name);
    if (!shape) throw new GraphError(`the policy has no parameter ${name}`);
    const t = input(name, shape);
    this.made.set(name, t);
    return t;
  }

  /** Rows [N, d] of a table [R, d] by the row numbers [N] that are fed as `ids`. */
  rows(name: string, ids: string, n: number): Tensor {
    const key = JSON.stringify([name, ids]);
    const have = this.looked.get(key);
    if (have) return have.rows;
    const table = this.get(name);
    const rows = gather(this.rowGradients ? stopGradient(table) : table, input(ids, [n], 'int32'));
    this.looked.set(key, { parameter: name, ids, rows });
    return rows;
  }

  /** What was looked up so far. */
  lookups(): Lookup[] {
    return [...this.looked.values()];
  }

  /** Those that the graph has used so far. */
  used(): Map<string, Tensor> {
    return this.made;
  }
}
