/** Settings of a program: sources over each other, files and objects alike. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { presetConfig } from './preset-layer.ts';
import { runConfig } from './run-config.ts';

const dir = mkdtempSync(join(tmpdir(), 'papo-settings-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'run.yaml');

it('lays sources over each other, later over earlier', () => {
  writeFileSync(file, 'preset: grpo\nseed: 5\ndata: { dir: rows }\n');
  expect(runConfig()).toEqual(presetConfig('papo-g', 'tiny'));
  const config = runConfig(file, { seed: 6, rollout: { samples: 4 } });
  expect(config).toMatchObject({ preset: 'grpo', seed: 6, data: { dir: join(dir, 'rows') } });
  expect(config.rollout).toEqual({ ...runConfig({ preset: 'grpo' }).rollout, samples: 4 });
  expect(runConfig({ seed: 6 }, file).seed).toBe(5);
});

it('takes complete settings as they are', () => {
  const config = runConfig({
    preset: 'papo-d',
    objective: { gamma: 0.5 },
    reward: { function: 'mine.ts#score' },
  });
  expect(runConfig(config)).toEqual(config);
  expect(config.reward.grader).toBe('function');
});

it('names the source of what is wrong', () => {
  expect(() => runConfig(JSON.parse('{"preset":"papo"}'))).toThrow(/^settings: preset: "papo" is given/);
  expect(() => runConfig(join(dir, 'none.yaml'))).toThrow(ConfigError);
  writeFileSync(file, 'seeds: 5\n');
  expect(() => runConfig(file)).toThrow(`${file}: seeds: no such key; did you mean seed?`);
});
