/** The engine in this process: graphs are built here, ONNX Runtime carries them out (see executor.ts). */
import { availableParallelism } from 'node:os';
import { CheckpointError } from '../../errors.ts';
import { buildBatch, layoutKey } from '../../model/batch.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import type { Policy } from '../../model/family.ts';
import { everything, type Learns, type ParameterSpec, sizeOf, trainableOf } from '../../model/parameters.ts';
import { logProbs } from '../../model/policy.ts';
import { Weights } from '../../model/weights.ts';
import type { Objective } from '../../objective/types.ts';
import { compile } from '../../tensor/program.ts';
import type { Feeds } from '../../tensor/session.ts';
import { coefficientFeeds } from '../program.ts';
import type {
  AdamW,
  Engine,
  Group,
  Prompt,
  Rollout,
  SampleOptions,
  ScoreOptions,
  SelfCheck,
  StepReport,
  TrainGroup,
} from '../types.ts';
import { addPixels, cutLogprobs, fingerprint, groupOf, tokenFeeds } from './arrays.ts';
import { type Arrays, copyOf, type Executor, LocalExecutor } from './executor.ts';
import { readMoments, writeMoments } from './optimizer-state.ts';
import { Programs } from './program-cache.ts';
import { Sampler } from './sampler.ts';
import { trainingProgram } from './training-program.ts';
import { tryProvider } from './try-provider.ts';
import { PROBE, verifyGradient } from './verify.ts';
import { WorkerExecutor } from './worker-executor.ts';

export interface OnnxEngineOptions {
  /** A checkpoint folder in Hugging Face layout; it is the start and the reference. */
  checkpointDir: string;
  /** Threads of one operator; all cores unless told. */
  threads?: number;
  /** `cpu` (default), `webgpu`, `cuda`, `coreml`, `dml`: where the installed runtime has it. */
  provider?: string;
  /** Rows (tokens) of one training program; more are cut into micro-batches. */
  microBatchRows?: number;
  /** Prompt and response lengths are rounded up to a multiple of this, so that few programs are compiled; 16 unless told. */
  round?: number;
  /**
   * Whether training computes only the rows that hold a token; true unless told. Sums come in another order without, so
   * what was made without, bit for bit, is made again only without.
   */
  packed?: boolean;
  /** Rollouts of one generation program. */
  rolloutBatch?: number;
  /** Turns between two tellings of `onTokens`; by time unless told. */
  piece?: number;
  /** Which parameters are trained; all unless told. */
  learns?: Learns;
  /** Runs ONNX Runtime in the calling thread, for tests and short scripts. */
  inProcess?: boolean;
}

export async function openOnnxEngine(options: OnnxEngineOptions): Promise<OnnxEngine> {
  return OnnxEngine.open(readCheckpoint(options.checkpointDir), options);
}

export class OnnxEngine implements Engine {
  readonly description: string;
  readonly policy: Policy;
  /** Number of parameters. */
  readonly size: number;
  private readonly checkpoint: Checkpoint;
  private readonly learns: Learns;
  private readonly trainable: readonly ParameterSpec[];
  private readonly executor: Executor;
  private readonly programs: Programs;
  private readonly sampler: Sampler;
  private readonly limits: { rows: number; round: number; packed: boolean };

  private constructor(
    checkpoint: Checkpoint,
    executor: Executor,
    options: Omit<OnnxEngineOptions, 'checkpointDir'>,
  ) {
    this.checkpoint = checkpoint;
    this.policy = checkpoint.policy;
    this.learns = options.learns ?? everything;
    this.trainable = trainableOf(this.policy.parameters, this.learns);
    this.executor = executor;
    this.programs = new Programs(executor, 12);
    this.limits = {
      rows: options.microBatchRows ?? 12_288,
      round: options.round ?? 16,
      packed: options.packed ?? true,
    };
    this.sampler = new Sampler(this.policy, executor, this.programs, {
      rollouts: options.rolloutBatch ?? 512,
      round: this.limits.round,
      piece: options.piece,
    });
    this.size = sizeOf(this.policy.parameters);
    const threads = options.threads ?? availableParallelism();
    this.description = `ONNX Runtime (${options.provider ?? 'cpu'}, ${threads} thread${threads === 1 ? '' : 's'})`;
  }

  /** From a checkpoint in memory. */
  static async open(
    checkpoint: Checkpoint,
    options: Omit<OnnxEngineOptions, 'checkpointDir'> = {},
  ): Promise<OnnxEngine> {
    const session = { threads: options.threads ?? availableParallelism(), provider: options.provider };
    const executor = options.inProcess ? new LocalExecutor(session) : new WorkerExecutor(session);
    await tryProvider(executor, options.provider);
    const engine = new OnnxEngine(checkpoint, executor, options);
    const values = arraysOf(checkpoint);
    await executor.setParameters('reference', values);
    await engine.setCurrent(copyOf(values));
    return engine;
  }

  private setCurrent(values: Arrays): Promise<void> {
    return this.executor.setParameters(
      'current',
      values,
      this.trainable.map(({ name }) => name),
    );
  }

  sample(prompts_P: Prompt[], options: SampleOptions): Promise<Rollout[][]> {
    return this.sampler.sample(prompts_P, options);
  }

  async score(groups: Group[], o: ScoreOptions): Promise<Float32Array[][]> {
    const c = this.policy;
    const out: Float32Array[][] = [];
    for (const part of this.parts(groups)) {
      const viewed = part.map((g) => groupOf(g, o.view));
      const batch = buildBatch(viewed, c, { round: this.limits.round, packed: true });
      const handle = await this.programs.get(`score ${o.temperature} ${layoutKey(batch.layout)}`, () =>
        compile({ logp: logProbs(new Weights(c), c, batch.layout, 'view', o.temperature) }),
      );
      const feeds = { ...batch.feeds };
      addPixels(feeds, batch, viewed, c, 'view');
      const { logp } = await this.executor.run(handle, feeds, o.policy);
      out.push(...cutLogprobs(logp as Float32Array, part, batch));
    }
    return out;
  }

  async accumulate(
    groups: TrainGroup[],
    objective: Objective,
    o: { temperature: number },
  ): Promise<Record<string, number>> {
    const c = this.policy;
    const totals: Record<string, number> = {};
    const views = ['original', ...objective.gradientViews];
    for (const part of this.parts(groups, views.length)) {
      const viewed = views.map((v) => part.map((g) => groupOf(g, v)));
      const batch = buildBatch(viewed[0], c, this.limits);
      const key = `train ${o.temperature} ${fingerprint(objective, batch)} ${layoutKey(batch.layout)}`;
      const handle = await this.programs.get(key, () =>
        trainingProgram(c, batch.layout, objective, o.temperature, false, this.learns),
      );
      const feeds: Feeds = {
        ...batch.feeds,
        ...tokenFeeds(part, objective, batch),
        ...coefficientFeeds(objective),
      };
      views.forEach((v, i) => {
        addPixels(feeds, batch, viewed[i], c, v);
      });
      const terms = await this.executor.accumulate(handle, feeds);
      for (const [name, [value]] of Object.entries(terms as Arrays))
        totals[name] = (totals[name] ?? 0) + value;
    }
    return totals;
  }

  async verify(groups: TrainGroup[], o: { temperature: number }): Promise<SelfCheck> {
    const c = this.policy;
    const viewed = groups.map((g) => groupOf(g, 'original'));
    const batch = buildBatch(viewed, c, this.limits);
    const handle = await this.programs.get(`verify ${o.temperature} ${layoutKey(batch.layout)}`, () =>
      trainingProgram(c, batch.layout, PROBE, o.temperature, true, this.learns),
    );
    const feeds: Feeds = { ...batch.feeds, ...tokenFeeds(groups, PROBE, batch) };
    addPixels(feeds, batch, viewed, c, 'original');
    const found = await verifyGradient(this.executor, handle, feeds, await this.executor.parameters());
    return { logprobs: cutLogprobs(found.logp, groups, batch), repeat: found.repeat, slope: found.slope };
  }

  step(optimizer: AdamW): Promise<StepReport> {
    return this.executor.step(optimizer);
  }

  /** The policy as it stands, in memory. */
  async snapshot(): Promise<Checkpoint> {
    const values = await this.executor.parameters();
    const parameters = new Map(
      [...this.checkpoint.parameters].map(([n, p]) => [n, { shape: p.shape, data: values[n] }]),
    );
    return { ...this.checkpoint, parameters };
  }

  async save(dir: string): Promise<void> {
    writeCheckpoint(dir, await this.snapshot());
    writeMoments(dir, this.trainable, await this.executor.moments());
  }

  async load(dir: string): Promise<void> {
    const loaded = readCheckpoint(dir);
    for (const { name, shape } of this.policy.parameters) {
      const found = loaded.parameters.get(name);
      if (found?.shape.join() !== shape.join())
        throw new CheckpointError(
          `${dir}: ${name} is not [${shape}] as in the policy of this run; resume with the policy it was started with`,
        );
    }
    const moments = readMoments(dir, this.trainable);
    await this.setCurrent(arraysOf(loaded));
    await this.executor.setMoments(moments);
  }

  close(): Promise<void> {
    return this.executor.end();
  }

  /** Cuts groups into parts whose rows fit one program; parts are of equal size so that they share it. */
  private *parts<T extends Group>(groups: T[], views = 1): Generator<T[]> {
    const rows = groups.map((g) => {
      const longest = Math.max(1, ...g.responses_G.map((r) => r.length));
      return (
        views *
        (g.prompt.ids_L.length +
          g.responses_G.length * Math.ceil(longest / this.limits.round) * this.limits.round)
      );
    });
    const perRun = Math.max(1, Math.floor(this.limits.rows / Math.max(...rows)));
    const runs = Math.ceil(groups.length / perRun);
    const size = Math.ceil(groups.length / runs);
    for (let i = 0; i < groups.length; i += size) yield groups.slice(i, i + size);
  }
}

const arraysOf = (checkpoint: Checkpoint): Arrays =>
  Object.fromEntries([...checkpoint.parameters].map(([n, p]) => [n, p.data]));
