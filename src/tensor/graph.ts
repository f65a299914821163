/**
 * Symbolic tensors. A tensor names an output of a node; a node names an ONNX operator and its input tensors. There is
 * no graph object: whatever can be reached from the outputs that a program asks for is the graph.
 */
import { GraphError } from '../errors.ts';

export type DType = 'float32' | 'int64' | 'int32' | 'bool';

export type Attribute =
  | { int: number }
  | { float: number }
  | { ints: readonly number[] }
  | { string: string };

/** A dimension whose size is only known while a loop runs (a cache that grows). Gradients do not pass through it. */
export const DYNAMIC = -1;

export type Shape = readonly number[];

export type TensorData = Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** The body of a `Loop`: what it is handed on each turn and what it hands back. */
export interface LoopBody {
  placeholders: Tensor[];
  outputs: Tensor[];
}

export interface Node {
  /** ONNX operator, or one of ours: Input, Constant, Placeholder, StopGradient, Custom. */
  op: string;
  domain: '' | 'com.microsoft';
  inputs: Tensor[];
  attributes: Record<string, Attribute>;
  outputs: Tensor[];
  /** Input: the name it is fed under. */
  name?: string;
  /** Constant: its value. */
  data?: TensorData;
  /** Loop: the body, and the tensors from outside that it reads. */
  body?: LoopBody;
  captures?: Tensor[];
  /** Custom: the gradient to use for inputs[1..] instead of that of inputs[0]. */
  gradient?: (dy: Tensor, needed: readonly boolean[]) => (Tensor | null)[];
}

/**
 * From the gradients of a node's outputs (zeros where none arrives) to those of its inputs; null where none is needed, or
 * where none passes.
 */
export type GradientRule = (
  node: Node,
  dys: readonly Tensor[],
  needed: readonly boolean[],
) => (Tensor | null)[];

export class Tensor {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: Node, index: number, shape: Shape, dtype: DType) {
    this.node = node;
    this.index = index;
    this.shape = shape;
    this.dtype = dtype;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. @throws GraphError where a dimension is only known at run time. */
  get size(): number {
    return sizeOf(this.shape);
  }
}

/** Product of the dimensions. @throws GraphError where one is only known at run time. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) {
    if (d === DYNAMIC) throw new GraphError(`the size of ${show(shape)} is only known at run time`);
    n *= d;
  }
  return n;
}

export const show = (shape: Shape) => `[${shape.map((d) => (d === DYNAMIC ? '?' : d)).join(', ')}]`;

export const sameShape = (a: Shape, b: Shape) => a.length === b.length && a.every((d, i) => d === b[i]);

/** Throws the error of an operator whose inputs do not fit. */
export function misfit(op: string, problem: string, ...tensors: (Tensor | Shape)[]): never {
  const shapes = tensors.map((t) => show(t instanceof Tensor ? t.shape : t)).join(' and ');
  throw new GraphError(`${op}: ${problem}; got ${shapes}`);
}

export interface NodeOptions {
  domain?: '' | 'com.microsoft';
  attributes?: Record<string, Attribute>;
}

/** A node with several outputs. */
export function nodeOf(
  op: string,
  inputs: Tensor[],
  outputs: { shape: Shape; dtype: DType }[],
  options: NodeOptions = {},
): Node {
  const node: Node = {
    op,
    domain: options.domain ?? '',
    inputs,
    attributes: options.attributes ?? {},
    outputs: [],
  };
  node.outputs = outputs.map((o, i) => new Tensor(node, i, o.shape, o.dtype));
  return node;
}

/** A node with one output. */
export function apply(
  op: string,
  inputs: Tensor[],
  shape: Shape,
  dtype: DType,
  options?: NodeOptions,
): Tensor {
  return nodeOf(op, inputs, [{ shape, dtype }], options).outputs[0];
}

/** A value that is fed at run time under `name`. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  const t = apply('Input', [], shape, dtype);
  t.node.name = name;
  return t;
}

/** A value that is part of the program. */
export function constant(data: TensorData | readonly number[], shape?: Shape, dtype?: DType): Tensor {
  const typed = ArrayBuffer.isView(data) ? (data as TensorData) : Float32Array.from(data);
  const kind = dtype ?? dtypeOf(typed);
  const dims = shape ?? [typed.length];
  if (sizeOf(dims) !== typed.length)
    throw new GraphError(`constant: ${typed.length} values do not fill ${show(dims)}`);
  const t = apply('Constant', [], dims, kind);
  t.node.data = typed;
  return t;
}

export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  if (dtype === 'int64') return constant(BigInt64Array.of(BigInt(value)), [], dtype);
  if (dtype === 'int32') return constant(Int32Array.of(value), [], dtype);
  if (dtype === 'bool') return constant(Uint8Array.of(value), [], dtype);
  return constant(Float32Array.of(value), [], dtype);
}

export const ints64 = (values: readonly number[]) =>
  constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');

/** The whole numbers of a constant; none of what is only known at run time. */
export const intsOf = (t: Tensor): number[] => Array.from<number | bigint, number>(t.node.data ?? [], Number);

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return 'bool';
}

/** All nodes that the roots depend on, each after what it reads. A loop's body is not entered; its captures are. */
export function topological(roots: readonly Tensor[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  const stack: { node: Node; next: number; deps: readonly Tensor[] }[] = [];
  const enter = (node: Node) => {
    if (done.has(node)) return;
    done.add(node);
    stack.push({ node, next: 0, deps: dependencies(node) });
  };
  for (const root of roots) {
    enter(root.node);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.deps.length) enter(top.deps[top.next++].node);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

const dependencies = (node: Node): readonly Tensor[] =>
  node.captures ? [...node.inputs, ...node.captures] : node.inputs;
