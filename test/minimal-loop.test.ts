/** The loop of examples/ is the trainer's: the same settings give the same numbers, to the last bit. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readJsonl } from '../src/metrics/jsonl.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LOOP = join(ROOT, 'examples/minimal-loop.ts');
const built = existsSync(join(ROOT, 'dist/index.js'));
const dir = mkdtempSync(join(tmpdir(), 'papo-minimal-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SMALL = [
  'rollout={prompts: 4, samples: 4}',
  'train.steps=2',
  'data.builtin={train: 24, validation: 8, test: 8}',
  'test.rows=0',
  'validation.every=0',
];
const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
const ran = (...args: string[]) => node('--import', 'jiti/register', LOOP, ...args);

describe.skipIf(!built)('the minimal loop', () => {
  it.each([
    ['papo-g', []],
    ['vppo', ['dynamicSampling.enabled=false', 'optimizer.warmupSteps=3', 'rollout.temperature=0.9']],
  ])('%s: agrees with papo train', (preset, more) => {
    const set = [...SMALL, ...more].flatMap((s) => ['--set', s]);
    node(join(ROOT, 'bin/papo.js'), 'train', '--preset', preset, '--name', preset, '--out', dir, ...set);
    const run = join(dir, preset);
    const saved = join(dir, `${preset}-saved`);
    const lines = ran(join(run, 'config.yaml'), saved)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = readJsonl(join(run, 'metrics.jsonl'));
    expect(lines).toHaveLength(2);
    lines.forEach((line, i) => {
      expect(Object.keys(line)).toEqual(
        expect.arrayContaining(['loss', 'pg_loss', 'entropy', 'reward', 'grad_norm']),
      );
      expect(Object.fromEntries(Object.keys(line).map((key) => [key, steps[i][key]]))).toEqual(line);
      expect(line.grad_norm).toBeGreaterThan(0);
    });
    const last = join(run, 'checkpoints', readdirSync(join(run, 'checkpoints')).sort().at(-1) ?? '');
    for (const file of ['model.safetensors', 'optimizer.safetensors'])
      expect(readFileSync(join(saved, file)).equals(readFileSync(join(last, file)))).toBe(true);
  });

  it('leaves to the trainer what it does not do', () => {
    node(
      join(ROOT, 'bin/papo.js'),
      'train',
      '--name',
      'other',
      '--out',
      dir,
      ...[...SMALL, 'train.steps=1'].flatMap((s) => ['--set', s]),
      '--set',
      'dynamicSampling.enabled=true',
    );
    expect(() => ran(join(dir, 'other/config.yaml'))).toThrow(/dynamic sampling .* papo train/);
  });

  it('stays short enough to be read', () => {
    expect(readFileSync(LOOP, 'utf8').split('\n').length).toBeLessThan(200);
  });
});
