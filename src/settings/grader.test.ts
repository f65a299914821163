import { describe, expect, it } from 'vitest';
import { resolveConfig, setLayer } from './resolve.ts';

const rewardOf = (...set: string[]) => resolveConfig(set.map(setLayer)).reward;

describe('which grader counts', () => {
  it('naming a function is enough', () => {
    expect(rewardOf('reward.function=my.mjs#score')).toMatchObject({ grader: 'function' });
    expect(rewardOf('reward.formatWeight=0')).toMatchObject({ grader: 'mathruler', function: null });
  });

  it('of two places the later one counts', () => {
    const file = { from: 'run.yaml', values: { reward: { function: 'my.mjs#score' } } };
    expect(resolveConfig([file, setLayer('reward.grader=equal')]).reward).toMatchObject({
      grader: 'equal',
      function: null,
    });
    const graded = { from: 'run.yaml', values: { reward: { grader: 'equal' } } };
    expect(resolveConfig([graded, setLayer('reward.function=my.mjs#score')]).reward).toMatchObject({
      grader: 'function',
    });
  });

  it('one place that names a function and another grader is refused', () => {
    const both = { from: 'run.yaml', values: { reward: { function: 'my.mjs#score', grader: 'equal' } } };
    expect(() => resolveConfig([both])).toThrow(
      "run.yaml: reward.function names my.mjs#score but reward.grader is 'equal'; leave one of them out",
    );
  });
});
