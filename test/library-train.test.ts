/** A run that a program starts: it says what the command says, stops where it is told to, and goes on. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSettings } from '../src/index.ts';
import { readJsonl } from '../src/metrics/jsonl.ts';
import { builtPapo, isBuilt } from './built.ts';

const out = mkdtempSync(join(tmpdir(), 'papo-train-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const settings: RunSettings = {
  out,
  data: { builtin: { train: 24, validation: 8, test: 8 } },
  rollout: { prompts: 4, samples: 4, maxTokens: 32 },
  train: { steps: 2, miniBatches: 1 },
  test: { rows: 0 },
  validation: { every: 0 },
};

describe.skipIf(!isBuilt)('train', () => {
  let train: Awaited<ReturnType<typeof builtPapo>>['train'];
  beforeAll(async () => {
    ({ train } = await builtPapo());
  });

  it('stops after the step that is computed, and goes on to the same numbers', async () => {
    const said: string[] = [];
    const controller = new AbortController();
    const say = (line: string) => {
      said.push(line);
      if (line.startsWith('step 1/2')) controller.abort('SIGINT');
    };
    const stopped = await train({ ...settings, name: 'stopped' }, { say, signal: controller.signal });
    expect(stopped).toEqual({
      dir: join(out, 'stopped'),
      steps: 1,
      checkpoint: join(out, 'stopped/checkpoints/step-000001'),
      before: null,
      after: null,
      interrupted: true,
    });
    expect(said[0]).toMatch(/^papo \d/);
    expect(said.every((line) => !line.endsWith('\n'))).toBe(true);
    const resumed = await train({}, { resume: stopped.dir });
    expect(resumed).toMatchObject({ steps: 2, interrupted: false });
    const whole = await train({ ...settings, name: 'whole' });
    const numbers = (dir: string) =>
      readJsonl(join(dir, 'metrics.jsonl')).map(({ reward, loss, grad_norm }) => [reward, loss, grad_norm]);
    expect(numbers(whole.dir)).toEqual(numbers(resumed.dir));
    expect(numbers(whole.dir)).toHaveLength(2);
  });

  it('leaves the signals of the process alone, and no folder where it cannot start', async () => {
    const before = process.listenerCount('SIGINT');
    await expect(train({ ...settings, name: 'bad', policy: '/nowhere' })).rejects.toThrow(/nowhere/);
    expect(existsSync(join(out, 'bad'))).toBe(false);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
