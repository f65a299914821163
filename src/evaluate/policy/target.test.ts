import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../errors.ts';
import { fakeRun } from './fake-run.testing.ts';
import { localTarget, targetOf } from './target.ts';

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
