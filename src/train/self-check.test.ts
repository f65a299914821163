import { describe, expect, it } from 'vitest';
import { questions } from '../../bench/questions.ts';
import { openOnnxEngine } from '../engine/onnx/engine.ts';
import { LocalExecutor } from '../engine/onnx/executor.ts';
import type { Engine, SelfCheck } from '../engine/types.ts';
import { SelfCheckError } from '../errors.ts';
import type { GradedGroup } from '../rollout/rollout.ts';
import { FakeEngine } from './fake-engine.testing.ts';
import { fakeRun } from './loop.testing.ts';
import { selfCheck } from './self-check.ts';

const POLICY = new URL('../../assets/policies/looking', import.meta.url).pathname;

/** Two questions with what the shipped policy answers. */
async function graded(engine: Engine): Promise<GradedGroup[]> {
  const prompts = questions(POLICY, 2);
  const options = { samples: 4, maxTokens: 48, temperature: 1, topP: 1, seed: 'check' };
  const rollouts_PG = await engine.sample(prompts, options);
  return prompts.map(
    (prompt, p) =>
      ({ prompt, rollouts_G: rollouts_PG[p], views_G: Array(4).fill('original') }) as unknown as GradedGroup,
  );
}

describe('the self-check on the shipped policy', () => {
  it('passes, moves nothing, and sees far less than its limits', async () => {
    const engine = await openOnnxEngine({ checkpointDir: POLICY, inProcess: true });
    const groups = await graded(engine);
    const before = await engine.snapshot();
    let found: SelfCheck | undefined;
    const watched = {
      verify: async (...x: Parameters<typeof engine.verify>) => (found = await engine.verify(...x)),
    };
    await selfCheck(watched as unknown as Engine, groups, 1);
    expect(found!.repeat).toBe(0);
    expect(found!.slope).toBeLessThan(1e-3);
    for (const [p, group] of found!.logprobs.entries())
      for (const [k, logp] of group.entries())
        for (const [t, v] of logp.entries())
          expect(Math.abs(v - groups[p].rollouts_G[k].logprobs_T[t])).toBeLessThan(1e-4);
    const after = await engine.snapshot();
    for (const [name, p] of before.parameters) expect(after.parameters.get(name)!.data).toEqual(p.data);
    expect(
      (
        await engine.step({
          learningRate: 1,
          beta1: 0.9,
          beta2: 0.999,
          eps: 1e-8,
          weightDecay: 0,
          gradClip: 1,
        })
      ).gradNorm,
    ).toBe(0);
    await engine.close();
  });

  it('finds a sampler of another policy', async () => {
    const engine = await openOnnxEngine({ checkpointDir: POLICY, inProcess: true });
    const groups = await graded(engine);
    groups[0].rollouts_G[1].logprobs_T[3] -= 0.02;
    await expect(selfCheck(engine, groups, 1)).rejects.toThrow(
      /^self-check: the sampler's log-probabilities are up to 0\.020\d* nats from those of the training graph; .*engine\.provider=cpu/,
    );
    groups[0].rollouts_G[1].logprobs_T[3] = Number.NaN;
    await expect(selfCheck(engine, groups, 1)).rejects.toThrow(SelfCheckError);
    await engine.close();
  });

  it.each([
    [
      'that comes out short',
      (g: Float32Array) => g.map((v, i) => (i % 5 ? v : 0.5 * v)),
      /from the slope of the loss/,
    ],
    [
      'that changes from one time to the next',
      (g: Float32Array) => g.map((v) => v * (1 + 0.01 * Math.random())),
      /second evaluation/,
    ],
  ])('finds a gradient %s', async (_, spoil, message) => {
    const { differentiate } = LocalExecutor.prototype;
    LocalExecutor.prototype.differentiate = async function (...call) {
      const found = await differentiate.apply(this, call);
      for (const [name, g] of Object.entries(found.gradients)) found.gradients[name] = spoil(g);
      return found;
    };
    try {
      const engine = await openOnnxEngine({ checkpointDir: POLICY, inProcess: true });
      await expect(selfCheck(engine, await graded(engine), 1)).rejects.toThrow(message);
      await engine.close();
    } finally {
      LocalExecutor.prototype.differentiate = differentiate;
    }
  });
});

it('ends a run before its first update, unless it is switched off', async () => {
  class Wrong extends FakeEngine {
    verify = async (): Promise<SelfCheck> => ({ logprobs: [], repeat: 0.5, slope: 0 });
  }
  const engine = new Wrong();
  const first = structuredClone(engine.table);
  await expect(fakeRun({ engine, set: ['test.rows=0'] })).rejects.toThrow(
    /second evaluation .* differs by 50\.0 %/,
  );
  expect(engine.table).toEqual(first);
  const off = await fakeRun({
    engine: new Wrong(),
    set: ['test.rows=0', 'train.steps=1', 'engine.selfCheck=false'],
  });
  expect(off.outcome.state.step).toBe(1);
});
