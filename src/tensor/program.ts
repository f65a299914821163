/** From symbolic tensors to an ONNX file. Field numbers are those of onnx.proto. */
import { GraphError } from '../errors.ts';
import { Writer } from '../protobuf.ts';
import {
  type Attribute,
  type DType,
  DYNAMIC,
  type LoopBody,
  type Node,
  type Shape,
  sameShape,
  show,
  type Tensor,
  type TensorData,
  topological,
} from './graph.ts';
import { insideOf } from './loop.ts';

export interface Port {
  name: string;
  shape: Shape;
  dtype: DType;
}

/** A compiled graph: an ONNX model with what it is fed and what it returns. */
export interface Program {
  bytes: Uint8Array;
  inputs: Port[];
  outputs: Port[];
  /** Number of operators, those of loop bodies included. */
  operators: number;
  /** Which operators these are, by name. */
  kinds: string[];
}

const ELEMENT: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** Compiles the graph that leads to the named outputs. Inputs are those it reaches, in order of first use. */
export function compile(outputs: Record<string, Tensor>): Program {
  const encoder = new Encoder();
  const roots = Object.entries(outputs);
  const order = topological(roots.map(([, t]) => t));
  const graph = new Writer();
  encoder.nodes(order, graph);
  const taken = new Set<string>();
  const ports: Port[] = [];
  for (const [name, t] of roots) {
    if (taken.has(name)) throw new GraphError(`compile: two outputs are called ${name}`);
    taken.add(name);
    encoder.node(graph, {
      op: 'Identity',
      domain: '',
      inputs: [encoder.nameOf(t)],
      outputs: [`out:${name}`],
      attributes: {},
    });
    graph.message(12, (w) => valueInfo(w, `out:${name}`, t.shape, t.dtype));
    ports.push({ name, shape: t.shape, dtype: t.dtype });
  }
  for (const p of encoder.inputs) graph.message(11, (w) => valueInfo(w, `in:${p.name}`, p.shape, p.dtype));
  encoder.initializers(graph);
  graph.text(2, 'papo');
  const model = new Writer().int(1, 10).text(2, 'papo');
  model.raw(7, graph.finish());
  model.message(8, (w) => w.text(1, '').int(2, 21));
  model.message(8, (w) => w.text(1, 'com.microsoft').int(2, 1));
  return {
    bytes: model.finish(),
    inputs: encoder.inputs,
    outputs: ports,
    operators: encoder.operators,
    kinds: [...encoder.kinds].sort(),
  };
}

interface PlainNode {
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
  body?: Uint8Array;
}

class Encoder {
  readonly inputs: Port[] = [];
  operators = 0;
  readonly kinds = new Set<string>();
  private readonly names = new Map<Tensor, string>();
  private readonly constants = new Map<string, { name: string; t: Tensor; data: TensorData }>();
  private readonly emitted = new Set<Node>();
  private count = 0;

  /** The ONNX name of a tensor; marks that exist only for differentiation resolve to what they mark. */
  nameOf(t: Tensor): string {
    let at = t;
    while (at.node.op === 'StopGradient' || at.node.op === 'Custom') at = at.node.inputs[0];
    const name = this.names.get(at);
    if (name === undefined)
      throw new GraphError(`compile: a ${at.node.op} is used outside the loop it belongs to`);
    return name;
  }

  nodes(order: readonly Node[], graph: Writer): void {
    for (const node of order) {
      if (this.emitted.has(node)) continue;
      this.emitted.add(node);
      this.emit(node, graph);
    }
  }

  private emit(node: Node, graph: Writer): void {
    if (node.op === 'StopGradient' || node.op === 'Custom' || node.op === 'Placeholder') return;
    if (node.data) {
      this.constant(node.outputs[0], node.data);
      return;
    }
    if (node.name !== undefined) {
      const [t] = node.outputs;
      // Two inputs of one name are one feed: parts of a graph can ask for what they need without handing it around.
      const have = this.inputs.find((p) => p.name === node.name);
      if (have && (have.dtype !== t.dtype || !sameShape(have.shape, t.shape)))
        throw new GraphError(
          `compile: input ${node.name} is asked for as ${show(have.shape)} ${have.dtype} and as ${show(t.shape)} ${t.dtype}`,
        );
      this.names.set(t, `in:${node.name}`);
      if (!have) this.inputs.push({ name: node.name, shape: t.shape, dtype: t.dtype });
      return;
    }
    const body = node.body && this.body(node.body);
    const outputs = node.outputs.map((t) => {
      const name = `t${this.count++}`;
      this.names.set(t, name);
      return name;
    });
    const inputs = node.inputs.map((t) => this.nameOf(t));
    this.node(graph, {
      op: node.op,
      domain: node.domain,
      inputs,
      outputs,
      attributes: node.attributes,
      body,
    });
  }

  private constant(t: Tensor, data: TensorData): void {
    const small = data.length <= 64;
    const key = small
      ? `${t.dtype}[${t.shape}]${Array.from(data as ArrayLike<number>, (v) => (Object.is(v, -0) ? '-0' : String(v)))}`
      : `#${this.count++}`;
    const have = this.constants.get(key) ?? { name: `c${this.constants.size}`, t, data };
    this.constants.set(key, have);
    this.names.set(t, have.name);
  }

  /** A loop's body: only what depends on its placeholders; the rest was emitted around it. */
  private body({ placeholders, outputs }: LoopBody): Uint8Array {
    const w = new Writer();
    w.text(2, 'body');
    for (const p of placeholders) {
      const name = `t${this.count++}`;
      this.names.set(p, name);
      w.message(11, (v) => valueInfo(v, name, p.shape, p.dtype));
    }
    const inside = insideOf(outputs, new Set(placeholders.map((p) => p.node)));
    this.nodes(
      topological(outputs).filter((n) => inside.has(n)),
      w,
    );
    // A carried value is copied only where it must have a name of its own: an Identity of a grown cache costs as much
    // as growing it.
    const taken = new Set<string>();
    for (const t of outputs) {
      const own = this.nameOf(t);
      const made = inside.has(t.node) && !['Placeholder', 'StopGradient', 'Custom'].includes(t.node.op);
      const direct = made && !taken.has(own);
      const name = direct ? own : `t${this.count++}`;
      taken.add(name);
      if (!direct)
        this.node(w, { op: 'Identity', domain: '', inputs: [own], outputs: [name], attributes: {} });
      w.message(12, (v) => valueInfo(v, name, t.shape, t.dtype));
    }
    return w.finish();
  }

  node(graph: Writer, n: PlainNode): void {
    this.operators++;
    this.kinds.add(n.op);
    graph.message(1, (w) => {
      for (const i of n.inputs) w.text(1, i);
      for (const o of n.outputs) w.text(2, o);
      w.text(3, `${n.op}_${n.outputs[0]}`).text(4, n.op);
      for (const [name, a] of Object.entries(n.attributes)) w.message(5, (x) => attribute(x, name, a));
      const { body } = n;
      if (body) w.message(5, (x) => x.text(1, 'body').raw(6, body).int(20, 5));
      if (n.domain) w.text(7, n.domain);
    });
  }

  initializers(graph: Writer): void {
    for (const { name, t, data } of this.constants.values()) {
      graph.message(5, (w) => {
        for (const d of t.shape) w.int(1, d);
        w.int(2, ELEMENT[t.dtype]).text(8, name);
        w.raw(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      });
    }
  }
}

function attribute(w: Writer, name: string, a: Attribute): void {
  w.text(1, name);
  if ('int' in a) w.int(3, a.int).int(20, 2);
  else if ('float' in a) w.float(2, a.float).int(20, 1);
  else if ('string' in a) w.text(4, a.string).int(20, 3);
  else {
    for (const i of a.ints) w.int(8, i);
    w.int(20, 7);
  }
}

function valueInfo(w: Writer, name: string, shape: Shape, dtype: DType): void {
  w.text(1, name);
  w.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, ELEMENT[dtype]);
      tensor.message(2, (s) => {
        shape.forEach((d, i) => {
          s.message(1, (dim) => (d === DYNAMIC ? dim.text(2, `${name}_${i}`) : dim.int(1, d)));
        });
      });
    }),
  );
}
