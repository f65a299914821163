import { describe, expect, it } from 'vitest';
import { collectGroups, keepGroups } from './dynamic.ts';
import { fakeRows } from './fake-engine.testing.ts';
import { fakeRun, steadyMetrics } from './loop.testing.ts';

const rules = { enabled: true, low: 0.01, high: 0.99, maxTries: 5 };
/** Groups are named by what they got. */
const collect = (rounds: number[][][], wanted: number, options = rules) =>
  collectGroups(
    async (attempt) => rounds[attempt],
    (group) => group,
    wanted,
    options,
  );
const mixed = [0, 1];
const right = [1, 1];
const wrong = [0, 0];

describe('collectGroups', () => {
  it('draws on until enough groups are neither all right nor all wrong', async () => {
    const got = await collect([[mixed, right], [wrong, mixed], [mixed]], 3);
    expect(got).toMatchObject({ kept: [mixed, mixed, mixed], tries: 3, discarded: 2, surplus: 0 });
  });

  it('counts what is more than wanted', async () => {
    const got = await collect(
      [
        [mixed, mixed, right],
        [mixed, mixed],
      ],
      3,
    );
    expect(got).toMatchObject({ tries: 2, discarded: 1, surplus: 1 });
    expect(got.kept).toHaveLength(3);
  });

  it('keeps a round whole of which nothing would be kept', async () => {
    const got = await collect([[right, wrong], [mixed]], 3);
    expect(got).toMatchObject({ kept: [right, wrong, mixed], tries: 2, discarded: 0, wholeRounds: 1 });
  });

  it('gives up after maxTries and goes on with what there is', async () => {
    const rounds = Array.from({ length: 9 }, () => [mixed, right]);
    const got = await collect(rounds, 100);
    expect(got).toMatchObject({ tries: 5, discarded: 5, surplus: 0 });
    expect(got.kept).toHaveLength(5);
  });

  it('takes one round as it is where it is switched off', async () => {
    const got = await collect([[right, wrong, mixed]], 3, { ...rules, enabled: false });
    expect(got).toMatchObject({ kept: [right, wrong, mixed], tries: 1, discarded: 0, wholeRounds: 0 });
  });

  it('holds the interval open on both sides', async () => {
    const quarter = [0, 0, 0, 1];
    const got = await collect([[quarter, mixed], [mixed]], 2, { ...rules, low: 0.25, high: 0.75 });
    expect(got.kept).toEqual([mixed, mixed]);
  });
});

describe('in a run', () => {
  it('refills from further questions and logs what was thrown away', async () => {
    const set = ['preset=dapo', 'rollout.samples=4', 'train.steps=4', 'test.rows=0', 'validation.every=0'];
    const { dir, outcome } = await fakeRun({ set, rows: fakeRows(64) });
    const lines = steadyMetrics(dir);
    let drawn = 0;
    for (const line of lines) {
      const { groups, groups_sampled, groups_discarded, groups_surplus, sampling_rounds } = line;
      expect(groups).toBe(8);
      expect(groups_sampled).toBe(8 * Number(sampling_rounds));
      expect(Number(groups) + Number(groups_discarded) + Number(groups_surplus)).toBe(groups_sampled);
      drawn += Number(groups_sampled);
    }
    expect(drawn).toBeGreaterThan(4 * 8);
    expect(outcome.state.position).toBe(drawn);
    expect(outcome.state.totals.discardedGroups).toBe(
      lines.reduce((n, line) => n + Number(line.groups_discarded), 0),
    );
  });

  it('draws as many questions a round as it is told', async () => {
    const set = ['preset=dapo', 'dynamicSampling.promptsPerRound=3', 'train.steps=1', 'test.rows=0'];
    const { dir } = await fakeRun({ set });
    const [line] = steadyMetrics(dir).filter((l) => l.kind === 'step');
    expect(Number(line.sampling_rounds)).toBeGreaterThan(2);
    expect(line.groups_sampled).toBe(3 * Number(line.sampling_rounds));
    expect(line.groups).toBe(8);
  });
});

describe('which groups are kept', () => {
  it('keeps groups strictly inside the interval', () => {
    expect(
      keepGroups(
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
        0.01,
        0.99,
      ),
    ).toEqual([1, 3]);
    expect(keepGroups([[0.5], [0.25]], 0.25, 0.5)).toEqual([0, 1]);
  });
  it('keeps a round whole that would keep nothing, as the public code does', () => {
    expect(
      keepGroups(
        [
          [0, 0],
          [1, 1],
        ],
        0.01,
        0.99,
      ),
    ).toEqual([0, 1]);
  });
});
