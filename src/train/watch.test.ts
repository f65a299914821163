import { describe, expect, it } from 'vitest';
import { fakeRows } from './fake-engine.testing.ts';
import { fakeRun, steadyMetrics } from './loop.testing.ts';

const SHORT = ['train.steps=6', 'test.rows=0', 'validation.every=0', 'checkpoint.every=0'];
const wrongRows = (answer: string) => fakeRows(16).map((row) => ({ ...row, answer }));
const steps = (dir: string) => steadyMetrics(dir).filter((line) => line.kind === 'step');
const said = (lines: string[], pattern: RegExp) => lines.join('').match(pattern);

describe('a data set on which every answer is wrong', () => {
  it('is said in the first step and again when it lasts, with answers beside references', async () => {
    const run = await fakeRun({ rows: wrongRows('none of these'), set: SHORT });
    expect(
      said(run.said, /step 1: every answer is wrong: answer ".*", reference "none of these"/),
    ).not.toBeNull();
    expect(said(run.said, /step 5: every answer is wrong \(for 5 steps now\)/)).not.toBeNull();
    expect(said(run.said, /step 2: every answer/)).toBeNull();
  });

  it('moves nothing where no group has a variance, unless a setting allows it', async () => {
    // With the format worth nothing, every reward is 0.
    const set = [...SHORT, 'reward.formatWeight=0', 'objective.gamma=0.5'];
    const rows = wrongRows('none of these');
    const held = await fakeRun({ rows, set });
    const allowed = await fakeRun({ rows, set: [...set, 'train.updateWithoutSignal=true'] });
    const fresh = await fakeRun({ rows, set: [...set, 'train.steps=1'] });
    expect(steps(held.dir).every((l) => l.without_signal === 1 && l.grad_norm === 0)).toBe(true);
    expect(held.engine.table).toEqual(fresh.engine.table);
    expect(allowed.engine.table).not.toEqual(held.engine.table);
    expect(Number(steps(allowed.dir)[0]!.grad_norm)).toBeGreaterThan(0);
    expect(
      said(held.said, /step 1: all answers of each question got one reward.*was not updated/),
    ).not.toBeNull();
  });

  it('says nothing of it where answers differ', async () => {
    const run = await fakeRun({ set: SHORT });
    expect(said(run.said, /every answer|one reward|cannot be graded/)).toBeNull();
    expect(steps(run.dir).some((l) => 'without_signal' in l)).toBe(false);
  });
});

it('references that do not even equal themselves are named', async () => {
  const rows = fakeRows(16).map((row, i) => (i % 2 ? row : { ...row, answer: '{' }));
  const run = await fakeRun({ rows, set: SHORT });
  expect(said(run.said, /step 1: \d of 8 references cannot be graded.*"\{"/)).not.toBeNull();
});
