/** `papo eval` from its options as they were typed to what is asked. */
import { join } from 'node:path';
import { ConfigError, quoted } from '../../errors.ts';
import { MOST } from '../../settings/blocks.ts';
import { type Layer, nested, setLayer, yamlLayer } from '../../settings/resolve.ts';
import { type Compat, compatNamed } from '../compat.ts';
import { targetOf } from '../policy/target.ts';
import { scoringNamed } from '../scorings/index.ts';
import { openSuite, suiteSpecOf } from '../suites/index.ts';
import type { EvaluateOptions } from './evaluate.ts';
import { type AskSettings, askingOf } from './settings.ts';

/** Options of the command line; numbers are texts yet. */
export interface EvalFlags {
  samples?: string;
  greedy?: boolean;
  limit?: string;
  data?: string;
  hub?: boolean;
  as?: string;
  compat?: string;
  temperature?: string;
  topP?: string;
  topK?: string;
  maxTokens?: string;
  config?: string;
  set?: string[];
  seed?: string;
  threads?: string;
  model?: string;
  parallel?: string;
  timeout?: string;
  out?: string;
}

interface Bounds {
  least: number;
  most: number;
  whole: boolean;
}

/** @throws ConfigError for what is no number within the bounds; undefined where nothing was given */
export function numberFlag(
  flag: string,
  given: string | undefined,
  { least, most, whole }: Bounds,
): number | undefined {
  if (given === undefined) return undefined;
  const n = given.trim() === '' ? Number.NaN : Number(given);
  if (Number.isFinite(n) && n >= least && n <= most && (!whole || Number.isInteger(n))) return n;
  throw new ConfigError(
    `--${flag} ${quoted(given)}: allowed is a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
  );
}

const whole = (least: number, most: number): Bounds => ({ least, most, whole: true });
const real = (least: number, most: number): Bounds => ({ least, most, whole: false });

/** How answers are drawn, as far as it was said. */
export function samplingFlags(flags: EvalFlags): AskSettings {
  const given = {
    temperature: numberFlag('temperature', flags.temperature, real(0, 100)),
    topP: numberFlag('top-p', flags.topP, real(1e-6, 1)),
    topK: numberFlag('top-k', flags.topK, whole(0, 1_000_000)),
    maxTokens: numberFlag('max-tokens', flags.maxTokens, whole(1, MOST.tokens)),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function layersOf({ config, set = [], threads }: EvalFlags): Layer[] {
  const number = numberFlag('threads', threads, whole(1, MOST.threads));
  return [
    ...(config === undefined ? [] : [yamlLayer(config)]),
    ...set.map(setLayer),
    ...(number === undefined ? [] : [{ from: '--threads', values: nested(['engine', 'threads'], number) }]),
  ];
}

const compatLayer = ({ name, pixels, systemPrompt }: Compat): Layer => ({
  from: `--compat ${name}`,
  values: { data: { minPixels: pixels.min, maxPixels: pixels.max, systemPrompt } },
});

/**
 * Opens the suites and settles how the policy is asked. The policy itself is opened when it is asked.
 * @throws ConfigError for an option, DataError for a suite, CheckpointError where there is no policy
 */
export async function openPlan(
  policy: string,
  suites: readonly string[],
  flags: EvalFlags,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<Omit<EvaluateOptions, 'signal' | 'begin' | 'hear'>> {
  const target = targetOf(policy);
  const compat = flags.compat === undefined ? undefined : compatNamed(flags.compat);
  const samples = numberFlag('samples', flags.samples, whole(0, MOST.samples)) ?? compat?.samples ?? 8;
  const greedy = flags.greedy !== false;
  if (samples === 0 && !greedy)
    throw new ConfigError('--samples 0 with --no-greedy: nothing is asked; leave one of them out');
  const asking = askingOf(target, {
    ...compat?.sampling,
    ...samplingFlags(flags),
    layers: [...(compat ? [compatLayer(compat)] : []), ...layersOf(flags)],
  });
  // Facts of the other evaluator belong to what is unlike training.
  asking.differs.push(...(compat?.notes ?? []));
  const scoring = flags.as ?? compat?.scoring;
  if (scoring !== undefined) scoringNamed(scoring);
  const limit = numberFlag('limit', flags.limit, whole(1, MOST.rows));
  const names = suites.length > 0 ? suites : ['builtin'];
  const specs = names.map(suiteSpecOf);
  const double = specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) < i);
  if (double)
    throw new ConfigError(
      `${quoted(double.name)}: two suites have this name; give one another, as in PATH:name=OTHER`,
    );
  const opened = [];
  for (const spec of specs) {
    say(`opening ${spec.name} ...`);
    const suite = await openSuite(spec, {
      dataDir: flags.data,
      hub: flags.hub,
      limit,
      scoring,
      prefer: compat?.layout,
      signal,
      cacheRoot: join(asking.config.out, '.data'),
      progress: say,
    });
    opened.push({ suite, spec: suite.spec, scoring: suite.scoring });
  }
  return {
    target,
    policy,
    suites: opened,
    samples,
    greedy,
    asking,
    seed: flags.seed ?? '1',
    dir: flags.out,
    server: {
      model: flags.model,
      parallel: numberFlag('parallel', flags.parallel, whole(1, 1024)),
      timeoutSeconds: numberFlag('timeout', flags.timeout, real(0.1, 86_400)),
    },
  };
}
