/** Run folders: damaged, half gone, in use, someone else's. */
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../../../src/random.ts';
import type { Ended, ProcessCase } from '../case.ts';
import { damaged, QUICK } from '../make.ts';
import { ROOT } from '../process.ts';

const PAPO = join(ROOT, 'bin', 'papo.js');
const EVERY = ['--set', 'checkpoint={every: 1, keep: 3}'];
const NEWEST = 'runs/run/checkpoints/step-000003';

let made: string | undefined;

/** A run of three steps with three checkpoints, made once and copied for each case. */
function copyRun(dir: string): void {
  if (made === undefined) {
    made = join(tmpdir(), `papo-hostile-run-${process.pid}`);
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made);
    execFileSync(process.execPath, [PAPO, 'train', ...QUICK, ...EVERY, '--steps', '3'], {
      cwd: made,
      stdio: 'ignore',
    });
    process.on('exit', () => rmSync(made!, { recursive: true, force: true }));
  }
  cpSync(made, dir, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rwX', dir]);
}

const RESUME = ['train', '--resume', 'runs/run', '--steps', '4'];
const inRun = /^runs/;

/** A copy of the run with something done to it, then resumed. */
const run = (name: string, change: (dir: string) => void, more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind: 'runs',
  name,
  prepare: (dir) => {
    copyRun(dir);
    change(dir);
  },
  args: RESUME,
  seconds: 8,
  leaves: inRun,
  ...more,
});

/** No step twice, none missing, up to the last one. */
function wholeMetrics(_: Ended, dir: string): string | undefined {
  const lines = readFileSync(join(dir, 'runs/run/metrics.jsonl'), 'utf8').trim().split('\n');
  const steps = lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.kind === 'step')
    .map((line) => line.step);
  return steps.join() === '1,2,3,4' ? undefined : `metrics.jsonl holds the steps ${steps.join()}`;
}

/** The run goes on from the checkpoint before, and says so. */
const passedOver = { status: 0, says: /step-000003/, after: wholeMetrics } as const;

const text = (file: string, words: string | Uint8Array) => (dir: string) =>
  writeFileSync(join(dir, file), words);
const gone = (file: string) => (dir: string) => rmSync(join(dir, file), { recursive: true });
const flip = (file: string, at: number) => (dir: string) => {
  const bytes = readFileSync(join(dir, file));
  bytes[Math.floor(bytes.length * at)]! ^= 1;
  writeFileSync(join(dir, file), bytes);
};

/** Damages a file of a finished run while another process holds it. */
function locked(): ProcessCase {
  return {
    kind: 'runs',
    name: 'a second start in the same run',
    prepare: copyRun,
    args: ['train', '--resume', 'runs/run', '--steps', '40'],
    during: async (running, dir) => {
      await running.said(/step +4\/40/);
      const second = await new Promise<string>((done) => {
        const child = spawn(process.execPath, [PAPO, ...RESUME], { cwd: dir });
        let words = '';
        child.stderr.on('data', (chunk) => {
          words += chunk;
        });
        child.on('close', (code) => done(`${code} ${words}`));
      });
      running.kill('SIGINT');
      if (!/^1 papo: .*\d+/.test(second)) throw new Error(`the second one ended with ${second}`);
    },
    status: 130,
    seconds: 20,
    leaves: inRun,
    after: ({ stderr }) => (stderr.includes('the second one') ? stderr.slice(0, 300) : undefined),
  };
}

const NAMESPACE = '/proc/self/ns/pid';

const holder = (more: Record<string, unknown>) =>
  JSON.stringify({
    pid: 2 ** 22 + 7,
    host: hostname(),
    since: new Date().toISOString(),
    started: null,
    boot: null,
    namespace: existsSync(NAMESPACE) ? readlinkSync(NAMESPACE) : null,
    ...more,
  });

export function runCases(seed: string): ProcessCase[] {
  return [
    run('untouched', () => {}, { status: 0, after: wholeMetrics }),
    run(
      'the newest checkpoint is cut',
      (dir) => truncateSync(join(dir, NEWEST, 'model.safetensors'), 5000),
      passedOver,
    ),
    run(
      'the newest checkpoint is empty',
      (dir) => {
        rmSync(join(dir, NEWEST), { recursive: true });
        mkdirSync(join(dir, NEWEST));
      },
      passedOver,
    ),
    run('the newest checkpoint has no weights', gone(`${NEWEST}/model.safetensors`), passedOver),
    run('the newest checkpoint has no moments', gone(`${NEWEST}/optimizer.safetensors`), passedOver),
    run('the newest checkpoint has no state', gone(`${NEWEST}/state.json`), passedOver),
    run(
      'the newest checkpoint is a file',
      (dir) => {
        rmSync(join(dir, NEWEST), { recursive: true });
        writeFileSync(join(dir, NEWEST), 'x');
      },
      passedOver,
    ),
    run(
      'the newest checkpoint is a link into nothing',
      (dir) => {
        rmSync(join(dir, NEWEST), { recursive: true });
        symlinkSync('/no/where', join(dir, NEWEST));
      },
      passedOver,
    ),
    run('a bit is flipped in the weights', flip(`${NEWEST}/model.safetensors`, 0.7), passedOver),
    run('a bit is flipped in the moments', flip(`${NEWEST}/optimizer.safetensors`, 0.7), passedOver),
    run('a bit is flipped in the tokenizer', flip(`${NEWEST}/tokenizer.json`, 0.5), passedOver),
    run('the state is noise', text(`${NEWEST}/state.json`, '\0\0\0\0'), passedOver),
    run('the state is a list', text(`${NEWEST}/state.json`, '[]'), passedOver),
    run('the state is 100,000 brackets', text(`${NEWEST}/state.json`, '['.repeat(100_000)), passedOver),
    run('all checkpoints are gone', gone('runs/run/checkpoints'), { status: [0, 1], says: /checkpoint/ }),
    run(
      'all checkpoints are damaged',
      (dir) => {
        for (const c of readdirSync(join(dir, 'runs/run/checkpoints')))
          truncateSync(join(dir, 'runs/run/checkpoints', c, 'model.safetensors'), 9);
      },
      { says: /checkpoint/ },
    ),
    run(
      'a checkpoint that was being written',
      (dir) => cpSync(join(dir, NEWEST), join(dir, `${NEWEST}.partial`), { recursive: true }),
      { status: 0, after: wholeMetrics },
    ),
    run(
      'a checkpoint of step 10⁹',
      (dir) =>
        cpSync(join(dir, NEWEST), join(dir, 'runs/run/checkpoints/step-999999999'), { recursive: true }),
      { status: 0, says: /step-999999999/, after: wholeMetrics },
    ),
    run(
      'metrics are cut in the last line',
      (dir) => {
        const f = join(dir, 'runs/run/metrics.jsonl');
        truncateSync(f, readFileSync(f).length - 20);
      },
      { status: 0 },
    ),
    run('metrics are gone', gone('runs/run/metrics.jsonl'), { status: 0 }),
    run('metrics are noise', text('runs/run/metrics.jsonl', '\0\u0001{{{{\n'), {
      status: [0, 1],
      says: undefined,
    }),
    run('metrics are a folder', (dir) => {
      rmSync(join(dir, 'runs/run/metrics.jsonl'));
      mkdirSync(join(dir, 'runs/run/metrics.jsonl'));
    }),
    run('samples are a folder', (dir) => {
      rmSync(join(dir, 'runs/run/samples.jsonl'));
      mkdirSync(join(dir, 'runs/run/samples.jsonl'));
    }),
    run('the settings are gone', gone('runs/run/config.yaml'), { says: /config\.yaml/ }),
    run('the settings are empty', text('runs/run/config.yaml', ''), { says: undefined }),
    run('the settings are noise', text('runs/run/config.yaml', '\0{{{')),
    run('the settings were changed', (dir) => {
      const f = join(dir, 'runs/run/config.yaml');
      writeFileSync(f, readFileSync(f, 'utf8').replace(/seed: 1\b/, 'seed: 2'));
    }),
    run('the rows were changed', (dir) => rmSync(join(dir, 'runs/.data'), { recursive: true }), {
      status: 0,
      after: wholeMetrics,
    }),
    run('another objective is asked for', () => {}, {
      args: [...RESUME, '--set', 'objective.gamma=1'],
      says: /gamma/,
    }),
    run('another name is asked for', () => {}, {
      args: [...RESUME, '--name', 'other'],
      status: [0, 1],
      says: undefined,
    }),
    run('fewer steps than there are', () => {}, {
      args: ['train', '--resume', 'runs/run', '--steps', '1'],
      says: /steps/,
    }),
    run('with slashes behind it', () => {}, {
      args: ['train', '--resume', 'runs/run///', '--steps', '4'],
      status: 0,
      after: wholeMetrics,
    }),
    run('by the checkpoint', () => {}, { args: ['train', '--resume', NEWEST, '--steps', '4'] }),
    run('a name that is taken', () => {}, { args: ['train', ...QUICK, '--steps', '1'], says: /run/ }),
    run('a lock of a dead process', text('runs/run/lock-1', holder({})), { status: 0, after: wholeMetrics }),
    run('a lock that is noise', text('runs/run/lock-1', '\0\0'), { status: [0, 1] }),
    run('a lock that is a folder', (dir) => mkdirSync(join(dir, 'runs/run/lock-1')), { status: [0, 1] }),
    run('a lock of 10³⁰', text(`runs/run/lock-1${'0'.repeat(30)}`, holder({})), { status: [0, 1] }),
    run('a lock of a living process', text('runs/run/lock-1', holder({ pid: process.pid })), {
      says: new RegExp(String(process.pid)),
    }),
    locked(),
    run('is deleted while it goes on', () => {}, {
      args: ['train', '--resume', 'runs/run', '--steps', '60'],
      during: async (running, dir) => {
        await running.said(/step +4\/60/);
        // At once, as the run is writing into it.
        renameSync(join(dir, 'runs/run'), join(dir, '../gone'));
        rmSync(join(dir, '../gone'), { recursive: true, force: true, maxRetries: 9 });
      },
      seconds: 25,
    }),
    run('its checkpoints are deleted while it goes on', () => {}, {
      args: ['train', '--resume', 'runs/run', '--steps', '6'],
      during: async (running, dir) => {
        await running.said(/step +4\/6/);
        renameSync(join(dir, 'runs/run/checkpoints'), join(dir, '../gone'));
      },
      status: [0, 1],
      seconds: 20,
      after: ({ status }, dir) =>
        status === 0 && !existsSync(join(dir, 'runs/run/checkpoints/step-000006'))
          ? 'ended well without the last checkpoint'
          : undefined,
    }),
    ...Array.from({ length: 10 }, (_, i) => {
      const rng = random(seed, 'runs', i);
      const file = rng.pick([
        'state.json',
        'config.json',
        'tokenizer.json',
        'optimizer.safetensors',
        'model.safetensors',
      ]);
      return run(
        `drawn ${i}: a damaged ${file}`,
        (dir) => writeFileSync(join(dir, NEWEST, file), damaged(readFileSync(join(dir, NEWEST, file)), rng)),
        { status: 0, after: wholeMetrics, says: undefined },
      );
    }),
  ];
}
