import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError, RunError } from '../../errors.ts';
import { EVAL_FILE, type EvalSettings, readEvalSettings } from '../files.ts';
import { targetOf } from '../policy/target.ts';
import { nameOf, takeFolder } from './folder.ts';

const settings = (more: Partial<EvalSettings> = {}): EvalSettings => ({
  version: 1,
  papo: '0.1.0',
  policy: 'builtin:prior',
  description: 'a policy',
  settings: { batch: 32, maxPixels: null },
  samples: 8,
  greedy: true,
  sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 80 },
  seed: '1',
  differs: [],
  suites: [],
  ...more,
});

const folder = () => mkdtempSync(join(tmpdir(), 'eval-'));

describe('takeFolder', () => {
  test('a new one gets eval.json; the same evaluation goes on in it, another program included', () => {
    const dir = join(folder(), 'new', 'a');
    const first = takeFolder(settings(), 'x', dir);
    expect(first.resumed).toBe(false);
    expect(readEvalSettings(dir)).toEqual(settings());
    first.close();
    const second = takeFolder(settings({ papo: '0.2.0' }), 'x', dir);
    expect(second.resumed).toBe(true);
    second.close();
    expect(readdirSync(dir)).toEqual([EVAL_FILE]);
  });

  test.each([
    [{ samples: 4 }, /another samples \(8 → 4\)/],
    [{ sampling: { ...settings().sampling, topP: 0.9 } }, /another sampling\.topP \(1 → 0\.9\)/],
    [{ settings: { batch: 32, maxPixels: 1024 } }, /another settings\.maxPixels \(null → 1024\)/],
  ])('%j is another evaluation: a named folder is refused, and nothing in it is changed', (more, why) => {
    const dir = folder();
    takeFolder(settings(), 'x', dir).close();
    const before = readFileSync(join(dir, EVAL_FILE), 'utf8');
    expect(() => takeFolder(settings(more), 'x', dir)).toThrow(DataError);
    expect(() => takeFolder(settings(more), 'x', dir)).toThrow(why);
    expect(readFileSync(join(dir, EVAL_FILE), 'utf8')).toBe(before);
  });

  test('a folder of something else is refused, an empty one is taken', () => {
    const dir = folder();
    writeFileSync(join(dir, 'thesis.tex'), '');
    expect(() => takeFolder(settings(), 'x', dir)).toThrow(
      'is not empty and holds no evaluation; name another',
    );
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    takeFolder(settings(), 'x', empty).close();
    expect(existsSync(join(empty, EVAL_FILE))).toBe(true);
    const file = join(dir, 'thesis.tex');
    expect(() => takeFolder(settings(), 'x', file)).toThrow(DataError);
  });

  test('two at once in one folder: the second is refused', () => {
    const dir = folder();
    const first = takeFolder(settings(), 'x', dir);
    expect(() => takeFolder(settings(), 'x', dir)).toThrow(RunError);
    first.close();
    takeFolder(settings(), 'x', dir).close();
  });

  test('without a name, the first that is free or its own', () => {
    const home = process.cwd();
    process.chdir(folder());
    try {
      const dirs = [settings(), settings({ seed: '2' }), settings(), settings({ seed: '2' })].map((s) => {
        const taken = takeFolder(s, 'x', undefined);
        taken.close();
        return [taken.dir, taken.resumed];
      });
      const [one, two] = [join('evals', 'x'), join('evals', 'x-2')];
      expect(dirs).toEqual([
        [one, false],
        [two, false],
        [one, true],
        [two, true],
      ]);
    } finally {
      process.chdir(home);
    }
  });
});

test.each([
  ['builtin:prior', 'builtin-prior'],
  ['http://127.0.0.1:8000/v1/', '127.0.0.1-8000'],
  ['runs/papo-g-seed1', 'papo-g-seed1'],
  ['runs/papo-g-seed1/checkpoints/step-000040', 'papo-g-seed1-step-000040'],
])('%s is called %s', (given, name) => {
  expect(nameOf(targetOf(given), given)).toBe(name);
});
