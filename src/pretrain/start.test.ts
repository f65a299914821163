import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { readCheckpoint } from '../model/checkpoint.ts';
import { openPolicy } from '../rollout/policy.ts';
import { RunLock } from '../run/lock.ts';
import { resolveConfig, setLayer } from '../settings/resolve.ts';
import { tempDir } from '../train/loop.testing.ts';
import { weightsHash } from './pretrain.ts';
import { recipeSchema } from './recipe.ts';
import { smallPlan } from './small.testing.ts';
import { startPretraining } from './start.ts';

const make = async (dir: string, ...plan: Parameters<typeof smallPlan>) => {
  const said: string[] = [];
  const write = (text: string) => said.push(text);
  const status = await startPretraining(dir, smallPlan(...plan), { write }, true);
  return { status, said: said.join('') };
};
const recipeIn = (dir: string) => JSON.parse(readFileSync(join(dir, 'recipe.json'), 'utf8'));
const logIn = (dir: string) =>
  readFileSync(join(dir, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('papo pretrain', () => {
  const dir = join(tempDir(), 'parent', 'base');
  let said = '';

  beforeAll(async () => {
    ({ said } = await make(dir, 'looking', { steps: '2', seed: 'x' }));
  });

  it('leaves a policy that opens, without words on the form, beside the recipe that made it', () => {
    const record = recipeIn(dir);
    expect(record).toMatchObject({ name: 'looking', recipe: { seed: 'x', stages: [{ stop: 2 }] } });
    expect(record.recipe).toEqual(recipeSchema.parse(record.recipe));
    const policy = openPolicy(resolveConfig([setLayer(`policy=${dir}`)]));
    expect(policy.parameters).toBe(record.parameters);
    expect(policy.text.format.formatPrompt).toBe('');
    expect(said).toMatch(/step 2\/2 {2}loss \d.*accuracy/);
    expect(said).toContain(`papo train --policy ${dir}`);
  });

  it('keeps what it came to: at every report, and at the end with its own and another picture', () => {
    const log = logIn(dir);
    expect(log).toEqual([expect.objectContaining({ recipe: 'looking', stage: 1, step: 2 })]);
    const { end, reached } = recipeIn(dir);
    expect(end).toEqual(log[0]);
    expect(end).toMatchObject({ loss: expect.any(Number), seconds: expect.any(Number), format: 0 });
    expect(reached).toMatchObject({ questions: 4, samples: 2, questionsByTask: { count: 1, sum: 1 } });
    for (const { sampled, greedy } of [reached.picture, reached.otherPicture]) {
      expect(Object.keys(greedy.byTask)).toEqual(Object.keys(reached.questionsByTask));
      expect(sampled.entropy).toBeGreaterThan(1);
    }
  });

  it('follows first the recipe that another starts from, or starts from a policy that is named', async () => {
    const both = join(tempDir(), 'both');
    const { said } = await make(both, 'prior', { steps: '2', seed: 'x' });
    expect(said).toMatch(/looking: step 2\/2.*prior: step 2\/2/s);
    expect(logIn(both).map(({ recipe, step }) => [recipe, step])).toEqual([
      ['looking', 2],
      ['prior', 2],
    ]);
    const record = recipeIn(both);
    expect(record).toMatchObject({ name: 'prior', recipe: { seed: 'x-prior', from: 'looking' } });
    expect(record.before).toMatchObject([{ name: 'looking', recipe: { seed: 'x' }, end: { step: 2 } }]);

    const second = join(tempDir(), 'second');
    await make(second, 'prior', { steps: '2', seed: 'x', from: dir });
    const weights = (at: string) => readFileSync(join(at, 'model.safetensors'));
    expect(weights(second).equals(weights(both))).toBe(true);
    expect(weights(second).equals(weights(dir))).toBe(false);
    const from = { policy: dir, sha256: weightsHash(readCheckpoint(dir)) };
    expect(recipeIn(second)).toMatchObject({ name: 'prior', from });
    expect(recipeIn(second)).not.toHaveProperty('before');
  });

  it('leaves nothing where it is stopped, and says so', async () => {
    for (const there of [false, true]) {
      const parent = tempDir();
      const dir = join(parent, 'stopped');
      if (there) mkdirSync(dir);
      const said: string[] = [];
      const write = (text: string) => {
        if (text.includes('step 10/')) {
          expect(readdirSync(dir)).toEqual(['.partial']);
          process.emit('SIGINT');
        }
        said.push(text);
      };
      const plan = smallPlan('looking', { set: ['stages=[{steps: 30, learningRate: 0.001, describe: 1}]'] });
      expect(await startPretraining(dir, plan, { write }, true)).toBe(130);
      expect(said.join('')).toContain('SIGINT: stopping after what is being computed, without a policy');
      expect(said.join('')).toMatch(/stopped after step 10; nothing of it is left in .*stopped\n$/);
      expect(readdirSync(parent)).toEqual(there ? ['stopped'] : []);
      expect(there ? readdirSync(dir) : []).toEqual([]);
    }
  });

  it('takes over what a killed command left, but nothing from one that runs', async () => {
    const dir = tempDir();
    const aside = join(dir, '.partial');
    mkdirSync(aside);
    writeFileSync(
      join(aside, 'log.jsonl'),
      '{"recipe":"looking","step":10}\n{"recipe":"looking","step":20}\n',
    );
    writeFileSync(join(aside, 'config.json'), '{}');
    const { path } = RunLock.take(aside);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), pid: 2 ** 30 }));
    const other = '{"pid":1,"host":"another machine","since":"2026-11-20T10:00:00Z"}';
    writeFileSync(join(aside, 'lock-2'), other);
    await expect(make(dir, 'looking', { steps: '1' })).rejects.toThrow(
      `${aside}: process 1 on another machine works in this run since 2026-11-20 10:00:00 UTC`,
    );
    expect(readdirSync(aside).sort()).toEqual(['config.json', 'lock-1', 'lock-2', 'log.jsonl']);

    rmSync(join(aside, 'lock-2'));
    const { status, said } = await make(dir, 'looking', { steps: '1' });
    expect(status).toBe(0);
    expect(said).toContain(
      `${aside}: removed what a command that was killed had left (a log up to step 20)\npapo`,
    );
    expect(logIn(dir)).toHaveLength(1);
    expect(readdirSync(dir).filter((name) => /partial|lock-/.test(name))).toEqual([]);
  });

  it('writes over nothing, and finds out before the training what cannot be written or read', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'mine.txt'), 'mine');
    await expect(make(dir, 'looking')).rejects.toThrow(`${dir}: is not empty`);
    await expect(make(join(dir, 'mine.txt'), 'looking')).rejects.toThrow(
      'mine.txt: is no folder; name a new folder for the policy',
    );
    await expect(make('', 'looking')).rejects.toThrow('no folder is named');
    const from = join(dir, 'no-policy');
    await expect(make(join(dir, 'new'), 'prior', { from })).rejects.toThrow(CheckpointError);
    expect(readdirSync(dir)).toEqual(['mine.txt']);
    if (process.platform === 'linux')
      await expect(make('/proc/papo/x', 'looking', { steps: '1' })).rejects.toThrow(
        /^\/proc\/papo\/x: cannot be written \(ENOENT\)/,
      );
  });
});
