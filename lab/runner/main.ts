/**
 * Experiments with paired seeds (docs/lab.md):
 *
 *     npm run lab -- run lab/first-answer/experiment.yaml [--jobs 2] [--only ARM,...] [--seeds 1-5] [--runs DIR] [--again]
 *     npm run lab -- report lab/first-answer/experiment.yaml
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError as PackageError, type RunSettings, runConfig } from 'papo';
import { ConfigError, PapoError } from '../../src/errors.ts';
import type { Values } from '../../src/settings/key-lookup.ts';
import { exitStatus, type StopSignal, untilStopped } from '../../src/train/signals.ts';
import { parseSeeds, readExperiment } from './experiment.ts';
import { runExperiment, writeReport } from './lab.ts';
import { codeDigest } from './results.ts';

/** Of the repository; this runs from .papo/bench/lab/runner. */
const ROOT = resolve(import.meta.dirname, '../../../..');

const USAGE =
  'npm run lab -- run FILE [--jobs 2] [--only ARM,...] [--seeds 1-5] [--runs DIR] [--again], or npm run lab -- report FILE';

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** The commit that the program was built from; `-changed` where files differ from it. */
function commit(): string | undefined {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return undefined;
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src').stdout.trim() !== '';
  return `${head.stdout.trim()}${changed ? '-changed' : ''}`;
}

/** As a run writes them down, in JSON's terms. The package has error classes of its own. */
function complete(settings: Values): Values {
  try {
    return JSON.parse(JSON.stringify(runConfig(settings as RunSettings))) as Values;
  } catch (error) {
    throw error instanceof PackageError ? new ConfigError(error.message) : error;
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      jobs: { type: 'string', default: '2' },
      only: { type: 'string' },
      seeds: { type: 'string' },
      runs: { type: 'string', default: join(ROOT, 'runs/lab') },
      again: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [verb, file, ...more] = positionals;
  if ((verb !== 'run' && verb !== 'report') || file === undefined || more.length > 0)
    throw new ConfigError(`usage: ${USAGE}`);
  const experiment = readExperiment(file);
  // Paths of the file, for someone who stands here: no result has a path of one machine.
  const folder = relative(process.cwd(), dirname(resolve(file))) || '.';
  if (verb === 'report') {
    say(writeReport(experiment, { folder, complete }));
    return 0;
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new ConfigError(`--jobs ${values.jobs}: allowed is a whole number, 1 or more`);
  const selection = {
    ...(values.only === undefined ? {} : { only: values.only.split(',') }),
    ...(values.seeds === undefined ? {} : { seeds: parseSeeds(values.seeds) }),
  };
  const runs = resolve(values.runs, experiment.name);
  return untilStopped(
    async (signal) => {
      const failed = await runExperiment(experiment, {
        ...{ folder, complete, selection, jobs, runs, signal, say, again: values.again },
        program: join(ROOT, 'bin/papo.js'),
        version: (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string })
          .version,
        code: () => codeDigest(join(ROOT, 'dist')),
        commit: commit(),
      });
      if (signal.aborted) return exitStatus(signal.reason as StopSignal);
      return failed > 0 ? 1 : 0;
    },
    say,
    'the runs save and leave; the same command goes on',
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error && `${error.code}`.startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof PapoError || usage)) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
