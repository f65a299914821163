/**
 * An executor in a worker thread: a run of ONNX Runtime blocks the thread it is called from, and signals and
 * progress must stay alive.
 */
import { Worker } from 'node:worker_threads';
import { GraphError } from '../../errors.ts';
import type { TensorData } from '../../tensor/graph.ts';
import type { Program } from '../../tensor/program.ts';
import type { Feeds, SessionOptions } from '../../tensor/session.ts';
import type { AdamW, StepReport } from '../types.ts';
import type {
  Arrays,
  Differentiated,
  Executor,
  Memory,
  Moments,
  ParameterSet,
  TrainingProgram,
} from './executor.ts';

export interface Request {
  id: number;
  method: keyof Executor;
  args: unknown[];
}

export type Reply = { id: number; value: unknown } | { id: number; error: { name: string; message: string } };

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class WorkerExecutor implements Executor {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  /** Why nothing can be asked any more. */
  private gone: Error | undefined;
  private ending: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: options });
    this.worker.on('message', (reply: Reply) => {
      const call = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if ('error' in reply) call?.reject(new GraphError(reply.error.message));
      else call?.resolve(reply.value);
    });
    this.worker.on('error', (error) => this.fail(`failed: ${error.message}`, error));
    this.worker.on('exit', (code) => this.fail(`ended with code ${code}`));
  }

  /** Whatever is asked of a thread that has ended would never be answered. */
  private fail(what: string, cause?: Error): void {
    const error = new GraphError(`the engine's thread ${what}; start again with --resume`, { cause });
    this.gone ??= error;
    for (const call of this.waiting.values()) call.reject(error);
    this.waiting.clear();
  }

  private call<T>(method: keyof Executor, ...args: unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.gone) {
        reject(this.gone);
        return;
      }
      const id = this.count++;
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.worker.postMessage({ id, method, args } satisfies Request);
    });
  }

  setParameters = (set: ParameterSet, values: Arrays, trainable?: readonly string[]) =>
    this.call<void>('setParameters', set, values, trainable);
  open = (handle: string, program: Program | TrainingProgram) => this.call<void>('open', handle, program);
  close = (handle: string) => this.call<void>('close', handle);
  run = (handle: string, feeds: Feeds, set: ParameterSet, memory?: Memory) =>
    this.call<Record<string, TensorData>>('run', handle, feeds, set, memory);
  forget = (memory: string) => this.call<void>('forget', memory);
  accumulate = (handle: string, feeds: Feeds) =>
    this.call<Record<string, TensorData>>('accumulate', handle, feeds);
  differentiate = (handle: string, feeds: Feeds) => this.call<Differentiated>('differentiate', handle, feeds);
  step = (settings: AdamW) => this.call<StepReport>('step', settings);
  parameters = () => this.call<Arrays>('parameters');
  moments = () => this.call<Moments>('moments');
  setMoments = (moments: Moments) => this.call<void>('setMoments', moments);

  end(): Promise<void> {
    this.ending ??= this.finish();
    return this.ending;
  }

  private async finish(): Promise<void> {
    try {
      await this.call<void>('end');
    } catch (error) {
      // What has ended by itself needs no end.
      if (error !== this.gone) throw error;
    }
    this.gone ??= new GraphError('the engine is closed');
    await this.worker.terminate();
  }
}
