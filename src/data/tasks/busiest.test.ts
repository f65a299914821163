import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { makeUndrawn } from '../builtin/make.ts';
import { solution } from '../builtin/solution.ts';
import { trace } from '../builtin/trace.ts';
import { pieces, VOCABULARY } from '../builtin/vocabulary.testing.ts';
import { DEPENDENCIES } from '../row.ts';

const rows = Array.from({ length: 1500 }, (_, i) =>
  makeUndrawn('busiest', i, { tasks: ['busiest'], dependency: DEPENDENCIES[i % 3] }),
);

describe('the busiest row or column', () => {
  it('is what a reader of the problem counts in the scene', () => {
    for (const { problem, answer, meta } of rows) {
      const axis = /Which (row|column) has most objects\?$/.exec(problem)?.[1] as 'row' | 'column';
      const objects = meta.scene.kind === 'shapes' ? meta.scene.objects : [];
      const others = [0, 1, 2, 3].filter((line) => line !== Number(answer) - 1);
      const many = (line: number) => objects.filter((o) => o[axis] === line).length;
      for (const line of others) expect(many(line)).toBeLessThan(many(Number(answer) - 1));
    }
  });

  it('is each of the four about equally often, for rows and for columns', () => {
    const counts = new Map<string, number>();
    for (const { problem, answer } of rows) {
      const key = `${problem.includes('Which row')} ${answer}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    // 187.5 are expected of each; six standard deviations are 77.
    for (const n of counts.values()) expect(Math.abs(n - rows.length / 8)).toBeLessThan(77);
  });

  it('is asked and answered in words that the policies of papo know', () => {
    const known = new Set(VOCABULARY);
    rows.forEach((row, i) => {
      const unknown = pieces(`${row.problem} ${solution(row, random('words', i))}`).filter(
        (w) => !known.has(w),
      );
      expect(unknown).toEqual([]);
    });
  });

  it('is traced: a wrong count is perception, a wrong winner of right counts is reasoning', () => {
    fc.assert(
      fc.property(fc.constantFrom(...rows), fc.integer({ min: 1, max: 3 }), ({ meta, answer }, by) => {
        const lines = meta.steps.slice(0, -1).map((s) => s.text);
        const axis = lines[0].split(' ')[0];
        const wrong = `${((Number(answer) - 1 + by) % 4) + 1}`;
        const say = (...parts: string[]) =>
          trace(`<think> ${parts.join(' . ')} </think> \\boxed{${wrong}}`, meta);
        const read = say(...lines, `so ${axis} ${wrong} has most`);
        expect(read.cause).toBe('reasoning');
        expect(read.facts.map((f) => f.isTrue)).toEqual([true, true, true, true, false]);
        const misread = lines.map((line, i) => (i === by ? line.replace(/\d$/, '5') : line));
        expect(say(...misread, `most : ${axis} ${wrong}`).cause).toBe('perception');
        expect(say(...lines, `most : ${axis} ${answer}`).cause).toBe('inconsistency');
      }),
    );
  });
});
