import { describe, expect, it } from 'vitest';
import { makeReward } from '../reward/reward.ts';
import { fakeRows } from './fake-engine.testing.ts';
import { fakeRun, samplesOf, steadyMetrics } from './loop.testing.ts';

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
    expect(Number(steps(allowed.dir)[0].grad_norm)).toBeGreaterThan(0);
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
  const [first] = steps(run.dir);
  const half = Number(run.said.join('').match(/step 1: (\d) of 8 references/)?.[1]) / 8;
  // A response or two may have been taken for right, as MathRuler drops braces.
  expect(Number(first.unscored)).toBeGreaterThan(half - 0.1);
  expect(Number(first.unscored)).toBeLessThanOrEqual(half);
  expect(samplesOf(run.dir).some(({ answer, unscored }) => answer === '{' && unscored === true)).toBe(true);
  expect(samplesOf(run.dir).some(({ answer, unscored }) => answer !== '{' && unscored !== undefined)).toBe(
    false,
  );
});

describe('several rewards', () => {
  const further = { short: { kind: 'length', target: 4, slack: 4, weight: 0.5 } } as const;

  it('have a curve each, over what could be scored, and are in what is trained on', async () => {
    const reward = makeReward({
      formatWeight: 0,
      further: { ...further, letter: { kind: 'choice', weight: 9 } },
    });
    const rows = fakeRows(16).map((row, i) => (i % 2 ? row : { ...row, answer: 'B' }));
    const { dir, said: lines } = await fakeRun({ rows, set: SHORT, reward });
    const [first] = steps(dir);
    const [short, letter] = [Number(first['reward/short']), Number(first['reward/letter'])];
    expect(short).toBeGreaterThan(0);
    expect(short).toBeLessThan(1);
    // Those with a number as reference are left out of it, and not taken for wrong.
    expect(letter).toBe(0);
    expect(Number(first['reward/letter/unscored']) % 0.125).toBe(0);
    expect(Number(first['reward/letter/unscored'])).toBeGreaterThan(0);
    expect('reward/short/unscored' in first).toBe(false);
    expect(first.reward).toBeCloseTo(Number(first.accuracy) + 0.5 * short, 9);
    expect(said(lines, /could not be scored/)).toBeNull();
  });

  it('that can score nothing at all are named', async () => {
    const reward = makeReward({ further: { letter: { kind: 'choice', weight: 9 } } });
    const { dir, said: lines } = await fakeRun({ set: SHORT, reward });
    const [first] = steps(dir);
    expect(first['reward/letter/unscored']).toBe(1);
    expect('reward/letter' in first).toBe(false);
    expect(said(lines, /step 1: reward\/letter could not be scored for any response, so/)).not.toBeNull();
  });
});
