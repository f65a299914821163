/**
 * What runs programs and owns the parameters. Graphs never pass parameters around: a program names them, the executor
 * feeds its own. One implementation works in this thread (here), another hands the same calls to a worker thread.
 */
import { adamW, type Trainable } from '../../tensor/adamw.ts';
import type { TensorData } from '../../tensor/graph.ts';
import type { Program } from '../../tensor/program.ts';
import { type Feeds, Session, type SessionOptions } from '../../tensor/session.ts';
import { GRADIENT } from '../program.ts';
import type { AdamW, StepReport } from '../types.ts';

export type ParameterSet = 'current' | 'reference';

export type Arrays = Record<string, Float32Array>;

export interface Moments {
  /** Optimiser steps taken so far. */
  step: number;
  moment1: Arrays;
  moment2: Arrays;
}

/** An output [N, d] whose rows are to be added to the rows of a parameter's gradient. */
export interface RowGradient {
  output: string;
  parameter: string;
  /** Name of the fed row numbers [N], int32. */
  ids: string;
}

export interface TrainingProgram extends Program {
  rowGradients: RowGradient[];
}

export interface Differentiated {
  /** The loss and every term. */
  terms: Record<string, TensorData>;
  /** By parameter; those that the loss does not depend on are left out. */
  gradients: Arrays;
}

/** Outputs that stay where the program runs, and are fed to the following runs that name the same memory. */
export interface Memory {
  name: string;
  /** Outputs that are kept, not returned; each replaces what had its name. */
  keep: readonly string[];
}

export interface Executor {
  /**
   * Makes the parameters known; `current` ones start with fresh moments.
   * @param trainable those of the current ones that have gradients and moments, and that steps move; all unless told
   */
  setParameters(set: ParameterSet, values: Arrays, trainable?: readonly string[]): Promise<void>;
  /** Compiles a program under a handle of the caller's choice. */
  open(handle: string, program: Program | TrainingProgram): Promise<void>;
  close(handle: string): Promise<void>;
  /** Runs a program with the parameters of a set; returns all outputs but those that go into a memory. */
  run(handle: string, feeds: Feeds, set: ParameterSet, memory?: Memory): Promise<Record<string, TensorData>>;
  /** Lets go of a memory, if there is one of that name. */
  forget(memory: string): Promise<void>;
  /** Runs a program with the current parameters, adds its gradients to what was accumulated, returns the rest. */
  accumulate(handle: string, feeds: Feeds): Promise<Record<string, TensorData>>;
  /** Runs a program with the current parameters and returns its gradients; what was accumulated stays as it is. */
  differentiate(handle: string, feeds: Feeds): Promise<Differentiated>;
  step(settings: AdamW): Promise<StepReport>;
  parameters(): Promise<Arrays>;
  moments(): Promise<Moments>;
  setMoments(moments: Moments): Promise<void>;
  end(): Promise<void>;
}

export class LocalExecutor implements Executor {
  private readonly options: SessionOptions;
  private readonly sessions = new Map<string, Session>();
  private readonly sets: Record<ParameterSet, Arrays> = { current: {}, reference: {} };
  private readonly memories = new Map<string, Feeds>();
  private readonly rowGradients = new Map<string, RowGradient[]>();
  private trainables: Record<string, Trainable> = {};
  private steps = 0;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  async setParameters(set: ParameterSet, values: Arrays, trainable?: readonly string[]): Promise<void> {
    this.sets[set] = values;
    if (set === 'reference') return;
    this.steps = 0;
    this.trainables = {};
    const chosen = trainable && new Set(trainable);
    for (const [name, value] of Object.entries(values)) {
      if (chosen && !chosen.has(name)) continue;
      const like = () => new Float32Array(value.length);
      this.trainables[name] = { value, gradient: like(), moment1: like(), moment2: like() };
    }
  }

  async open(handle: string, program: Program | TrainingProgram): Promise<void> {
    this.sessions.set(handle, await Session.create(program, this.options));
    if ('rowGradients' in program) this.rowGradients.set(handle, program.rowGradients);
  }

  async close(handle: string): Promise<void> {
    await this.sessions.get(handle)?.close();
    this.sessions.delete(handle);
    this.rowGradients.delete(handle);
  }

  async run(
    handle: string,
    feeds: Feeds,
    set: ParameterSet,
    memory?: Memory,
  ): Promise<Record<string, TensorData>> {
    const known = memory && this.memories.get(memory.name);
    const outputs = await this.sessions.get(handle)!.run({ ...this.sets[set], ...known, ...feeds });
    if (!memory) return outputs;
    const kept: Feeds = { ...known };
    for (const name of memory.keep) {
      kept[name] = outputs[name];
      delete outputs[name];
    }
    this.memories.set(memory.name, kept);
    return outputs;
  }

  async forget(memory: string): Promise<void> {
    this.memories.delete(memory);
  }

  async accumulate(handle: string, feeds: Feeds): Promise<Record<string, TensorData>> {
    return this.backward(handle, feeds, (name) => this.trainables[name].gradient);
  }

  async differentiate(handle: string, feeds: Feeds): Promise<Differentiated> {
    const gradients: Arrays = {};
    const terms = await this.backward(handle, feeds, (name) => {
      gradients[name] ??= new Float32Array(this.trainables[name].value.length);
      return gradients[name];
    });
    return { terms, gradients };
  }

  /** Runs a training program and adds its gradients to where `into` says. Returns its other outputs. */
  private async backward(
    handle: string,
    feeds: Feeds,
    into: (parameter: string) => Float32Array,
  ): Promise<Record<string, TensorData>> {
    const outputs = await this.run(handle, feeds, 'current');
    for (const { output, parameter, ids } of this.rowGradients.get(handle) ?? []) {
      addRows(into(parameter), outputs[output] as Float32Array, feeds[ids] as Int32Array);
      delete outputs[output];
    }
    const rest: Record<string, TensorData> = {};
    for (const [name, value] of Object.entries(outputs)) {
      if (!name.startsWith(GRADIENT)) rest[name] = value;
      else addInto(into(name.slice(GRADIENT.length)), value as Float32Array);
    }
    return rest;
  }

  async step(settings: AdamW): Promise<StepReport> {
    const all = Object.values(this.trainables);
    const report = adamW(all, this.steps + 1, settings);
    if (!report.skipped) this.steps++;
    for (const p of all) p.gradient.fill(0);
    return report;
  }

  async parameters(): Promise<Arrays> {
    return copyOf(this.sets.current);
  }

  async moments(): Promise<Moments> {
    const pick = (key: 'moment1' | 'moment2') =>
      Object.fromEntries(Object.entries(this.trainables).map(([n, p]) => [n, p[key].slice()]));
    return { step: this.steps, moment1: pick('moment1'), moment2: pick('moment2') };
  }

  async setMoments(moments: Moments): Promise<void> {
    this.steps = moments.step;
    for (const [name, p] of Object.entries(this.trainables)) {
      p.moment1.set(moments.moment1[name]);
      p.moment2.set(moments.moment2[name]);
    }
  }

  async end(): Promise<void> {
    for (const handle of [...this.sessions.keys()]) await this.close(handle);
  }
}

function addInto(sum: Float32Array, x: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += x[i];
}

/**
 * Adds rows [N, d] to the rows of a table that `ids` [N] names, in order and in double precision: what comes out is the
 * rounded sum, however often a row is named.
 */
export function addRows(table: Float32Array, rows: Float32Array, ids: Int32Array): void {
  const d = rows.length / ids.length;
  const sums = new Map<number, Float64Array>();
  for (let r = 0; r < ids.length; r++) {
    let sum = sums.get(ids[r]);
    if (!sum) {
      sum = new Float64Array(d);
      sums.set(ids[r], sum);
    }
    for (let j = 0, at = r * d; j < d; j++, at++) sum[j] += rows[at];
  }
  for (const [id, sum] of sums) for (let j = 0; j < d; j++) table[id * d + j] += sum[j];
}

export const copyOf = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([n, a]) => [n, a.slice()]));
