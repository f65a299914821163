/**
 * What runs programs and owns the parameters. Graphs never pass parameters around: a program names them, the executor
 * feeds its own. One implementation works in this thread (here), another hands the same calls to a worker thread.
 */
import { adamW, type Trainable } from '../../tensor/adamw.ts';
import type { TensorData } from '../../tensor/graph.ts';
import type { Program } from '../../tensor/program.ts';
import { type Feeds, Session, type SessionOptions } from '../../tensor/session.ts';
import type { AdamW, StepReport } from '../types.ts';

export type ParameterSet = 'current' | 'reference';

/** Outputs of a program whose names start so are gradients of the parameter that follows. */
export const GRADIENT = 'grad:';

export type Arrays = Record<string, Float32Array>;

export interface Moments {
  /** Optimiser steps taken so far. */
  step: number;
  moment1: Arrays;
  moment2: Arrays;
}

export interface Executor {
  /** Makes the parameters known; `current` ones start with fresh moments. */
  setParameters(set: ParameterSet, values: Arrays): Promise<void>;
  /** Compiles a program under a handle of the caller's choice. */
  open(handle: string, program: Program): Promise<void>;
  close(handle: string): Promise<void>;
  /** Runs a program with the parameters of a set; returns all outputs. */
  run(handle: string, feeds: Feeds, set: ParameterSet): Promise<Record<string, TensorData>>;
  /** Runs a program with the current parameters, adds its gradients to what was accumulated, returns the rest. */
  accumulate(handle: string, feeds: Feeds): Promise<Record<string, TensorData>>;
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
  private trainables: Record<string, Trainable> = {};
  private steps = 0;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  async setParameters(set: ParameterSet, values: Arrays): Promise<void> {
    this.sets[set] = values;
    if (set === 'reference') return;
    this.steps = 0;
    this.trainables = {};
    for (const [name, value] of Object.entries(values)) {
      const like = () => new Float32Array(value.length);
      this.trainables[name] = { value, gradient: like(), moment1: like(), moment2: like() };
    }
  }

  async open(handle: string, program: Program): Promise<void> {
    this.sessions.set(handle, await Session.create(program, this.options));
  }

  async close(handle: string): Promise<void> {
    await this.sessions.get(handle)?.close();
    this.sessions.delete(handle);
  }

  async run(handle: string, feeds: Feeds, set: ParameterSet): Promise<Record<string, TensorData>> {
    return this.sessions.get(handle)!.run({ ...this.sets[set], ...feeds });
  }

  async accumulate(handle: string, feeds: Feeds): Promise<Record<string, TensorData>> {
    const outputs = await this.run(handle, feeds, 'current');
    const rest: Record<string, TensorData> = {};
    for (const [name, value] of Object.entries(outputs)) {
      if (!name.startsWith(GRADIENT)) rest[name] = value;
      else addInto(this.trainables[name.slice(GRADIENT.length)].gradient, value as Float32Array);
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

export const copyOf = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([n, a]) => [n, a.slice()]));
