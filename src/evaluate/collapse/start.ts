/** `papo analyze collapse`: reads a run, asks what has to be asked, says what was found. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Row } from '../../data/row.ts';
import { writeAside } from '../../durable.ts';
import { ConfigError, PapoError } from '../../errors.ts';
import { makeFolder } from '../../files.ts';
import { openRunData } from '../../rollout/data.ts';
import { CONFIG_FILE } from '../../run/folder.ts';
import type { RunConfig } from '../../settings/config.ts';
import { resolveConfig, yamlLayer } from '../../settings/resolve.ts';
import { Progress, type Terminal } from '../../train/progress.ts';
import { exitStatus, type StopSignal, untilStopped } from '../../train/signals.ts';
import { type Collapse, relatednessOf, type Sides, signChanges, textChanges, variances } from './analysis.ts';
import { findOnset, type Onset } from './onset.ts';
import { rateAll } from './relatedness.ts';
import { policyFor, type Rescored, rescore } from './rescore.ts';
import { readSamples, rowsOf, type Sample, samplesIn, thinned } from './samples.ts';
import { readSteps } from './signs.ts';
import { collapseText } from './terminal.ts';

/** As the command line has them. */
export interface CollapseFlags {
  onset?: string;
  judge?: string;
  model?: string;
  responses?: string;
  rescore?: boolean;
  out?: string;
  html?: string;
  json?: string;
}

/** Responses of each side that are scored again and judged, at most. */
const RESPONSES = 64;

/** @returns the exit status @throws PapoError where the run cannot be read or a server not be asked */
export async function startCollapse(run: string, flags: CollapseFlags, out: Terminal): Promise<number> {
  const progress = new Progress(out);
  return untilStopped(
    async (signal) => {
      try {
        await analyse(run, flags, progress, signal);
        return 0;
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        progress.end();
        progress.say('stopped; the same command goes on: what was judged is not asked again');
        return exitStatus(signal.reason as StopSignal);
      }
    },
    (text) => progress.say(text),
    'ending after what is being computed',
  );
}

async function analyse(
  run: string,
  flags: CollapseFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const steps = readSteps(run);
  const onset = findOnset(steps, onsetOf(flags.onset, steps[0].step, steps[steps.length - 1].step));
  const isRun = statSync(run).isDirectory();
  const samples = isRun ? readSamples(run) : [];
  const notes = isRun ? [] : [`${run}: metrics alone; the texts and tokens of a run need its folder`];
  if (isRun && samples.length === 0)
    notes.push('the run kept no responses (logging.samples): no texts to look at');
  const most = wholeNumber('--responses', flags.responses) ?? RESPONSES;
  const sides = {
    before: thinned(samplesIn(samples, onset.before), most),
    after: thinned(samplesIn(samples, onset.after), most),
  };
  const config = isRun && existsSync(join(run, CONFIG_FILE)) ? configOf(run) : undefined;
  const rows = await rowsFor(config, [...sides.before, ...sides.after], progress, notes);
  const wanted = config !== undefined && onset.step !== null && flags.rescore !== false;
  const rescored = wanted
    ? await rescoreSides(run, config, onset, sides, rows, { progress, signal, notes })
    : { before: null, after: null };
  const relatedness =
    flags.judge === undefined ? null : await judged(run, flags, onset, sides, rows, progress, signal);
  progress.doing('');
  const found: Collapse = {
    run,
    steps: steps.length,
    onset,
    signs: signChanges(steps, onset),
    variance: variances(steps, onset),
    rescored,
    texts: samples.length > 0 ? textChanges(samples, onset) : [],
    responses: {
      before: samplesIn(samples, onset.before).length,
      after: samplesIn(samples, onset.after).length,
    },
    relatedness,
    notes,
  };
  progress.say(collapseText(found));
  if (flags.json !== undefined) {
    write(flags.json, `${JSON.stringify(withoutTokens(found), null, 2)}\n`);
    progress.say(`JSON: ${flags.json}`);
  }
  if (flags.html !== undefined) {
    const { collapsePage } = await import('./report.ts');
    write(flags.html, await collapsePage(found, steps, sides, rows));
    progress.say(`report: ${flags.html}`);
  }
}

const write = (path: string, text: string) => writeAside(path, () => [Buffer.from(text)]);

/** Single tokens are for the page; the JSON has what they come to. */
const withoutTokens = ({ rescored, ...rest }: Collapse) => {
  const side = (one: Rescored | null) => {
    if (!one) return null;
    const { tokens, ...kept } = one;
    return { ...kept, tokens: tokens.length };
  };
  return { version: 1, ...rest, rescored: { before: side(rescored.before), after: side(rescored.after) } };
};

function wholeNumber(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new ConfigError(`${option} ${given}: give a whole number of at least 1`);
  return value;
}

function onsetOf(given: string | undefined, first: number, last: number): number | undefined {
  const step = wholeNumber('--onset', given);
  if (step !== undefined && (step <= first || step > last))
    throw new ConfigError(`--onset ${step}: the run has steps ${first} to ${last}; name one after the first`);
  return step;
}

const configOf = (run: string): RunConfig => resolveConfig([yamlLayer(join(run, CONFIG_FILE))]);

/** The questions of the responses; none where the data of the run are gone. */
async function rowsFor(
  config: RunConfig | undefined,
  samples: readonly Sample[],
  progress: Progress,
  notes: string[],
): Promise<Map<string, Row>> {
  if (!config || samples.length === 0) return new Map();
  progress.doing('reading the questions of the run');
  try {
    const data = await openRunData(config);
    return await rowsOf(data.train, new Set(samples.map(({ id }) => id)));
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
    notes.push(
      `the questions of the run cannot be read, so no picture is shown and nothing is scored: ${error.message}`,
    );
    return new Map();
  }
}

interface Surroundings {
  progress: Progress;
  signal: AbortSignal;
  notes: string[];
}

async function rescoreSides(
  run: string,
  config: RunConfig,
  onset: Onset,
  samples: { before: Sample[]; after: Sample[] },
  rows: ReadonlyMap<string, Row>,
  { progress, signal, notes }: Surroundings,
): Promise<Sides<Rescored>> {
  const found: Sides<Rescored> = { before: null, after: null };
  for (const side of ['before', 'after'] as const) {
    const policy = policyFor(run, config, side, onset[side], onset.step ?? 0);
    if (!policy) {
      notes.push(`no checkpoint of ${side} the onset is left: its responses are not scored again`);
      continue;
    }
    progress.doing(`scoring responses of ${side} the onset with the ${policy.words}`);
    try {
      found[side] = (await rescore(policy, config, samples[side], rows, signal)) ?? null;
    } catch (error) {
      if (!(error instanceof PapoError)) throw error;
      notes.push(`responses of ${side} the onset are not scored again: ${error.message}`);
    }
  }
  return found;
}

async function judged(
  run: string,
  { judge: url = '', model, out }: CollapseFlags,
  onset: Onset,
  sides: { before: Sample[]; after: Sample[] },
  rows: ReadonlyMap<string, Row>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Collapse['relatedness']> {
  const dir = out ?? join('evals', `collapse-${basename(resolve(run))}`);
  const all = [...sides.before, ...sides.after];
  if (all.length === 0) return null;
  const { openChat } = await import('../server/chat.ts');
  const server = await openChat({ url, model, signal, say: (line) => progress.say(line) });
  try {
    makeFolder(dir);
    const hear = (done: number) => progress.doing(`judged ${done}/${all.length} responses`);
    const ratings = await rateAll(all, rows, server, dir, signal, hear);
    if (ratings.length < all.length)
      progress.say(
        `${all.length - ratings.length} of ${all.length} responses could not be judged; the same command asks again`,
      );
    return relatednessOf(server.model, ratings, onset);
  } finally {
    await server.close();
  }
}
