import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError } from '../../errors.ts';
import { random } from '../../random.ts';
import { findOnset } from './onset.ts';
import { readSteps, type StepNumbers, tokenVariance } from './signs.ts';

/** Numbers of real runs: the metrics that the experiments of this repository keep. */
const LAB = resolve(import.meta.dirname, '../../../lab');
const resultsOf = (experiment: string) => {
  const dir = join(LAB, experiment, 'results');
  return readdirSync(dir).map((file) => ({ name: `${experiment}/${file}`, path: join(dir, file) }));
};
const REAL = ['first-answer', 'first-answer-looking', 'unlooking'].flatMap(resultsOf);

/** Those that collapse, with the steps among which the onset lies when one looks at their curves. */
const COLLAPSED: Record<string, [number, number]> = {
  'first-answer/papo-g-05-seed1.jsonl.gz': [60, 76],
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [`first-answer/papo-g-through-seed${seed}.jsonl.gz`, [1, 10]]),
  ),
  // KL_prcp climbs from the start to its limit at step 45; in the fifth the line bends late on the way.
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [`first-answer-looking/papo-g-through-seed${seed}.jsonl.gz`, [1, 40]]),
  ),
};

/** The collapse of the paper, as its figures have it: 7B, γ .02, from step 125 on. */
function paperRun(seed: number, { onset = 125, steps = 200, hacked = true } = {}): StepNumbers[] {
  const rng = random('paper run', seed);
  const noise = (scale: number) => Math.exp(scale * rng.normal());
  return Array.from({ length: steps }, (_, i) => {
    const step = i + 1;
    const far = hacked ? Math.min(1, Math.max(0, (step - onset) / 40)) : 0;
    const learnt = step / steps;
    return {
      step,
      kl_prcp: (0.02 + 0.01 * learnt) * (0.9 / 0.03) ** far * noise(0.15),
      reward: (0.45 + 0.15 * learnt) * (1 - 0.7 * far) * noise(0.05),
      clip_ratio_high: 0.0006 * (0.007 / 0.0006) ** far * noise(0.2),
      entropy: (0.2 + 0.21 * far) * noise(0.05),
      entropy_masked: (0.4 + 0.9 * far) * noise(0.05),
    };
  });
}

describe('the onset of a collapse', () => {
  it.each(REAL.map(({ name, path }) => [name, path] as const))('in the real run %s', (name, path) => {
    const { step, why } = findOnset(readSteps(path));
    const expected = COLLAPSED[name];
    if (expected === undefined) expect(step, why).toBeNull();
    else {
      expect(step, why).toBeGreaterThanOrEqual(expected[0]);
      expect(step).toBeLessThanOrEqual(expected[1]);
    }
  });

  it('is found in a run like that of the paper, and in none that only learns', () => {
    for (let seed = 0; seed < 40; seed++) {
      const onset = findOnset(paperRun(seed));
      expect(onset.step, onset.why).toBeGreaterThan(105);
      expect(onset.step).toBeLessThan(140);
      expect(onset.signs.filter(({ seen }) => seen).map(({ name }) => name)).toEqual([
        'reward falls',
        'clipping grows',
        'both entropies rise',
      ]);
      expect(findOnset(paperRun(seed, { hacked: false })).step).toBeNull();
    }
  });

  it('moves with the collapse', () => {
    for (const onset of [40, 80, 150]) {
      const found = findOnset(paperRun(1, { onset })).step ?? Number.NaN;
      expect(Math.abs(found - onset)).toBeLessThan(15);
    }
  });

  it('is none where a policy learns to look: KL_prcp climbs, and the reward with it', () => {
    const steps = paperRun(3, { hacked: false }).map((numbers) => ({
      ...numbers,
      kl_prcp: 0.02 * Math.exp(2.7 / (1 + Math.exp((60 - numbers.step) / 10))),
    }));
    const { step, climb, why } = findOnset(steps);
    expect(step).toBeNull();
    expect(climb?.factor).toBeGreaterThan(10);
    expect(why).toMatch(/seen: none/);
  });

  it('is where a person says it is', () => {
    const { step, by, before, after } = findOnset(paperRun(1), 90);
    expect([step, by]).toEqual([90, 'given']);
    expect(before).toEqual({ from: 70, to: 89 });
    expect(after.from).toBeGreaterThanOrEqual(90);
  });

  it('cannot be found where KL_prcp was not measured', () => {
    const steps = paperRun(1).map(({ kl_prcp: _, ...rest }) => rest);
    const { step, why } = findOnset(steps);
    expect(step).toBeNull();
    expect(why).toMatch(/measured in 0 steps/);
  });

  it('is found where KL_prcp is measured in every fifth step only', () => {
    const steps = paperRun(2).map(({ kl_prcp: kl, ...rest }) =>
      rest.step % 5 === 0 ? { ...rest, kl_prcp: kl } : rest,
    );
    const { step } = findOnset(steps);
    expect(Math.abs((step ?? 0) - 125)).toBeLessThan(25);
  });
});

describe('the numbers of steps', () => {
  const dir = mkdtempSync(join(tmpdir(), 'signs-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const lines = (all: object[]) => all.map((line) => JSON.stringify(line)).join('\n');

  it('are read from a folder, a file and a packed file alike', () => {
    const text = `${lines([
      { kind: 'test', step: 0, accuracy: 1 },
      { kind: 'step', step: 2, kl_prcp: 0.5, loss: 3 },
      { kind: 'step', step: 1, kl_prcp: null, reward: 0.25 },
    ])}\n`;
    mkdirSync(join(dir, 'run'));
    writeFileSync(join(dir, 'run', 'metrics.jsonl'), text);
    writeFileSync(join(dir, 'a.jsonl.gz'), gzipSync(text));
    const expected = [
      { step: 1, reward: 0.25 },
      { step: 2, kl_prcp: 0.5 },
    ];
    expect(readSteps(join(dir, 'run'))).toEqual(expected);
    expect(readSteps(join(dir, 'run', 'metrics.jsonl'))).toEqual(expected);
    expect(readSteps(join(dir, 'a.jsonl.gz'))).toEqual(expected);
  });

  it('are missed in one line', () => {
    expect(() => readSteps(join(dir, 'nowhere'))).toThrow(DataError);
  });

  it('give the variance of KL_prcp over tokens', () => {
    // Tokens 0, 2 in step 1 and 1, 3 in step 2: mean 1.5, variance 1.25.
    const steps = [
      { step: 1, kl_prcp: 1, kl_prcp_square: 2 },
      { step: 2, kl_prcp: 2, kl_prcp_square: 5 },
    ];
    expect(tokenVariance(steps, { from: 1, to: 2 })).toBeCloseTo(1.25, 12);
    expect(tokenVariance([{ step: 1 }], { from: 1, to: 1 })).toBeUndefined();
  });
});
