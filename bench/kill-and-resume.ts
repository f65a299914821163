/**
 * `npm run check:resume`: is a run the same however often it is killed? The default-size `papo train` runs through once;
 * then again, killed by SIGKILL at moments that a seed draws, half of them while a checkpoint is being saved, and taken
 * up each time. Metrics (but for times and memory), responses and final files are compared bit for bit.
 *
 *     npm run check:resume -- --kills 20 --threads 2 [--steps 20] [--seed 1] [--repeat 2] [--busy] [--keep]
 *                             [--set key=value ...]
 *
 * `--repeat n` also compares n runs that nobody kills; `--busy` keeps every core at work meanwhile. Exit status 1 where
 * anything differs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type JsonLine, readJsonl } from '../src/metrics/jsonl.ts';
import { UNSTEADY } from '../src/metrics/step.ts';
import { random } from '../src/random.ts';
import { table } from '../src/train/progress.ts';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    threads: { type: 'string', default: String(availableParallelism()) },
    steps: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    repeat: { type: 'string', default: '1' },
    busy: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});

const count = (name: 'kills' | 'threads' | 'steps' | 'repeat', least: number) => {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} ${options[name]}: allowed is a whole number, ${least} or more\n`);
  process.exit(2);
};
const KILLS = count('kills', 0);
const STEPS = count('steps', 1);
const REPEAT = count('repeat', 1);
const out = mkdtempSync(join(tmpdir(), 'papo-resume-'));
const rng = random(options.seed, 'kills');

// Saving often does not change a number, and gives more to go on from.
const settings = ['checkpoint.every=2', ...options.set].flatMap((set) => ['--set', set]);
const fresh = (name: string) => [
  ...['--name', name, '--out', out, '--steps', `${STEPS}`, '--seed', '1'],
  ...['--threads', `${count('threads', 1)}`, ...settings],
];

const say = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Ended {
  signal: NodeJS.Signals | null;
  /** What it said. */
  text: string;
  /** Milliseconds after the start at which each step was done. */
  steps: number[];
  ms: number;
}

/** `papo train` in a process of its own. */
function train(args: readonly string[], whileIt: (child: ChildProcess) => void = () => {}): Promise<Ended> {
  const start = performance.now();
  const child = spawn(process.execPath, [join('bin', 'papo.js'), 'train', ...args]);
  let text = '';
  const steps: number[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      text += bytes;
      const done = text.match(/^step +\d+\/\d+ /gm)?.length ?? 0;
      while (steps.length < done) steps.push(performance.now() - start);
    });
  whileIt(child);
  return new Promise((resolve, reject) =>
    child.on('exit', (status, signal) => {
      if (status === 0 || signal === 'SIGKILL')
        resolve({ signal, text, steps, ms: performance.now() - start });
      else reject(new Error(`papo train ${args.join(' ')} ended with ${status ?? signal}:\n${text}`));
    }),
  );
}

/** Kills at a time drawn from `within` milliseconds. */
const atAnyTime = (within: number) => (child: ChildProcess) => {
  const timer = setTimeout(() => child.kill('SIGKILL'), rng.next() * within);
  child.on('exit', () => clearTimeout(timer));
};

/** Kills within the next save, at a time drawn from `within` milliseconds after its begin. */
const whileSaving = (run: string, within: number) => (child: ChildProcess) => {
  const dir = join(run, 'checkpoints');
  const delay = rng.next() * within;
  const poll = setInterval(() => {
    if (!existsSync(dir)) return;
    clearInterval(poll);
    const watcher = watch(dir, (_, name) => {
      if (!name?.startsWith('.saving-')) return;
      watcher.close();
      setTimeout(() => child.kill('SIGKILL'), delay);
    });
    child.on('exit', () => watcher.close());
  }, 5);
  child.on('exit', () => clearInterval(poll));
};

const steady = (line: JsonLine) =>
  Object.fromEntries(Object.entries(line).filter(([key]) => !(UNSTEADY as readonly string[]).includes(key)));

/** The first difference between two values that JSON has, with its path. */
function differs(a: unknown, b: unknown, path: string): string | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  const both = [a, b].every((x) => typeof x === 'object' && x !== null);
  const keys = both ? new Set([...Object.keys(a as object), ...Object.keys(b as object)]) : [];
  for (const key of keys) {
    const found = differs((a as JsonLine)[key], (b as JsonLine)[key], `${path}.${key}`);
    if (found) return found;
  }
  return `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`;
}

/** What of one run is not as in another, or nothing. */
function compare(first: string, second: string): string | undefined {
  const lines = (run: string, file: string) => readJsonl(join(run, file)).map(steady);
  for (const file of ['metrics.jsonl', 'samples.jsonl']) {
    const [a, b] = [lines(first, file), lines(second, file)];
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const found = differs(a[i], b[i], `${file} line ${i + 1} (step ${a[i]?.step ?? b[i]?.step})`);
      if (found) return found;
    }
  }
  const last = (run: string) => join(run, 'checkpoints', `step-${String(STEPS).padStart(6, '0')}`);
  for (const name of readdirSync(last(first)))
    if (name === 'state.json') {
      const state = (run: string) => {
        const { totals, sha256, ...rest } = JSON.parse(readFileSync(join(last(run), name), 'utf8'));
        return rest;
      };
      const found = differs(state(first), state(second), name);
      if (found) return found;
    } else if (!readFileSync(join(last(first), name)).equals(readFileSync(join(last(second), name))))
      return `${name} of step ${STEPS}`;
  const left = [second, join(second, 'checkpoints')].flatMap((dir) =>
    readdirSync(dir).filter((name) => /^\.|^lock-|^damaged-|\.partial$/.test(name)),
  );
  return left.length > 0 ? `left behind: ${left.join(', ')}` : undefined;
}

/** Where a killed run stood, from what it left. */
function standing(run: string): string {
  const saving = existsSync(join(run, 'checkpoints'))
    ? readdirSync(join(run, 'checkpoints')).find((name) => /^\.(saving|removing)-/.test(name))
    : undefined;
  if (!existsSync(join(run, 'metrics.jsonl'))) return 'before anything was written';
  // A last line may be torn, which is what `readJsonl` leaves out.
  const last = readJsonl(join(run, 'metrics.jsonl')).at(-1);
  const after = last ? `after ${last.kind} ${last.step}` : 'before the first line';
  return saving ? `${after}, within ${saving.slice(1)}` : after;
}

async function killed(name: string, left: number, whole: Ended): Promise<number> {
  const run = join(out, name);
  const stepMs = whole.steps.length > 1 ? (whole.steps.at(-1)! - whole.steps[0]!) / (STEPS - 1) : 2000;
  let kills = 0;
  while (kills < left) {
    const begun = existsSync(join(run, 'config.yaml'));
    const saves = begun && kills % 2 === 1;
    const within = begun ? whole.steps[0]! + 2 * stepMs : whole.steps[Math.min(2, STEPS - 1)]!;
    const how = saves ? whileSaving(run, 150) : atAnyTime(within);
    const { signal, ms } = await train(begun ? ['--resume', run] : fresh(name), how);
    if (signal === null) break;
    kills++;
    const what = `${begun ? 'resumed' : 'started'}, killed after ${seconds(ms)}`;
    say(`  ${name}, kill ${kills}: ${what}, ${standing(run)}`);
  }
  await train(existsSync(join(run, 'config.yaml')) ? ['--resume', run] : fresh(name));
  return kills;
}

const burners = options.busy
  ? Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']))
  : [];
const results: [string, string][] = [];
let failed = false;
const judge = (name: string, what: string) => {
  const difference = compare(join(out, 'whole-1'), join(out, name));
  failed ||= difference !== undefined;
  results.push([`${name} ${what}`, difference ? `DIFFERS: ${difference}` : 'equal, bit for bit']);
};
try {
  const how = `${STEPS} steps, ${options.threads} thread(s), ${options.busy ? 'busy' : 'quiet'} machine`;
  say(`uninterrupted: ${how}, in ${out}`);
  const whole = await train(fresh('whole-1'));
  say(`  whole-1: ${seconds(whole.ms)}`);
  for (let i = 2; i <= REPEAT; i++) {
    const { ms } = await train(fresh(`whole-${i}`));
    say(`  whole-${i}: ${seconds(ms)}`);
    judge(`whole-${i}`, 'again');
  }
  let kills = 0;
  for (let n = 1; kills < KILLS; n++) {
    const now = await killed(`killed-${n}`, KILLS - kills, whole);
    kills += now;
    judge(`killed-${n}`, `killed ${now} times`);
  }
} finally {
  for (const burner of burners) burner.kill('SIGKILL');
}
say('against whole-1');
process.stdout.write(table(results));
if (failed || options.keep) say(`files: ${out}`);
else rmSync(out, { recursive: true });
process.exitCode = failed ? 1 : 0;
