/** No answer takes long or throws, whatever it is made of. */
import { describe, expect, it } from 'vitest';
import { ANSWER_GRADERS } from './graders/index.ts';
import { FAMILIES, hostileAnswer } from './hostile.testing.ts';
import { makeReward } from './reward.ts';

/** Milliseconds of the processor; of three tries the least, as the machine has other work. */
function cost(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && least > LIMIT / 3; i++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** 50 ms on a quiet machine, where the dearest call takes about 15; a busy one shares its caches too. */
const LIMIT = 150;

describe.each(ANSWER_GRADERS.map(({ name }) => name))('%s', (grader) => {
  const reward = makeReward({ grader });
  const light = grader === 'choice' || grader === 'number';
  const sizes = light ? [490] : [100, 1000, 4900];

  it('settles every hostile answer at once', () => {
    const slow: string[] = [];
    let calls = 0;
    for (const family of Object.keys(FAMILIES))
      for (const size of sizes)
        for (const seed of ['whole', 'damaged 1']) {
          const text = hostileAnswer(family, size, seed);
          for (const answer of ['12', `${text}+0`]) {
            const ms = cost(() => reward({ response: `<think>a</think>\\boxed{${text}}`, answer }));
            if (ms > LIMIT) slow.push(`${family} ${size} ${seed}: ${Math.round(ms)} ms`);
            calls++;
          }
        }
    expect(slow).toEqual([]);
    expect(calls).toBeGreaterThan(light ? 300 : 900);
  });
});

it('a response of a million characters is read at both ends', async () => {
  const reward = makeReward();
  for (const filling of ['<', ' < ', '\\boxed{', '\\boxed{1}', ' ', '(A)', '1,', '</think>']) {
    const middle = filling.repeat(1e6 / filling.length);
    expect(cost(() => reward({ response: middle, answer: '5' }))).toBeLessThan(LIMIT);
    const response = `<think>a</think>${middle}\\boxed{5}`;
    expect(await reward({ response, answer: '5' })).toMatchObject({ accuracy: 1, format: 1 });
  }
});

it('a root of a number beyond floating point is no fault', () => {
  const reward = makeReward();
  const response = `\\boxed{\\sqrt{${'7'.repeat(1000)}}}`;
  expect(reward({ response, answer: '\\sqrt{2}' })).toMatchObject({ accuracy: 0 });
});
