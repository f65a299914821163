/** ONNX `Loop`: a body that is run until its condition fails or its turns are used up. Gradients do not pass through it. */
import {
  apply,
  DYNAMIC,
  misfit,
  type Node,
  nodeOf,
  type Shape,
  sameShape,
  scalar,
  type Tensor,
  topological,
} from './graph.ts';

export interface LoopStep {
  /** bool []: whether another turn follows. */
  again: Tensor;
  /** The new values of what is carried, in order; a dimension may grow where its carry declares it dynamic. */
  carries: Tensor[];
  /** Values that are kept from every turn, stacked along a new first axis. */
  scans: Tensor[];
}

export interface Carry {
  start: Tensor;
  /** The shape inside the body, where it is not that of the start: dynamic dimensions are DYNAMIC. */
  shape?: Shape;
}

/**
 * Runs `body` up to `turns` (int64 []) times. Tensors of the surroundings may be read inside.
 * Returns the carried values after the last turn and the scans [turns, ...].
 */
export function loop(
  turns: Tensor,
  carries: readonly Carry[],
  body: (turn: Tensor, carried: Tensor[]) => LoopStep,
): { carries: Tensor[]; scans: Tensor[] } {
  const turn = apply('Placeholder', [], [], 'int64');
  const going = apply('Placeholder', [], [], 'bool');
  const carried = carries.map((c) => apply('Placeholder', [], c.shape ?? c.start.shape, c.start.dtype));
  const step = body(turn, carried);
  step.carries.forEach((c, i) => {
    if (!sameShape(c.shape, carried[i].shape) || c.dtype !== carried[i].dtype)
      misfit('Loop', `carried value ${i} changes its shape or type`, carried[i], c);
  });
  const outputs = [
    ...step.carries.map((c) => ({ shape: c.shape, dtype: c.dtype })),
    ...step.scans.map((s) => ({ shape: [DYNAMIC, ...s.shape], dtype: s.dtype })),
  ];
  const node = nodeOf('Loop', [turns, scalar(1, 'bool'), ...carries.map((c) => c.start)], outputs);
  node.body = {
    placeholders: [turn, going, ...carried],
    outputs: [step.again, ...step.carries, ...step.scans],
  };
  const inside = insideOf(node.body.outputs, new Set(node.body.placeholders.map((p) => p.node)));
  const captured = new Set<Tensor>();
  for (const n of inside)
    for (const t of [...n.inputs, ...(n.captures ?? [])])
      if (!inside.has(t.node) && n.op !== 'Placeholder') captured.add(t);
  for (const t of node.body.outputs) if (!inside.has(t.node)) captured.add(t);
  node.captures = [...captured];
  return { carries: node.outputs.slice(0, carries.length), scans: node.outputs.slice(carries.length) };
}

/** The nodes that depend on a placeholder: these run every turn, all others run once, outside. */
export function insideOf(outputs: readonly Tensor[], placeholders: ReadonlySet<Node>): Set<Node> {
  const inside = new Set<Node>(placeholders);
  for (const node of topological(outputs)) {
    const reads = [...node.inputs, ...(node.captures ?? [])];
    if (reads.some((t) => inside.has(t.node))) inside.add(node);
  }
  return inside;
}
