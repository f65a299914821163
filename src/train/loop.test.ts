import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '../run/checkpoint.ts';
import { FakeEngine, fakeRows } from './fake-engine.testing.ts';
import { fakeRun, samplesOf, steadyMetrics, tempDir } from './loop.testing.ts';
import { percent } from './progress.ts';
import { summary } from './summary.ts';

const steps = (dir: string) => steadyMetrics(dir).filter((line) => line.kind === 'step');

describe('the loop', () => {
  it('learns, and says so before and after, by kind of question', async () => {
    const { outcome, dir } = await fakeRun();
    const { before, after } = outcome;
    expect(before!.all.sampled).toBeLessThan(0.45);
    expect(after!.all.sampled).toBeGreaterThan(before!.all.sampled + 0.3);
    expect(after!.all.greedy).toBeGreaterThan(0.9);
    expect(Object.keys(after!.kinds)).toEqual(['large', 'small']);
    const lines = steadyMetrics(dir);
    expect(lines.map((l) => `${l.kind} ${l.step}`)).toEqual([
      'test 0',
      'validation 0',
      ...[1, 2, 3, 4].map((s) => `step ${s}`),
      'validation 4',
      ...[5, 6, 7, 8].map((s) => `step ${s}`),
      'validation 8',
      ...[9, 10, 11, 12].map((s) => `step ${s}`),
      'validation 12',
      'test 12',
    ]);
  });

  it('writes what a step was like', async () => {
    const { dir } = await fakeRun({ set: ['train.steps=2', 'test.rows=0'] });
    const [first, second] = steps(dir);
    for (const name of [
      'reward accuracy format kl_prcp kl_ref entropy entropy_masked clip_ratio_high clip_ratio_low grad_norm',
      'learning_rate response_length truncated groups groups_sampled groups_discarded masked_unchanged',
      'skipped_steps skipped_rows gamma beta',
    ].flatMap((names) => names.split(' ')))
      expect(first[name], name).toBeTypeOf('number');
    expect(first).toMatchObject({ groups: 8, groups_sampled: 8, gamma: 0.02, beta: 0.01, skipped_rows: 0 });
    // The sampler is the reference at first; afterwards it has moved away.
    expect(first.reward).toBeCloseTo(0.9 * Number(first.accuracy) + 0.1 * Number(first.format), 9);
    expect(Number(second.kl_ref)).toBeGreaterThan(Number(first.kl_ref));
    expect(samplesOf(dir)).toHaveLength(2 * 4);
    expect(samplesOf(dir)[0]).toMatchObject({ step: 1, view: 'original', response: expect.any(String) });
    expect(readdirSync(dir).some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
  });

  it("writes the further numbers of a person's reward, as means and beside each response", async () => {
    const reward = ({ response }: { response: string }) => ({
      overall: response.length / 100,
      accuracy: 0.5,
      format: 1,
      more: { length: response.length, ...(response.includes('1') ? { ones: 1 } : {}) },
    });
    const set = ['train.steps=1', 'test.rows=0', 'logging.samples=8'];
    const { dir } = await fakeRun({ set, reward });
    const [first] = steps(dir);
    expect(first['reward/ones']).toBe(1);
    expect(first['reward/length']).toBeCloseTo(100 * Number(first.reward), 9);
    for (const sample of samplesOf(dir)) expect(sample['reward/length']).toBe(String(sample.response).length);
  });

  it('scores neither reference nor masked view where no coefficient asks for them', async () => {
    const engine = new FakeEngine();
    const verbs: string[] = [];
    engine.before = (verb) => verbs.push(verb);
    const set = [
      'preset=grpo',
      'objective.beta=0',
      'logging.klPrcpEvery=2',
      'train.steps=4',
      'test.rows=0',
      'validation.every=0',
    ];
    const { dir } = await fakeRun({ engine, set });
    // KL_prcp is measured in steps 1, 2 and 4, where it is one more forward pass and no part of the loss.
    expect(verbs.filter((v) => v === 'score')).toHaveLength(3);
    expect(steps(dir).map((line) => 'kl_prcp' in line)).toEqual([true, true, false, true]);
    expect(steps(dir).every((line) => !('kl_ref' in line))).toBe(true);
  });

  it('gives γ = 0 the very numbers of GRPO', async () => {
    const set = ['train.steps=3', 'test.rows=0', 'logging.klPrcpEvery=0'];
    const [papo, grpo] = await Promise.all([
      fakeRun({ set: [...set, 'objective.gamma=0'] }),
      fakeRun({ set: [...set, 'preset=grpo'] }),
    ]);
    expect(steps(papo.dir)).toEqual(steps(grpo.dir));
    expect(papo.engine.table).toEqual(grpo.engine.table);
  });

  it('moves the policy with the masked view', async () => {
    const set = ['train.steps=3', 'test.rows=0'];
    const [without, off, on] = await Promise.all([
      fakeRun({ set: [...set, 'objective.gamma=0'] }),
      fakeRun({ set: [...set, 'objective.gamma=0.5'] }),
      fakeRun({ set: [...set, 'objective.gamma=0.5', 'objective.maskedGradient=on'] }),
    ]);
    expect(off.engine.table).not.toEqual(without.engine.table);
    expect(on.engine.table).not.toEqual(off.engine.table);
  });

  it('runs every preset', async () => {
    for (const preset of ['dapo', 'papo-d', 'papo-g-no-ref', 'vppo', 'noisy-rollout', 'dvrp']) {
      const { dir } = await fakeRun({ set: [`preset=${preset}`, 'train.steps=2', 'test.rows=0'] });
      expect(steps(dir), preset).toHaveLength(2);
      for (const line of steps(dir)) expect(Number.isFinite(line.reward), preset).toBe(true);
    }
    for (const advantage of ['dr-grpo', 'rloo', 'reinforce++', 'remax']) {
      const { dir } = await fakeRun({
        set: [`objective.advantage=${advantage}`, 'train.steps=1', 'test.rows=0'],
      });
      expect(steps(dir), advantage).toHaveLength(1);
    }
  });

  it('draws a share of the rollouts from the noised view, and takes their old log-probabilities under the original', async () => {
    const { dir } = await fakeRun({
      set: ['preset=noisy-rollout', 'train.steps=2', 'test.rows=0', 'logging.samples=8'],
    });
    const views = new Set(samplesOf(dir).map((s) => s.view));
    expect(views).toEqual(new Set(['original', 'noised']));
    // Off-policy tokens: the ratio of a first update is still 1, as old and new are under one view.
    const [first] = steps(dir);
    expect(Math.abs(Number(first.ppo_kl))).toBeLessThan(0.01);
  });

  it('warms the learning rate up', async () => {
    const { dir } = await fakeRun({ set: ['train.steps=4', 'test.rows=0', 'optimizer.warmupSteps=3'] });
    expect(steps(dir).map((l) => Number(l.learning_rate))).toEqual([0.025, 0.05, 0.07500000000000001, 0.1]);
  });

  it('anneals γ over the run', async () => {
    const set = [
      'train.steps=4',
      'test.rows=0',
      'objective.gammaSchedule={kind: linear, end: 0, fraction: 0.5}',
    ];
    const { dir } = await fakeRun({ set });
    expect(steps(dir).map((l) => l.gamma)).toEqual([0.02, 0.01, 0, 0]);
  });

  it('stops where the masked view changes nothing and says so', async () => {
    const rows = fakeRows(16).map((row) => ({ ...row, images: [Uint8Array.of(0)] }));
    const { said, outcome } = await fakeRun({ rows, set: ['train.steps=1', 'test.rows=0'] });
    expect(said.join('')).toContain('the masked view equals the original for all 8 questions');
    expect(outcome.state.totals.maskedUnchanged).toBe(8);
  });
});

describe('rows without pictures', () => {
  const set = ['train.steps=3', 'test.rows=0', 'validation.every=0'];
  const bare = (row: ReturnType<typeof fakeRows>[number]) => ({ ...row, problem: 'Which?', images: [] });

  it('are trained on beside the others, counted, and have no masked view', async () => {
    const rows = fakeRows(16).map((row, i) => (i % 2 === 0 ? bare(row) : row));
    const { dir, source } = await fakeRun({ rows, set });
    expect(source.report.textOnly).toBe(8);
    const counts = steps(dir).map((l) => Number(l.text_only ?? 0));
    expect(counts.reduce((a, b) => a + b, 0)).toBeGreaterThan(4);
    expect(steps(dir).every((l) => Number(l.kl_prcp) > 0 && l.groups === 8)).toBe(true);
  });

  it('alone have no KL_prcp, and nobody is told that the mask does nothing', async () => {
    const { dir, said } = await fakeRun({ rows: fakeRows(16).map(bare), set });
    for (const line of steps(dir)) expect(line).toMatchObject({ text_only: 8, kl_prcp: 0 });
    expect(steps(dir)[0]).not.toHaveProperty('masked_unchanged');
    expect(said.join('')).not.toContain('masked view');
  });

  it('pass through dynamic sampling and scoring of further views like any other', async () => {
    const rows = fakeRows(16).map((row, i) => (i % 2 === 0 ? bare(row) : row));
    const more = ['dynamicSampling.enabled=true', 'rollout.views.noised=0.5', 'objective.advantage=remax'];
    const { dir } = await fakeRun({ rows, set: [...set, ...more] });
    for (const line of steps(dir)) expect(Number.isFinite(line.loss)).toBe(true);
  });
});

describe('rows that cannot be used', () => {
  const broken = (row: ReturnType<typeof fakeRows>[number]) => ({ ...row, images: [Uint8Array.of(255)] });

  it('are skipped, counted and told of once', async () => {
    const rows = fakeRows(40).map((row, i) => (i % 10 === 3 ? broken(row) : row));
    const { outcome, dir, source, skips } = await fakeRun({ rows, set: ['train.steps=10', 'test.rows=0'] });
    expect(outcome.state.totals.skippedRows).toBeGreaterThanOrEqual(8);
    expect(steps(dir).reduce((n, l) => n + Number(l.skipped_rows), 0)).toBe(outcome.state.totals.skippedRows);
    expect(source.report.skipped).toEqual({ 'unreadable image': 4 });
    expect(skips).toHaveLength(4);
    expect(steps(dir).every((l) => l.groups === 8)).toBe(true);
  });

  it('end the run where a whole batch of them comes', async () => {
    await expect(fakeRun({ rows: fakeRows(20).map(broken), set: ['test.rows=0'] })).rejects.toThrow(
      /^data: 8 rows one after another cannot be used; the last: row row-\d+, image 1: broken/,
    );
  });
});

/** Aborts at the n-th call of a verb, or kills the run there. */
const at = (verb: string, n: number, action: () => void) => {
  const engine = new FakeEngine();
  let calls = 0;
  engine.before = (called) => {
    if (called === verb && ++calls === n) action();
  };
  return engine;
};

describe('a run that is stopped', () => {
  it.each([
    // The test samples six times and scores once, a validation or a step samples once; the numbers spread over a run.
    ['sample', 1],
    ['sample', 4],
    ['score', 1],
    ['sample', 8],
    ['score', 6],
    ['accumulate', 9],
    ['step', 7],
    ['sample', 15],
    ['sample', 24],
  ])('by an abort at %s %i goes on to the same metrics', async (verb, n) => {
    const whole = await fakeRun();
    const dir = tempDir();
    const controller = new AbortController();
    const first = await fakeRun({
      dir,
      signal: controller.signal,
      engine: at(verb, n, () => controller.abort()),
    });
    expect(first.outcome.interrupted).toBe(true);
    // A run that was stopped before its first step leaves nothing behind.
    expect(existsSync(dir)).toBe(first.outcome.state.step > 0);
    const second = await fakeRun({ dir, resume: existsSync(dir) });
    expect(second.outcome.interrupted).toBe(false);
    expect(steadyMetrics(dir)).toEqual(steadyMetrics(whole.dir));
    expect(samplesOf(dir)).toEqual(samplesOf(whole.dir));
    expect(second.engine.table).toEqual(whole.engine.table);
    expect(second.outcome.before).toEqual(whole.outcome.before);
    expect(second.outcome.state.best).toEqual(whole.outcome.state.best);
  });

  it.each([
    ['sample', 12],
    ['step', 13],
    ['save', 2],
  ])('by a kill at %s %i goes on from the last checkpoint to the same metrics', async (verb, n) => {
    const set = [
      'preset=papo-d',
      'objective.betaSchedule={kind: adaptive, target: 0.01}',
      'objective.beta=0.05',
    ];
    const whole = await fakeRun({ set });
    const dir = tempDir();
    const killed = at(verb, n, () => {
      throw new Error('killed');
    });
    await expect(fakeRun({ dir, set, engine: killed })).rejects.toThrow('killed');
    const second = await fakeRun({ dir, set, resume: true });
    expect(steadyMetrics(dir)).toEqual(steadyMetrics(whole.dir));
    expect(samplesOf(dir)).toEqual(samplesOf(whole.dir));
    expect(second.engine.table).toEqual(whole.engine.table);
  });

  it('asks the test questions once more where it had ended already, and doubles no line', async () => {
    const { dir, outcome } = await fakeRun();
    const before = steadyMetrics(dir);
    const again = await fakeRun({ dir, resume: true });
    expect(again.outcome.after).toEqual(outcome.after);
    expect(steadyMetrics(dir)).toEqual(before);
  });

  it('saves at once what it has', async () => {
    const controller = new AbortController();
    const engine = at('score', 6, () => controller.abort());
    const { outcome, dir } = await fakeRun({ signal: controller.signal, engine });
    expect(outcome.state.step).toBe(2);
    expect(outcome.checkpoint).toBe(join(dir, 'checkpoints', 'step-000002'));
    const state = JSON.parse(readFileSync(join(outcome.checkpoint!, 'state.json'), 'utf8'));
    expect(state).toMatchObject({ step: 2, position: 16, rows: 40 });
  });
});

describe('checkpoints', () => {
  it('are kept: the newest, and the best in validation', async () => {
    const { dir, outcome } = await fakeRun({ set: ['checkpoint={every: 1, keep: 2}', 'validation.every=1'] });
    const names = readdirSync(join(dir, 'checkpoints'));
    const best = `step-${String(outcome.state.best!.step).padStart(6, '0')}`;
    expect(new Set(names)).toEqual(new Set(['step-000011', 'step-000012', best]));
  });

  it('are written whenever validation is the best so far, and the summary names what is there', async () => {
    const engine = new FakeEngine();
    const saved: number[] = [];
    const save = engine.save.bind(engine);
    engine.save = async (to) => {
      saved.push(Number(to.split('-').at(-1)));
      await save(to);
    };
    const { dir, outcome, config } = await fakeRun({
      engine,
      set: ['checkpoint={every: 0, keep: 1}', 'validation.every=1', 'test.rows=0'],
    });
    let best = -1;
    const rising = steadyMetrics(dir).filter(({ kind, step, accuracy }) => {
      if (kind !== 'validation' || step === 0 || Number(accuracy) <= best) return false;
      best = Number(accuracy);
      return true;
    });
    expect(saved).toEqual([...new Set([...rising.map(({ step }) => Number(step)), 12])]);
    expect(outcome.state.best).toEqual({ step: rising.at(-1)!.step, accuracy: best });
    const store = new CheckpointStore(dir);
    const path = store.pathOf(outcome.state.best!.step);
    expect(existsSync(path)).toBe(true);
    const where = path === store.pathOf(12) ? 'the same' : path;
    expect(summary(dir, config, outcome)).toContain(
      `best         ${where} (step ${rising.at(-1)!.step}, ${percent(best)} in validation)`,
    );
    rmSync(join(dir, 'samples.jsonl'));
    rmSync(store.pathOf(outcome.state.best!.step), { recursive: true });
    const text = summary(dir, config, { ...outcome, checkpoint: undefined });
    expect(text).toContain('best         not kept (step');
    expect(text).not.toMatch(/samples\.jsonl|policy {2}/);
  });

  it('that were saved before their validation learn of it when the run is taken up', async () => {
    const dir = tempDir();
    const controller = new AbortController();
    const set = ['validation.every=1', 'test.rows=0', 'train.steps=3'];
    // Within the last move of step 1.
    const engine = at('step', 2, () => controller.abort());
    const first = await fakeRun({ dir, set, engine, signal: controller.signal });
    expect(first.outcome.state).toMatchObject({ step: 1, best: null });
    const stop = at('sample', 2, () => {
      throw new Error('killed');
    });
    await expect(fakeRun({ dir, resume: true, engine: stop })).rejects.toThrow('killed');
    const found = await new CheckpointStore(dir).newestSound((text) => expect.fail(text));
    const accuracy = steadyMetrics(dir).find((l) => l.kind === 'validation' && l.step === 1)!.accuracy;
    expect(found).toMatchObject({ step: 1, state: { best: { step: 1, accuracy } } });
  });

  it('hold the policy of their step', async () => {
    const { dir, engine } = await fakeRun();
    const loaded = new FakeEngine();
    await loaded.load(join(dir, 'checkpoints', 'step-000012'));
    expect(loaded.table).toEqual(engine.table);
    expect(existsSync(join(dir, 'checkpoints', 'step-000012', 'state.json'))).toBe(true);
  });
});
