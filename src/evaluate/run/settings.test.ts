import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CheckpointError, ConfigError } from '../../errors.ts';
import { policyFolder } from '../../model/shipped.ts';
import { configYaml } from '../../settings/describe.ts';
import { setLayer } from '../../settings/resolve.ts';
import { runConfig } from '../../settings/run-config.ts';
import { localTarget, targetOf } from '../policy/target.ts';
import { askingOf } from './settings.ts';

/** A run as training leaves it, with checkpoints of these steps and what validation said of them. */
function fakeRun(steps: readonly number[], accuracies: Record<number, number>): string {
  const dir = mkdtempSync(join(tmpdir(), 'run-'));
  const config = runConfig({ rollout: { maxTokens: 48, topP: 0.9 }, data: { maxPixels: 50_000 } });
  writeFileSync(join(dir, 'config.yaml'), configYaml(config, { comments: false }));
  for (const step of steps) {
    const to = join(dir, 'checkpoints', `step-${String(step).padStart(6, '0')}`);
    mkdirSync(to, { recursive: true });
    cpSync(policyFolder('builtin:prior'), to, { recursive: true });
  }
  const lines = Object.entries(accuracies).map(([step, accuracy]) =>
    JSON.stringify({ kind: 'validation', step: Number(step), accuracy }),
  );
  writeFileSync(join(dir, 'metrics.jsonl'), lines.map((line) => `${line}\n`).join(''));
  return dir;
}

describe('targetOf', () => {
  test('of a run, the checkpoint that did best in validation; the newest where none was validated', () => {
    const rated = fakeRun([20, 40, 60], { 0: 0.9, 20: 0.5, 40: 0.6, 60: 0.4 });
    expect(localTarget(rated)).toMatchObject({
      policy: join(rated, 'checkpoints', 'step-000040'),
      description: `${rated} (step 40, the best in validation (60.0 %))`,
    });
    const plain = fakeRun([20, 40], {});
    expect(localTarget(plain).description).toBe(`${plain} (step 40, the newest)`);
    expect(() => localTarget(fakeRun([], {}))).toThrow(CheckpointError);
  });

  test('an address is a server, anything else a policy', () => {
    expect(targetOf('http://127.0.0.1:8000/v1/')).toEqual({
      kind: 'server',
      url: 'http://127.0.0.1:8000/v1',
    });
    expect(targetOf('builtin:prior')).toMatchObject({ kind: 'local', policy: 'builtin:prior' });
  });
});

describe('askingOf', () => {
  test.each(['run', 'checkpoint'])('a %s is asked as it was trained', (what) => {
    const run = fakeRun([20], {});
    const given = what === 'run' ? run : join(run, 'checkpoints', 'step-000020');
    const { sampling, config, differs, trained } = askingOf(targetOf(given));
    expect(sampling).toEqual({ temperature: 1, topP: 0.9, topK: 0, maxTokens: 48 });
    expect(config.data.maxPixels).toBe(50_000);
    expect(config.policy).toContain('step-000020');
    expect(differs).toEqual([]);
    expect(trained).toContain('config.yaml');
  });

  test('what is said otherwise is told of', () => {
    const layers = [setLayer('data.systemPrompt=Look!'), setLayer('rollout.maxTokens=99')];
    const { sampling, config, differs } = askingOf(targetOf('builtin:prior'), {
      temperature: 0.5,
      topK: 50,
      layers,
    });
    expect(sampling).toEqual({ temperature: 0.5, topP: 1, topK: 50, maxTokens: 99 });
    expect(config.data.systemPrompt).toBe('Look!');
    expect(differs).toEqual([
      'temperature 0.5 (in training 1)',
      'topK 50 (in training 0)',
      'maxTokens 99 (in training 80)',
      'data.systemPrompt "Look!" (in training "")',
    ]);
  });

  test('a server is asked as the policies of the paper are, unless a config says more', () => {
    const { sampling, trained } = askingOf(targetOf('http://127.0.0.1:1/v1'));
    expect(sampling).toEqual({ temperature: 1, topP: 0.99, topK: 0, maxTokens: 2048 });
    expect(trained).toBe("the paper's (size 3b)");
  });

  test('no policy and no setting of that name, in one line', () => {
    expect(() => askingOf(targetOf('builtin:none'))).toThrow(/no such policy in the package/);
    expect(() => askingOf(targetOf('nowhere'))).toThrow(/^nowhere: no such folder/);
    expect(() => askingOf(targetOf('builtin:prior'), { layers: [setLayer('data.none=1')] })).toThrow(
      ConfigError,
    );
  });
});
