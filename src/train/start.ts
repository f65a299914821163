/** From settings to a finished run: opens everything that the loop needs, and says what a person wants to know. */
import { join } from 'node:path';
import { openEngine } from '../engine/open.ts';
import type { Engine } from '../engine/types.ts';
import { CheckpointError, ConfigError, PapoError, UserFunctionError } from '../errors.ts';
import { advantageOf } from '../objective/advantages/index.ts';
import { updateOf, warnings } from '../objective/update.ts';
import { openRunData, shuffled } from '../rollout/data.ts';
import { openFunctions } from '../rollout/functions.ts';
import { openPolicy } from '../rollout/policy.ts';
import { promptMaker } from '../rollout/prompts.ts';
import { PromptStream } from '../rollout/stream.ts';
import { trainedOnIn } from '../rollout/unseen.ts';
import { CheckpointStore } from '../run/checkpoint.ts';
import { beginRun, configHash, type RunFolder, resumeRun, validationAt } from '../run/folder.ts';
import { METRICS, RunLog } from '../run/log.ts';
import type { RunConfig } from '../settings/config.ts';
import { changesText, presetSource } from '../settings/preset-layer.ts';
import { presetOf } from '../settings/presets/index.ts';
import type { Layer } from '../settings/resolve.ts';
import { version } from '../version.ts';
import { firstState, type Outcome, trainLoop } from './loop.ts';
import { Progress, type Terminal, table } from './progress.ts';
import { questionText } from './question.ts';
import { exitStatus, type StopSignal, untilStopped } from './signals.ts';
import { interruptedText, summary } from './summary.ts';

export interface StartOptions {
  /** Settings in rising precedence, without the preset. */
  layers: readonly Layer[];
  /** The folder of a run to take up. */
  resume?: string;
  /** Opens the engine; that of the settings unless told. */
  openEngine?: (config: RunConfig, checkpointDir: string) => Promise<Engine>;
}

/** `papo train`. @returns the exit status */
export async function startTraining(options: StartOptions, out: Terminal): Promise<number> {
  const progress = new Progress(out);
  return untilStopped(
    async (signal) => {
      try {
        const { outcome } = await trainRun(options, progress, signal);
        return outcome.interrupted ? exitStatus(signal.reason as StopSignal) : 0;
      } catch (error) {
        // Before the first step, while a user's module is loaded.
        if (!(signal.aborted && error instanceof UserFunctionError)) throw error;
        progress.say(error.message);
        return exitStatus(signal.reason as StopSignal);
      }
    },
    (text) => progress.say(text),
  );
}

/** A run from its settings to its end, or to where the signal stops it. @returns what came out, and the folder of the run */
export async function trainRun(
  options: StartOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ outcome: Outcome; dir: string }> {
  const folder =
    options.resume === undefined ? beginRun(options.layers) : await resumeRun(options.resume, options.layers);
  try {
    const outcome = await trainIn(folder, options, progress, signal);
    return { outcome, dir: folder.dir };
  } catch (error) {
    progress.end();
    const goOn = folder.leave();
    if (error instanceof PapoError && goOn) progress.say(`stopped by an error; ${goOn}`);
    throw error;
  } finally {
    folder.leave();
  }
}

async function trainIn(
  folder: RunFolder,
  options: StartOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Outcome> {
  const { config, from } = folder;
  refuseImpossible(config);
  const policy = openPolicy(config);
  const data = await openRunData(config);
  if (from && from.state.rows !== data.train.length)
    throw new CheckpointError(
      `${from.dir}: was made with ${from.state.rows} training rows, the data has ${data.train.length}; resume with the same data`,
    );
  const say = (line: string) => progress.say(line);
  const functions = await openFunctions(config, policy.text.processor, { signal, say });
  let engine: Engine | undefined;
  try {
    engine = await (options.openEngine ?? ((c, dir) => openEngine(c.engine, dir)))(config, policy.dir);
    if (from) await engine.load(from.dir);
    folder.claim();
    const { dir } = folder;
    const store = new CheckpointStore(dir);
    progress.say(intro(folder, policy.description, engine.description, data.description));
    const notes = [
      ...folder.notes,
      ...data.notes,
      ...sizeNote(config, policy.parameters),
      ...warnings(config.objective),
    ];
    for (const note of notes) progress.say(`  note: ${note}`);
    const maker = promptMaker(policy.text);
    const hash = configHash(config);
    let told = false;
    const rows = shuffled(data.train, config.seed, (why) => {
      if (!told) progress.say(`skipped: ${why.message} (further ones are only counted)`);
      told = true;
    });
    const state = from?.state ?? firstState(config, hash, data.train.length);
    const log = new RunLog(dir, from ? state.step : -1, config.logging.tensorboard);
    try {
      const parts = {
        config,
        engine,
        maker,
        reward: functions.reward,
        masks: functions.masks,
        stream: new PromptStream({ rows, maker, seed: config.seed, position: state.position }),
        validation: data.validation,
        test: data.test,
        store,
        log,
        progress,
        signal,
        validated: from && validationAt(dir, state.step),
        trainedOn: from && trainedOnIn(join(dir, METRICS)),
      };
      const outcome = await trainLoop(parts, state);
      progress.end();
      folder.confirm(store, outcome.state.step);
      const { before, after, interrupted } = outcome;
      const question = after ? await questionText(dir, data.test, before, after) : undefined;
      progress.say(
        interrupted ? interruptedText(outcome, folder.leave()) : summary(dir, config, outcome, question),
      );
      return outcome;
    } finally {
      log.close();
    }
  } finally {
    await Promise.all([engine?.close(), functions.close()]);
  }
}

/** Values for a policy of a million parameters do harm to one of billions. */
function sizeNote({ size, optimizer }: RunConfig, parameters: number): string[] {
  if (size !== 'tiny' || parameters < 1e8 || optimizer.learningRate < 1e-5) return [];
  return [
    'the values of size tiny are for policies of about 1 M parameters; choose --size 3b or 7b for this one',
  ];
}

function refuseImpossible(config: RunConfig): void {
  const { objective, rollout, views } = config;
  const { kind, fewest } = advantageOf(objective.advantage);
  if (rollout.samples < fewest)
    throw new ConfigError(
      `rollout.samples: ${rollout.samples} is given, advantage ${kind} compares at least ${fewest} rollouts of a question`,
    );
  const made = new Set(['original', 'masked', ...Object.keys(views)]);
  const undrawn = Object.keys(rollout.views).find((view) => !made.has(view));
  if (undrawn !== undefined)
    throw new ConfigError(
      `views.${undrawn}: rollout.views draws rollouts from this view of the pictures, but nothing says how it is made; add for example --set 'views.${undrawn}={kind: noise, step: 500}'`,
    );
  const missing = updateOf(objective).views.find((view) => !made.has(view));
  if (missing !== undefined)
    throw new ConfigError(
      `views.${missing}: the objective asks for this view of the pictures, but nothing says how it is made; add for example --set 'views.${missing}={kind: noise, step: 500}'`,
    );
}

const FROM_START = 'from the beginning, as there is no checkpoint yet';

function intro(
  { dir, config, from, resumed }: RunFolder,
  policy: string,
  engine: string,
  data: string,
): string {
  const { objective: o, rollout, train } = config;
  const { title } = presetOf(config.preset);
  const { surrogate } = o;
  const changes = changesText(config);
  const parts = [
    `γ ${o.gamma}`,
    `β ${o.beta}`,
    `η1 ${o.eta1}`,
    `η2 ${o.eta2}`,
    'clipLow' in surrogate
      ? `${surrogate.kind} ${surrogate.clipLow} / ${surrogate.clipHigh}`
      : surrogate.kind,
  ];
  const masked = updateOf(o).views.includes('masked') ? `, mask ${config.mask.kind}` : '';
  return (
    `papo ${version()}\n` +
    table([
      ['policy', policy],
      ['engine', engine],
      ['data', data],
      ['preset', `${config.preset} (${config.size}): ${title}`],
      ...(changes === '' ? [] : [['changed', changes] as const]),
      ['source', presetSource(config.preset, config.size).objective],
      ['objective', parts.join(', ') + masked],
      [
        'steps',
        `${train.steps} of ${rollout.prompts} questions × ${rollout.samples} rollouts, ${train.miniBatches} updates each`,
      ],
      ['run', `${dir} (seed ${config.seed}; settings in ${join(dir, 'config.yaml')})`],
      ...(resumed
        ? [['resumed', from ? `after step ${from.step}, from ${from.dir}` : FROM_START] as const]
        : []),
    ])
  );
}
