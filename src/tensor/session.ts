/** Running a program on ONNX Runtime. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphError } from '../errors.ts';
import { DYNAMIC, show, type TensorData } from './graph.ts';
import type { Port, Program } from './program.ts';
import { type Runtime, runtime } from './runtime.ts';

export type Feeds = Record<string, TensorData>;

export interface SessionOptions {
  /** Threads of one operator; ONNX Runtime's own choice unless told. */
  threads?: number;
  /** `cpu` unless told; `webgpu`, `cuda`, `coreml`, `dml` where the installed runtime has them. */
  provider?: string;
  /** Writes a trace of every operator's time to a file with this prefix. */
  profile?: string;
}

export class Session {
  private readonly ort: Runtime;
  private readonly session: InferenceSession;
  readonly program: Program;

  private constructor(ort: Runtime, session: InferenceSession, program: Program) {
    this.ort = ort;
    this.session = session;
    this.program = program;
  }

  /** @throws GraphError with the runtime's reason where it refuses the program. */
  static async create(program: Program, options: SessionOptions = {}): Promise<Session> {
    const ort = await runtime();
    try {
      const session = await ort.InferenceSession.create(program.bytes, {
        executionProviders: [options.provider ?? 'cpu'],
        ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
        // Each session's arena would keep its peak (510 MB for a training program of 7,000 rows) while it idles;
        // without pattern and arena all sessions together stay near one peak, for 5 % of the speed.
        enableMemPattern: false,
        enableCpuMemArena: false,
        // What goes wrong comes as an exception; the runtime would write it to standard error as well.
        logSeverityLevel: 4,
        ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
      });
      return new Session(ort, session, program);
    } catch (cause) {
      throw new GraphError(`ONNX Runtime refuses the program: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * Runs the program once. Feeds are read in place, results are new arrays; `fetch` limits which outputs are copied out.
   * @throws GraphError where a feed is missing or has the wrong length.
   */
  async run(feeds: Feeds, fetch?: readonly string[]): Promise<Record<string, TensorData>> {
    const inputs: Record<string, Tensor> = {};
    for (const p of this.program.inputs) inputs[`in:${p.name}`] = feed(this.ort, p, feeds[p.name]);
    const wanted = fetch ?? this.program.outputs.map((o) => o.name);
    const results = await this.session.run(
      inputs,
      wanted.map((n) => `out:${n}`),
    );
    const out: Record<string, TensorData> = {};
    for (const name of wanted) out[name] = results[`out:${name}`].data as TensorData;
    return out;
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  /** Ends profiling and writes the trace. */
  endProfiling(): void {
    (this.session as unknown as { endProfiling(): void }).endProfiling();
  }
}

function feed(ort: Runtime, port: Port, data: TensorData | undefined): Tensor {
  if (!data) throw new GraphError(`run: nothing is fed to ${port.name} ${show(port.shape)}`);
  let n = 1;
  let open = -1;
  port.shape.forEach((d, i) => {
    if (d === DYNAMIC) open = i;
    else n *= d;
  });
  const dims = [...port.shape];
  if (open >= 0) dims[open] = data.length / n;
  if (open >= 0 ? !Number.isInteger(dims[open]) : data.length !== n)
    throw new GraphError(`run: ${port.name} takes ${show(port.shape)}, ${data.length} values were fed`);
  return new ort.Tensor(port.dtype, data as Float32Array, dims);
}
