/** Asking a policy: the prompt is that of a run, answers are drawn as told, and what is wrong is one line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../src/data/builtin/make.ts';
import type { LoadedPolicy } from '../src/index.ts';
import { randomMask } from '../src/mask/kinds/random.ts';
import { openPolicy } from '../src/rollout/policy.ts';
import { promptMaker } from '../src/rollout/prompts.ts';
import { runConfig } from '../src/settings/run-config.ts';
import { builtPapo, isBuilt } from './built.ts';

const [row] = makeDataset({ seed: 1, rows: { train: 30, validation: 8, test: 8 }, tasks: ['count'] }).train;
const views = { masked: randomMask(0.6) };

describe.skipIf(!isBuilt)('a loaded policy', () => {
  let papo: Awaited<ReturnType<typeof builtPapo>>;
  let policy: LoadedPolicy;
  beforeAll(async () => {
    papo = await builtPapo();
    policy = await papo.loadPolicy({ engine: { threads: 1 }, rollout: { maxTokens: 40 } });
  });
  afterAll(() => policy.close());

  it('makes the prompt that a run makes, with the same views', async () => {
    const maker = promptMaker(openPolicy(runConfig()).text);
    const { prompt } = await maker.make(row, views, [1, 'mask', 0]);
    expect(await policy.prompt(row, views, [1, 'mask', 0])).toEqual(prompt);
  });

  it('sees pictures first where no mark says where they are', async () => {
    expect(row.problem.startsWith('<image>')).toBe(true);
    const bare = { problem: row.problem.replace('<image>', ''), images: row.images };
    expect((await policy.prompt(bare)).ids_L).toEqual((await policy.prompt(row)).ids_L);
    const text = await policy.prompt({ problem: 'What is 1 + 1?' });
    expect(text.views.original).toEqual([]);
  });

  it('answers the most likely way unless told', async () => {
    const [one] = await policy.answer(row);
    const [same, more] = await policy.answer(row, { samples: 2 });
    expect(same.text).toBe(one.text);
    expect(more.tokens_T).toEqual(one.tokens_T);
    expect(one.tokens_T.length).toBe(one.logprobs_T.length);
    expect(one.text).toBe(policy.text(one.tokens_T));
    const drawn = await policy.answer(row, { samples: 8, temperature: 1, seed: 'a', maxTokens: 12 });
    expect(new Set(drawn.map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(Math.max(...drawn.map(({ tokens_T }) => tokens_T.length))).toBeLessThanOrEqual(12);
  });

  it('refuses marks without pictures, and what is no picture', async () => {
    await expect(policy.answer({ problem: '<image>What is it?' })).rejects.toThrow(papo.DataError);
    await expect(policy.answer({ problem: 'What?', images: [Uint8Array.of(1, 2)] })).rejects.toThrow(
      papo.ImageError,
    );
  });

  it('is not opened from settings or a folder that are wrong', async () => {
    await expect(papo.loadPolicy({ policy: '/nowhere' })).rejects.toThrow(papo.CheckpointError);
    await expect(papo.loadPolicy(JSON.parse('{"rollout":{"sample":1}}'))).rejects.toThrow(
      new papo.ConfigError(
        'settings: rollout.sample: no such key; did you mean rollout.samples? (here are: prompts, samples, maxTokens, temperature, topP, views)',
      ),
    );
  });
});
