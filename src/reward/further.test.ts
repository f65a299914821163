/** Several rewards at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserFunctionError } from '../errors.ts';
import { GRADERS, makeReward, openReward, type RewardConfig } from './index.ts';

const right = '<think>1 + 1</think> \\boxed{2}';

describe('further rewards', () => {
  it('are added by their weights, and kept beside the main one', async () => {
    const further: RewardConfig['further'] = {
      form: { kind: 'format', weight: 0.5 },
      short: { kind: 'length', target: 10, slack: 10, weight: -0.2 },
      near: { kind: 'number', tolerance: { absolute: 1 }, weight: 2 },
      seen: { kind: 'choice', weight: 0 },
    };
    const reward = makeReward({ formatWeight: 0, further });
    expect(await reward({ response: right, answer: '3', tokens: 15 })).toEqual({
      overall: 0.5 - 0.1 + 2,
      accuracy: 0,
      format: 1,
      more: { form: 1, short: 0.5, near: 1, seen: null },
    });
    const plain = await makeReward({ formatWeight: 0 })({ response: right, answer: '2', tokens: 15 });
    expect(plain).toEqual({ overall: 1, accuracy: 1, format: 1 });
  });

  it('that cannot be scored add nothing, whatever their weight', async () => {
    const reward = makeReward({
      further: { short: { kind: 'length', target: 1, slack: 1, weight: 100 } },
    });
    expect(await reward({ response: right, answer: '2' })).toEqual({
      overall: 1,
      accuracy: 1,
      format: 1,
      more: { short: null },
    });
  });

  it('leave it to the main grader what is accurate, and whether that could be said', async () => {
    const reward = makeReward({ grader: 'number', further: { same: { kind: 'mathruler', weight: 1 } } });
    const got = await reward({ response: right, answer: 'two' });
    expect(got).toMatchObject({ accuracy: 0, unscored: true, more: { same: 0 } });
    expect(got.overall).toBeCloseTo(0.1, 12);
  });

  it('are refused by key, value and what is allowed', () => {
    const refused = (further: object) => () => makeReward({ further: further as RewardConfig['further'] });
    expect(refused({ x: { kind: 'best', weight: 1 } })).toThrow(
      `reward.further.x.kind is 'best'; choose one of function, ${GRADERS.map(({ name }) => name).join(', ')}`,
    );
    expect(refused({ x: { kind: 'equal' } })).toThrow(/^reward\.further\.x\.weight is undefined; /);
    expect(refused({ x: { kind: 'equal', weight: 1, target: 2 } })).toThrow(
      'reward.further.x.target: no such key',
    );
    expect(refused({ x: { kind: 'length', target: 1, slack: 0, weight: 1 } })).toThrow(
      /^reward\.further\.x\.slack is 0; /,
    );
    expect(refused({ 'a.b': { kind: 'equal', weight: 1 } })).toThrow(
      /further\.a\.b is .*; a name has letters, digits, - and _ only/,
    );
    expect(refused({ x: { kind: 'function', function: 'my.ts', weight: 1 } })).toThrow(
      "reward.further.x.kind is 'function': it is loaded from its file, by openReward",
    );
  });
});

describe("a person's own functions among them", () => {
  const dir = mkdtempSync(join(tmpdir(), 'further-'));
  beforeAll(() => {
    writeFileSync(
      join(dir, 'my.ts'),
      `type Input = { response: string; tokens?: number; row?: { id: string } };
       export const tokens = ({ tokens }: Input) => (tokens === undefined ? null : { overall: tokens, tokens, odd: null });
       export const half = async () => 0.5;
       export const score = ({ response }: Input) => ({ overall: 0.25, accuracy: 1, steps: response.length });
       export const two = () => 2;
       export const taken = () => ({ overall: 1, unscored: 1 });
       export const nothing = () => null;
       `,
    );
    writeFileSync(join(dir, 'slow.mjs'), 'export const hangs = () => new Promise(() => {});');
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const own = (name: string, weight: number, more = {}) =>
    ({ kind: 'function', function: `my.ts#${name}`, weight, ...more }) as const;

  it('run beside graders, each in a thread of its own', async () => {
    const reward = await openReward(
      { further: { tone: own('half', 0.4), size: own('tokens', 0.01), form: { kind: 'format', weight: 1 } } },
      dir,
    );
    try {
      const counted = await reward({ response: right, answer: '2', tokens: 20 });
      expect(counted.overall).toBeCloseTo(1 + 0.2 + 0.2 + 1, 12);
      expect(counted.more).toEqual({
        tone: 0.5,
        size: 20,
        'size/tokens': 20,
        'size/odd': null,
        form: 1,
      });
      const uncounted = await reward({ response: right, answer: '2' });
      expect(uncounted.overall).toBeCloseTo(1 + 0.2 + 1, 12);
      expect(uncounted.more).toEqual({ tone: 0.5, size: null, form: 1 });
    } finally {
      await reward.close?.();
    }
  });

  it('beside one that is the main reward', async () => {
    const reward = await openReward({ function: 'my.ts#score', further: { tone: own('half', 1) } }, dir);
    expect(await reward({ response: 'four', answer: '2' })).toEqual({
      overall: 0.75,
      accuracy: 1,
      format: 0,
      more: { steps: 4, tone: 0.5 },
    });
    await reward.close?.();
    const clash = await openReward({ function: 'my.ts#score', further: { steps: own('half', 1) } }, dir);
    await expect(clash({ response: 'four', answer: '2' })).rejects.toThrow(
      /^reward\.further\.steps: reward\.function gives a number of that name/,
    );
    await clash.close?.();
  });

  it('as the main reward may say that an answer cannot be graded', async () => {
    const reward = await openReward({ function: 'my.ts#nothing' }, dir);
    const got = await reward({ response: right, answer: '2' });
    expect(got).toEqual({ overall: 0, accuracy: 0, format: 0, unscored: true });
    await reward.close?.();
  });

  const slow = { kind: 'function', function: 'slow.mjs#hangs', weight: 1, timeout: 2 } as const;

  it('are named with their key where they fail, and end with the others', async () => {
    const reward = await openReward({ further: { bad: own('two', 1), slow } }, dir);
    const error = await Promise.resolve(reward({ response: right, answer: '2', row: { id: 'geo-1' } })).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(UserFunctionError);
    expect(error.message).toBe(
      'reward.further.bad.function my.ts#two, row geo-1: gave 2; a number alone lies from 0 to 1; for others return { overall }',
    );
    await reward.close?.();
    const taken = await openReward({ further: { mine: own('taken', 1) } }, dir);
    await expect(taken({ response: right, answer: '2' })).rejects.toThrow(/; unscored is what the share/);
    await taken.close?.();
    const hanging = await openReward({ further: { slow } }, dir);
    await expect(hanging({ response: right, answer: '2' })).rejects.toThrow(
      /reward\.further\.slow\.function slow\.mjs#hangs, answer "2": no answer for 2 s \(reward\.further\.slow\.timeout\)/,
    );
    await hanging.close?.();
    await expect(
      openReward({ grader: 'function', further: { tone: own('half', 1), gone: own('gone', 1) } }, dir),
    ).rejects.toThrow(/reward\.function is missing|reward\.further\.gone\.function my\.ts#gone: no function/);
  });
});
