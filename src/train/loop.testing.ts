/** A run of the loop with the table engine, in a folder of its own. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Row } from '../data/row.ts';
import { rowsSource } from '../data/source.ts';
import type { PapoError } from '../errors.ts';
import { diffusionMask } from '../mask/kinds/noise.ts';
import { randomMask } from '../mask/kinds/random.ts';
import { readJsonl } from '../metrics/jsonl.ts';
import { UNSTEADY } from '../metrics/step.ts';
import { makeReward, type RewardFunction } from '../reward/reward.ts';
import { shuffled } from '../rollout/data.ts';
import { PromptStream } from '../rollout/stream.ts';
import { trainedOnIn } from '../rollout/unseen.ts';
import { CheckpointStore } from '../run/checkpoint.ts';
import { beginRun, configHash, resumeRun, validationAt } from '../run/folder.ts';
import { METRICS, RunLog, SAMPLES } from '../run/log.ts';
import { setLayer } from '../settings/resolve.ts';
import { FakeEngine, fakeMaker, fakeRows } from './fake-engine.testing.ts';
import { firstState, trainLoop } from './loop.ts';
import { Progress } from './progress.ts';

/** Small and quick; the table needs a higher rate than a network. */
const SMALL = [
  'rollout.prompts=8',
  'rollout.samples=8',
  'rollout.maxTokens=6',
  'optimizer.learningRate=0.1',
  'train.steps=12',
  'validation={every: 4, rows: 8, samples: 4}',
  'test={rows: 16, samples: 4}',
  'checkpoint={every: 4, keep: 2}',
];

export interface FakeRun {
  dir?: string;
  set?: string[];
  rows?: Row[];
  test?: Row[];
  signal?: AbortSignal;
  engine?: FakeEngine;
  /** In place of the usual grading. */
  reward?: RewardFunction;
  /** Takes up the newest checkpoint of `dir`. */
  resume?: boolean;
}

export const tempDir = () => mkdtempSync(join(tmpdir(), 'papo-run-'));

export async function fakeRun(options: FakeRun = {}) {
  const dir = options.dir ?? tempDir();
  const set = (options.set ?? []).map(setLayer);
  const named = { from: 'test', values: { name: basename(dir), out: dirname(dir) } };
  const folder = options.resume
    ? await resumeRun(dir, set)
    : beginRun([...SMALL.map(setLayer), ...set, named]);
  const engine = options.engine ?? new FakeEngine();
  const said: string[] = [...folder.notes];
  try {
    const { config, from } = folder;
    if (from) await engine.load(from.dir);
    folder.claim();
    const store = new CheckpointStore(dir);
    const source = rowsSource(options.rows ?? fakeRows(40));
    const state = from?.state ?? firstState(config, configHash(config), source.length);
    const skips: PapoError[] = [];
    const rows = shuffled(source, config.seed, (why) => skips.push(why));
    const log = new RunLog(dir, from ? state.step : -1, config.logging.tensorboard);
    const stream = new PromptStream({ rows, maker: fakeMaker, seed: config.seed, position: state.position });
    try {
      const outcome = await trainLoop(
        {
          config,
          engine,
          maker: fakeMaker,
          reward: options.reward ?? makeReward({ formatWeight: config.reward.formatWeight }),
          masks: { masked: randomMask(0.6), noised: diffusionMask(500) },
          stream,
          validation: rowsSource(fakeRows(config.validation.rows, 1000)),
          test: rowsSource(options.test ?? fakeRows(config.test.rows, 2000)),
          store,
          log,
          progress: new Progress({ write: (text) => said.push(text) }),
          signal: options.signal ?? new AbortController().signal,
          validated: from && validationAt(dir, state.step),
          trainedOn: trainedOnIn(join(dir, METRICS)),
        },
        state,
      );
      folder.confirm(store, outcome.state.step);
      return { dir, config, engine, outcome, said, source, skips };
    } finally {
      log.close();
    }
  } finally {
    folder.leave();
    await engine.close();
  }
}

/** metrics.jsonl without what no two runs share. */
export const steadyMetrics = (dir: string) =>
  readJsonl(join(dir, METRICS)).map((line) =>
    Object.fromEntries(
      Object.entries(line).filter(([name]) => !(UNSTEADY as readonly string[]).includes(name)),
    ),
  );

export const samplesOf = (dir: string) => readJsonl(join(dir, SAMPLES));
