import { describe, expect, it } from 'vitest';
import { makeUndrawn } from '../builtin/make.ts';
import { trace } from '../builtin/trace.ts';
import { DIFFICULTIES } from './shared/difficulty.ts';

const rows = Array.from({ length: 2100 }, (_, i) =>
  makeUndrawn('total', i, { tasks: ['total'], difficulty: DIFFICULTIES[i % 3] }),
);

describe('the total of all bars', () => {
  it('is each of those that a level allows, about equally often', () => {
    DIFFICULTIES.forEach((difficulty, level) => {
      const [low, high] = { easy: [4, 12], medium: [4, 24], hard: [12, 24] }[difficulty];
      const counts = new Map<string, number>();
      for (let i = level; i < rows.length; i += 3)
        counts.set(rows[i].answer, (counts.get(rows[i].answer) ?? 0) + 1);
      const expected = rows.length / 3 / (high - low + 1);
      for (let total = low; total <= high; total++) {
        const n = counts.get(String(total)) ?? 0;
        expect(Math.abs(n - expected)).toBeLessThan(5 * Math.sqrt(expected));
      }
      expect(counts.size).toBe(high - low + 1);
    });
  });

  it('is traced: a misread bar is perception though all sums of it are right, a wrong sum is calculation', () => {
    for (const [i, { meta, answer }] of rows.slice(0, 300).entries()) {
      const heights = meta.steps.slice(0, 4).map(({ value }) => Number(value));
      const names = meta.steps.slice(0, 4).map(({ text }) => text.split(' : ')[0]);
      const say = (read: readonly number[], lastOff: number) => {
        let sum = read[0];
        const sums = read.slice(1).map((height, at) => {
          const total = sum + height + (at === 2 ? lastOff : 0);
          const text = `${sum} + ${height} = ${total}`;
          sum = total;
          return text;
        });
        const think = [...names.map((name, at) => `${name} : ${read[at]}`), ...sums].join(' . ');
        return trace(`<think> ${think} </think> \\boxed{${sum}}`, meta);
      };
      expect(say(heights, 0)).toMatchObject({ cause: 'right', boxed: answer });
      expect(say(heights, 1).cause).toBe('calculation');
      const misread = heights.map((h, at) => (at === i % 4 ? (h % 6) + 1 : h));
      const found = say(misread, 0);
      expect(found.cause).toBe('perception');
      expect(found.facts.map((f) => f.isTrue)).toEqual(Array.from({ length: 7 }, (_, at) => at !== i % 4));
    }
  });
});
