import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { setLayer } from '../../settings/resolve.ts';
import { fakeRun } from '../policy/fake-run.testing.ts';
import { targetOf } from '../policy/target.ts';
import { askingOf } from './settings.ts';

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
