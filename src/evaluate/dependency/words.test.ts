import { describe, expect, it } from 'vitest';
import { makeUndrawn } from '../../data/builtin/make.ts';
import { commonest, featuresOf, learnWords } from './words.ts';

const example = (text: string, answer: string, task?: string) => ({ text, answer, task });

describe('a predictor from words', () => {
  it('has runs of one to three words, marks of pictures left out', () => {
    expect(featuresOf('<image>Red  2?')).toEqual([
      '^',
      'red',
      '2',
      '?',
      '$',
      '^ red',
      'red 2',
      '2 ?',
      '? $',
      '^ red 2',
      'red 2 ?',
      '2 ? $',
    ]);
  });

  it('learns what the words say, and says nothing of what they do not', () => {
    const examples = Array.from({ length: 200 }, (_, i) =>
      example(`is it ${i % 2 ? 'red' : 'blue'} , ${i} ?`, i % 2 ? 'yes' : 'no'),
    );
    const say = learnWords(examples, 'seed');
    expect([say('is it red , 999 ?'), say('is it blue , 998 ?')]).toEqual(['yes', 'no']);
    expect(learnWords(examples, 'seed')('is it red , 5 ?')).toBe('yes');
    expect(learnWords([], 'seed')('is it red ?')).toBeUndefined();
  });

  it('finds little in built-in questions of which only the picture tells', () => {
    const made = (from: number, n: number) =>
      Array.from({ length: n }, (_, i) => {
        const { problem, answer, meta } = makeUndrawn('words', from + i, {
          tasks: ['count'],
          dependency: 'high',
        });
        return example(problem, answer, meta.task);
      });
    const [train, test] = [made(0, 600), made(600, 300)];
    const say = learnWords(train, 'seed');
    const right = test.filter(({ text, answer }) => say(text) === answer).length / test.length;
    expect(right).toBeLessThan(0.35);
  });
});

it('the commonest answer is that of the task', () => {
  const say = commonest([
    example('', '1', 'a'),
    example('', '2', 'a'),
    example('', '2', 'a'),
    example('', '5', 'b'),
    example('', '5'),
    example('', '5'),
  ]);
  expect([say('a'), say('b'), say('c'), say(undefined)]).toEqual(['2', '5', '5', '5']);
  expect(commonest([])('a')).toBeUndefined();
});
