import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { makeUndrawn } from '../builtin/make.ts';
import { solution } from '../builtin/solution.ts';
import { trace } from '../builtin/trace.ts';
import { DIFFICULTIES } from './shared/difficulty.ts';

const rows = Array.from({ length: 900 }, (_, i) =>
  makeUndrawn('walk', i, { tasks: ['walk'], difficulty: DIFFICULTIES[i % 3] }),
);

const wayOf = (problem: string) => problem.match(/\bone (left|right|up|down)\b/g) ?? [];
const COLORS = ['red', 'blue', 'green', 'yellow'];

describe('a walk', () => {
  it('is of one, two or three moves, and never back', () => {
    rows.forEach(({ problem }, i) => {
      const way = wayOf(problem).join(' ');
      expect(way.match(/one/g)).toHaveLength((i % 3) + 1);
      expect(way).not.toMatch(/left one right|right one left|up one down|down one up/);
    });
  });

  it('ends at each of the four colours about equally often', () => {
    for (const color of COLORS) {
      const n = rows.filter(({ answer }) => answer === color).length;
      // 225 are expected; five standard deviations are 65.
      expect(Math.abs(n - rows.length / 4)).toBeLessThan(65);
    }
  });

  it('is traced: one misread step, early or late, is perception at that step and at no other', () => {
    for (const [i, { meta, answer }] of rows.entries()) {
      const steps = meta.steps.map(({ text }) => text);
      const wrong = 1 + random('step', i).int(steps.length - 2);
      const said = steps.map((text, at) =>
        at === wrong
          ? text.replace(/: (\w+)/, (_, color) => `: ${COLORS[(COLORS.indexOf(color) + 1) % 4]}`)
          : text,
      );
      const other = COLORS[(COLORS.indexOf(answer) + 1) % 4];
      const think = [...said.slice(0, -1), `so ${other}`].join(' . ');
      const { cause, facts } = trace(`<think> ${think} </think> \\boxed{${other}}`, meta);
      expect([think, cause]).toEqual([think, 'perception']);
      const truths = steps.slice(0, -1).map((_, at) => at !== wrong);
      expect([think, facts.map((f) => f.isTrue)]).toEqual([think, [...truths, undefined]]);
    }
  });

  it('is traced: a move to another side than was asked for is reasoning, whatever is seen there', () => {
    const { meta } = rows[0];
    const [place, step] = meta.steps.map(({ text }) => text);
    const side = step.startsWith('left') ? 'right' : 'left';
    const seen = trace(`<think> ${place} . ${side} : red square . so red </think> \\boxed{red}`, {
      ...meta,
      steps: [...meta.steps.slice(0, -1), { kind: 'infer', text: 'so blue', value: 'blue' }],
    });
    expect([seen.cause, seen.facts.map((f) => f.isTrue)]).toEqual([
      'reasoning',
      [true, undefined, undefined],
    ]);
  });

  it('is told apart by order where moves repeat a side', () => {
    let twice = 0;
    rows.forEach(({ meta, problem }, i) => {
      const way = wayOf(problem);
      if (new Set(way).size === way.length) return;
      twice++;
      const read = trace(solution({ meta }, random('order', i)), meta);
      expect(read.facts.filter((f) => f.fact.kind === 'neighbor').map((f) => f.isTrue)).toEqual(
        way.map(() => true),
      );
    });
    expect(twice).toBeGreaterThan(100);
  });
});
