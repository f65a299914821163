/** The runner of experiments: what it plans, what it keeps, and what its report says. No run is trained here. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentOf, parseSeeds, readExperiment } from '../lab/runner/experiment.ts';
import { markdown } from '../lab/runner/markdown.ts';
import { HALF, numbersOf, TRAIN_ENTROPY } from '../lab/runner/measures.ts';
import { decide, resultDifference, settingsHash, tasksOf } from '../lab/runner/plan.ts';
import { pairedDifference, reportOf } from '../lab/runner/report.ts';
import { isFinished, type Result, readResult, resultPath, writeResult } from '../lab/runner/results.ts';
import { type Ended, runPool, trainProcess } from '../lab/runner/run.ts';
import { median, stepsToHalf } from '../lab/runner/series.ts';
import type { ReadLine } from '../src/metrics/lines.ts';
import type { Values } from '../src/settings/key-lookup.ts';
import { resolveConfig } from '../src/settings/resolve.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-lab-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const given = (more: Values = {}): Values => ({
  title: 'Two arms',
  question: 'Is one better?',
  written: '2026-11-24',
  settled: 'On the pilot.',
  pilot: [9],
  seeds: [1, 2],
  base: { train: { steps: 20 }, objective: { beta: 0 } },
  arms: {
    grpo: { settings: { preset: 'grpo' }, seeds: [1, 2, 3] },
    'papo-g': { settings: { preset: 'papo-g', objective: { gamma: 0.05 } } },
  },
  comparisons: [['papo-g', 'grpo']],
  ...more,
});
const file = join(dir, 'two-arms/experiment.yaml');
const experiment = experimentOf(file, given());

describe('an experiment', () => {
  it.each([
    [{ pilot: [2] }, /arms\.grpo: seed 2 is a pilot seed/],
    [{ seeds: [1, 1] }, /arms\.papo-g: seed 1 is given twice/],
    [{ base: { seed: 4 } }, /base\.seed: the runner gives each run its own/],
    [{ arms: {}, comparisons: [] }, /arms: there is none/],
    [{ comparisons: [['papo-g', 'dapo']] }, /dapo is no arm \(there are grpo, papo-g\)/],
    [{ comparisons: [['grpo', 'grpo']] }, /grpo is compared with itself/],
    [{ written: 'yesterday' }, /written/],
    [{ tilte: 'x' }, /tilte.*no such key.*title, question/],
    [{ arms: { 'A b': { settings: {} } } }, /small letters/],
  ])('%j is refused in one line', (more, message) => {
    let said = '';
    try {
      experimentOf(file, given(more));
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(message);
    expect(said).toContain('experiment.yaml');
    expect(said).not.toContain('\n');
  });

  it('refuses a comparison of arms without a common seed', () => {
    const arms = { a: { settings: {}, seeds: [1] }, b: { settings: {}, seeds: [2] } };
    expect(() => experimentOf(file, given({ arms, comparisons: [['a', 'b']] }))).toThrow(/no seed in common/);
  });

  it.each(['first-answer', 'first-answer-looking'])('%s has settings that runs know', (name) => {
    const found = readExperiment(join(import.meta.dirname, `../lab/${name}/experiment.yaml`));
    expect(found.name).toBe(name);
    for (const { settings } of tasksOf(found, '.')) {
      // A policy may be made after its experiment was written.
      const { policy: _, ...values } = settings;
      expect(() => resolveConfig([{ from: name, values }])).not.toThrow();
    }
  });

  it('names seeds', () => {
    expect(parseSeeds('1-3,8')).toEqual([1, 2, 3, 8]);
    expect(() => parseSeeds('3-1')).toThrow(/--seeds 3-1/);
  });
});

describe('the plan', () => {
  it('goes seed by seed across the arms', () => {
    expect(tasksOf(experiment, '.').map(({ name }) => name)).toEqual([
      'grpo-seed1',
      'papo-g-seed1',
      'grpo-seed2',
      'papo-g-seed2',
      'grpo-seed3',
    ]);
  });

  it('lays an arm over the settings of all, and selects', () => {
    const [task, ...more] = tasksOf(experiment, '.', { only: ['papo-g'], seeds: [2, 3] });
    expect(more).toEqual([]);
    expect(task.settings).toEqual({
      train: { steps: 20 },
      objective: { beta: 0, gamma: 0.05 },
      preset: 'papo-g',
      seed: 2,
    });
    expect(() => tasksOf(experiment, '.', { only: ['dapo'] })).toThrow(/--only dapo: no such arm/);
  });

  const settings = { objective: { gamma: 0.02 } };
  const now = { settings, config: { ...settings, out: 'runs', engine: { threads: 1 }, test: { rows: 8 } } };
  const other = {
    settings: { objective: { gamma: 0.1 } },
    config: { ...now.config, objective: { gamma: 0.1 } },
  };

  it('skips, collects, resumes and starts', () => {
    const moved = { ...now.config, out: '/elsewhere', engine: { threads: 2 } };
    expect(decide(now, {})).toEqual({ do: 'start', aside: [] });
    expect(decide(now, { result: { settings, config: moved } })).toEqual({ do: 'skip' });
    expect(decide(now, { folder: { config: moved, finished: false } })).toEqual({ do: 'resume' });
    expect(decide(now, { folder: { config: moved, finished: true } })).toEqual({ do: 'collect' });
    expect(decide(now, { folder: { config: other.config, finished: true } })).toEqual({
      do: 'start',
      aside: ['folder'],
    });
  });

  it('keeps results of other settings unless told', () => {
    const refused = decide(now, { result: other });
    expect(refused).toMatchObject({ do: 'refuse' });
    expect('why' in refused && refused.why).toContain('objective.gamma (0.1 → 0.02)');
    const folder = { config: now.config, finished: true };
    expect(decide(now, { result: other }, true)).toEqual({ do: 'start', aside: ['result'] });
    expect(decide(now, { result: other, folder }, true)).toEqual({
      do: 'start',
      aside: ['result', 'folder'],
    });
    expect(decide(now, { result: now, folder }, true)).toEqual({ do: 'skip' });
  });

  it('tells a setting that has come to be since from one that was given', () => {
    const grown = { ...now.config, test: { rows: 8, views: [] } };
    expect(resultDifference(now, { settings, config: grown })).toBeUndefined();
    expect(
      resultDifference(now, { settings: { ...settings, test: { views: [] } }, config: grown }),
    ).toContain('test.views');
    expect(settingsHash(now.config)).toBe(settingsHash({ ...now.config, out: 'x' }));
    expect(settingsHash(now.config)).not.toBe(settingsHash(other.config));
  });
});

describe('a pool', () => {
  const never = new AbortController().signal;

  it('runs some at once, in order, and goes on after a failure', async () => {
    let time = 0;
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const left: (number | null)[] = [];
    const results = await runPool([0, 1, 2, 3], {
      jobs: 2,
      signal: never,
      now: () => time,
      run: async (n): Promise<Ended> => {
        begun.push(n);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        time += 10;
        return n === 1 ? { how: 'failed', why: 'no' } : { how: 'done' };
      },
      ended: (_, __, state) => left.push(state.secondsLeft),
    });
    expect(begun).toEqual([0, 1, 2, 3]);
    expect(most).toBe(2);
    expect([...results.values()].map(({ how }) => how)).toEqual(['done', 'failed', 'done', 'done']);
    // One took 10 s: of the other three the running one has 10 s behind it, two are to come, two at once.
    expect(left[0]).toBe(10);
    expect(left.at(-1)).toBe(0);
  });

  it('begins nothing after it was asked to stop', async () => {
    const controller = new AbortController();
    const results = await runPool(['a', 'b', 'c'], {
      jobs: 1,
      signal: controller.signal,
      run: async (): Promise<Ended> => {
        controller.abort('SIGINT');
        return { how: 'stopped' };
      },
      ended: () => {},
    });
    expect([...results.keys()]).toEqual(['a']);
  });

  const script = (code: string) => ['--input-type=module', '-e', code] as const;
  const started = (code: string, signal: AbortSignal, log: string) => {
    const [program, ...args] = script(code);
    return trainProcess(program, args, join(dir, 'logs', log), signal);
  };

  it('says why a process failed', async () => {
    expect(await started('console.log("all is well")', never, 'well.log')).toEqual({ how: 'done' });
    const failed = await started('console.error("no such policy"); process.exit(2)', never, 'failed.log');
    expect(failed).toMatchObject({ how: 'failed', why: expect.stringContaining('no such policy (exit 2') });
  });

  it('asks a process to stop with the signal that it got, and waits for it', async () => {
    const controller = new AbortController();
    const code = `process.on('SIGINT', () => { console.log('saved'); process.exit(130); });
      console.log('up'); setInterval(() => {}, 1000);`;
    const ended = started(code, controller.signal, 'stopped.log');
    const log = join(dir, 'logs/stopped.log');
    while (!readFileSync(log, 'utf8').includes('up')) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort('SIGINT');
    expect(await ended).toEqual({ how: 'stopped' });
    expect(readFileSync(log, 'utf8')).toContain('saved');
  });
});

const steps = (values: readonly number[]) => values.map((value, i) => ({ step: i + 1, value }));

describe('steps to half of the gain', () => {
  it('are counted where the mean of ten steps passes the middle', () => {
    // From 0 to 1 at step 21; the middle is .5, and the mean of steps 17-26 is the first above it: six of ten.
    const jump = steps([...Array(20).fill(0), ...Array(20).fill(1)]);
    expect(stepsToHalf(jump)).toBe(26);
  });

  it('are none without a gain, or with too few steps', () => {
    expect(stepsToHalf(steps(Array(40).fill(0.5)))).toBeUndefined();
    expect(stepsToHalf(steps([...Array(20).fill(1), ...Array(20).fill(0)]))).toBeUndefined();
    expect(stepsToHalf(steps([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]))).toBeUndefined();
  });

  it('take no lucky steps for it', () => {
    const late = [...Array(20).fill(0), ...Array(20).fill(0.5)];
    // Four steps of 1 lift the mean of ten above the middle from step 10 to 16, and then it passes at step 26 for good.
    const lucky = late.map((value, i) => (i >= 5 && i < 9 ? 1 : value));
    expect(stepsToHalf(steps(late))).toBe(26);
    expect(stepsToHalf(steps(lucky))).toBe(19);
  });

  it('are none where the gain is no more than noise', () => {
    const noisy = (gain: number) =>
      steps(Array.from({ length: 40 }, (_, i) => (i % 2) * 0.2 + (i >= 20 ? gain : 0)));
    expect(stepsToHalf(noisy(0.05))).toBeUndefined();
    expect(stepsToHalf(noisy(0.5))).toBe(25);
  });

  it('median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeUndefined();
  });
});

describe('a paired difference', () => {
  it('has the interval that a hand finds', () => {
    // Differences 1, 2, 3: mean 2, s 1, s/√3 .57735; t(.975, 2 df) = 4.302653.
    const found = pairedDifference(
      new Map([
        [1, 1],
        [2, 4],
        [3, 6],
        [8, 100],
      ]),
      new Map([
        [1, 0],
        [2, 2],
        [3, 3],
        [9, -100],
      ]),
    );
    expect(found).toMatchObject({
      mean: 2,
      n: 3,
      seeds: { 1: 1, 2: 2, 3: 3 },
      verdict: 'no difference shown',
    });
    expect(found.low).toBeCloseTo(2 - 4.302653 / Math.sqrt(3), 5);
    expect(found.high).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 5);
  });

  it('is called higher or lower only where the interval leaves 0 out', () => {
    const of = (...values: number[]) => new Map(values.map((value, seed) => [seed, value]));
    expect(pairedDifference(of(1, 1.1, 1.2), of(0, 0, 0)).verdict).toBe('higher');
    expect(pairedDifference(of(0, 0, 0), of(1, 1.1, 1.2)).verdict).toBe('lower');
    // .1 + .2 is not .3 in float64; that is no difference.
    expect(pairedDifference(of(0.1 + 0.2, 0.1 + 0.2), of(0.3, 0.3)).verdict).toBe('no difference shown');
    expect(pairedDifference(of(1), of(0))).toMatchObject({ verdict: 'one seed only', low: null, high: null });
  });
});

/** 20 steps from `from` to `to`, with test lines around them. */
function linesOf(from: number, to: number, more: Values = {}): ReadLine[] {
  const test = (step: number, accuracy: number) => ({
    ...{ kind: 'test', step, accuracy, greedy: accuracy + 0.1, rows: 8, samples: 8, skipped_rows: 0 },
    kinds: { count: accuracy },
    low: { accuracy: 0 },
    ...more,
  });
  const training = Array.from({ length: 20 }, (_, i) => ({
    ...{ kind: 'step', step: i + 1, accuracy: i < 10 ? from : to, entropy: 0.5 },
    ...(i % 5 === 0 ? { kl_prcp: 0.2 } : {}),
  }));
  return [test(0, from), ...training, test(20, to)];
}

const header = (arm: string, seed: number): Result['header'] => ({
  ...{ kind: 'run', experiment: 'two-arms', arm, seed, hash: 'h', version: '0', code: 'c' },
  settings: { train: { steps: 20 } },
  config: { train: { steps: 20 } },
});

describe('results', () => {
  it('come back as they were written, in the same bytes', () => {
    const { kind: _, hash: __, ...head } = header('grpo', 1);
    const at = join(dir, 'kept');
    const lines = linesOf(0.2, 0.4);
    const write = () => {
      writeResult(at, 'grpo-seed1', lines, {
        ...head,
        config: { ...head.config, out: '/home/me', name: 'x' },
      });
      return readFileSync(resultPath(at, 'grpo-seed1'));
    };
    const first = write();
    expect(write().equals(first)).toBe(true);
    // No time and no system of its own.
    expect([...first.subarray(4, 8), first[9]]).toEqual([0, 0, 0, 0, 255]);
    const result = readResult(at, { name: 'grpo-seed1' });
    expect(result?.lines).toEqual(lines);
    expect(result?.header).toMatchObject({ arm: 'grpo', seed: 1, config: { train: { steps: 20 } } });
    expect(JSON.stringify(result)).not.toContain('/home/me');
    expect(readResult(at, { name: 'grpo-seed2' })).toBeUndefined();
  });

  it('are those of a whole run', () => {
    const lines = linesOf(0.2, 0.4);
    expect(isFinished(lines, { steps: 20, tests: true })).toBe(true);
    expect(isFinished(lines.slice(0, -1), { steps: 20, tests: true })).toBe(false);
    expect(isFinished(lines.slice(1, -1), { steps: 20, tests: false })).toBe(true);
    expect(isFinished([], { steps: 20, tests: false })).toBe(false);
  });
});

describe('the report', () => {
  const results: Result[] = [
    { header: header('grpo', 1), lines: linesOf(0.2, 0.4) },
    { header: header('grpo', 2), lines: linesOf(0.2, 0.42) },
    { header: header('papo-g', 1), lines: linesOf(0.2, 0.5, { causes: { right: 0.5, perception: 0.25 } }) },
    { header: header('papo-g', 2), lines: linesOf(0.2, 0.53, { causes: { right: 0.5, perception: 0.35 } }) },
  ];
  const report = reportOf(experiment, results);

  it('takes the measures of test lines, without counts and intervals', () => {
    const { before, after, training } = numbersOf(1, linesOf(0.2, 0.4));
    expect([...before]).toEqual([
      ['accuracy', 0.2],
      ['kinds.count', 0.2],
      ['greedy', expect.closeTo(0.3)],
    ]);
    expect(after.get('accuracy')).toBe(0.4);
    expect(training.get(TRAIN_ENTROPY)).toBeCloseTo(0.5);
    // .2 → .4: six of ten at .4 are the first above .3, at step 16.
    expect(training.get(HALF)).toBe(16);
  });

  it('has means, changes and what is missing', () => {
    const [grpo, papo] = report.arms;
    expect(grpo).toMatchObject({ seeds: [1, 2], missing: [3] });
    expect(papo.missing).toEqual([]);
    expect(grpo.after.accuracy.mean).toBeCloseTo(0.41);
    expect(grpo.change.accuracy.mean).toBeCloseTo(0.21);
    expect(grpo.curve).toEqual([
      { step: 10, seeds: 2, accuracy: expect.closeTo(0.2), entropy: 0.5, kl_prcp: 0.2 },
      { step: 20, seeds: 2, accuracy: expect.closeTo(0.41), entropy: 0.5, kl_prcp: 0.2 },
    ]);
  });

  it('pairs by seed, and leaves out what one side lacks', () => {
    const [{ measures, seeds }] = report.comparisons;
    expect(seeds).toEqual([1, 2]);
    expect(measures.accuracy.mean).toBeCloseTo(0.105);
    expect(measures.accuracy.seeds).toEqual({ 1: expect.closeTo(0.1), 2: expect.closeTo(0.11) });
    expect(measures.accuracy.verdict).toBe('higher');
    expect(measures['causes.perception']).toBeUndefined();
  });

  it('is readable, with - for what was not measured', () => {
    const text = markdown(report);
    expect(text).toContain('| accuracy, temperature 1 | 20.0 → 41.0 %, +21.0 ');
    expect(text).toContain('| perception errors among all answers | - | 30.0 → 30.0 %, ');
    expect(text).toContain('| perception errors among wrong answers | - | 60.0 → 60.0 %, ');
    expect(text).toContain('| accuracy masked, temperature 1 | - | - |');
    expect(text).toContain('**Not finished.** Seeds without results: grpo: 3.');
    expect(text).toContain('| count | 20.0 → 41.0 % | 20.0 → 51.5 % |');
    expect(text).toMatch(
      /accuracy, temperature 1 \| \+10\.5 points \| \[\+4\.1, \+16\.9\] \| 2 \| \*\*higher\*\*/,
    );
    expect(text).toMatch(/entropy, last 10 steps .* no difference shown/);
    expect(text).toContain('On the pilot.');
    expect(text).toMatch(
      /- \*\*papo-g against grpo\*\* \(2 of 2 planned seeds\):\n {2}- \*\*higher\*\* accuracy, temperature 1 \(\+10\.5 points \[\+4\.1, \+16\.9\]\); .*\n {2}- no difference shown in .*entropy/,
    );
    const half = markdown(reportOf(experiment, [results[0], results[2]]));
    expect(half).toMatch(
      /\(1 of 2 planned seeds, \*\*not all yet\*\*\):\n {2}- one seed alone, which shows nothing: accuracy, temperature 1 \(\+10\.0 points\)/,
    );
    expect(half + text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says what keeps runs from being compared', () => {
    const other = { ...results[0], header: { ...header('grpo', 1), code: 'd' } };
    const now = { settings: { train: { steps: 30 } }, config: { train: { steps: 30 } } };
    const { notes } = reportOf(experiment, [other, ...results.slice(1)], (arm) =>
      arm === 'grpo' ? now : undefined,
    );
    expect(notes.join('\n')).toMatch(/grpo, seed 1 was run with other settings: train\.steps \(20 → 30\)/);
    expect(notes.join('\n')).toMatch(/2 states of the program/);
    expect(reportOf(experiment, []).comparisons[0].measures).toEqual({});
    expect(markdown(reportOf(experiment, []))).toContain('No seed has results of both yet.');
  });
});
