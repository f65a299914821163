/** Reverse-mode differentiation: the gradient of a scalar is a graph like any other. */
import { GraphError } from '../errors.ts';
import {
  constant,
  type GradientRule,
  type Node,
  sameShape,
  show,
  type Tensor,
  topological,
} from './graph.ts';
import { broadcastGradients } from './ops/broadcast.ts';
import { add, elementwiseGradients } from './ops/elementwise.ts';
import { indexGradients } from './ops/index.ts';
import { matmulGradients } from './ops/matmul.ts';
import { nnGradients } from './ops/nn.ts';
import { reduceGradients } from './ops/reduce.ts';
import { shapeGradients, zeros } from './ops/shape.ts';

/** One rule an operator: from the gradients of its outputs to those of its inputs. */
const rules: Record<string, GradientRule> = {
  ...broadcastGradients,
  ...elementwiseGradients,
  ...shapeGradients,
  ...reduceGradients,
  ...matmulGradients,
  ...indexGradients,
  ...nnGradients,
  Custom: (node, [dy], needed) => [null, ...(node.gradient?.(dy, needed.slice(1)) ?? [])],
};

/** The operators that a gradient passes through. */
export const differentiable = (): string[] => Object.keys(rules);

/**
 * d loss / d x for each x of `wrt`, as tensors of the shape of x; null where the loss does not depend on x.
 * `StopGradient`, comparisons and integer tensors end a path without error.
 * @throws GraphError where the loss is not a scalar, or a path leads through an operator without a gradient.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): (Tensor | null)[] {
  if (loss.size !== 1) throw new GraphError(`gradient: the loss must be a scalar, not ${show(loss.shape)}`);
  const order = topological([loss]);
  const live = reaching(order, new Set(wrt));
  const flow = new Map<Tensor, Tensor>();
  const give = (to: Tensor, dy: Tensor, from: string) => {
    if (!sameShape(to.shape, dy.shape))
      throw new GraphError(
        `gradient of ${from}: ${show(dy.shape)} came out for an input of ${show(to.shape)}`,
      );
    const have = flow.get(to);
    flow.set(to, have ? add(have, dy) : dy);
  };
  flow.set(loss, constant(Float32Array.of(1), loss.shape));
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    if (node.inputs.length === 0 || !live.has(node) || node.op === 'StopGradient') continue;
    if (!node.outputs.some((o) => flow.has(o))) continue;
    const needed = node.inputs.map((t, k) => carries(node, k) && (live.has(t.node) || wrt.includes(t)));
    if (!needed.some(Boolean)) continue;
    const rule = rules[node.op];
    if (!rule)
      throw new GraphError(
        `no gradient is defined for the operator ${node.op}; stop the gradient or add a rule`,
      );
    if (!flow.has(node.outputs[0]) && node.op !== 'Split')
      throw new GraphError(`no gradient is defined for the further outputs of ${node.op}`);
    const dys = node.outputs.map((o) => flow.get(o) ?? zeros(o.shape));
    const back = rule(node, dys, needed);
    node.inputs.forEach((t, k) => {
      const dx = back[k];
      if (dx && needed[k]) give(t, dx, node.op);
    });
  }
  return wrt.map((x) => flow.get(x) ?? null);
}

/** Custom nodes hide what their value was made of. */
const carries = (node: Node, k: number) =>
  node.inputs[k].dtype === 'float32' && !(node.op === 'Custom' && k === 0);

/** Nodes with a differentiable path to one of the wanted tensors. */
function reaching(order: readonly Node[], wanted: ReadonlySet<Tensor>): Set<Node> {
  const live = new Set<Node>();
  for (const node of order) {
    const own = node.outputs.some((o) => wanted.has(o));
    const through =
      node.op !== 'StopGradient' && node.inputs.some((t, k) => carries(node, k) && live.has(t.node));
    if (own || through) live.add(node);
  }
  return live;
}
