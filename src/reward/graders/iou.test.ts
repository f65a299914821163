import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iou } from './iou.ts';

const score = (given: string, truth: string, overlap = 0) =>
  iou.score({ given, truth, response: given, characters: given.length }, { overlap });

describe('iou', () => {
  it.each([
    ['[0, 0, 10, 10]', '[0, 0, 10, 10]', 1],
    ['[5, 0, 15, 10]', '[0, 0, 10, 10]', 1 / 3],
    ['(5,5,15,15)', '[0, 0, 10, 10]', 25 / 175],
    ['{"bbox_2d": [0, 0, 5, 10]}', '[0, 0, 10, 10]', 0.5],
    ['\\text{box } [-0.5, 0, 0.5, 1]', '0, 0, 1, 1', 1 / 3],
    ['[10, 0, 20, 10]', '[0, 0, 10, 10]', 0],
    ['[10, 10, 0, 0]', '[0, 0, 10, 10]', 0],
    ['[0, 0, 10]', '[0, 0, 10, 10]', 0],
    ['[0, 0, 10, 10, 5]', '[0, 0, 10, 10]', 0],
    ['None', '[0, 0, 10, 10]', 0],
  ])('%s on %s: %d', (given, truth, value) => expect(score(given, truth)).toBeCloseTo(value, 12));

  it.each(['', 'left', '[0, 0, 10]', '[0, 0, 0, 10]', '[1, 2, 3, 4], [5, 6, 7, 8]'])(
    '%s as reference cannot be scored',
    (truth) => expect(score('[0, 0, 10, 10]', truth)).toBeNull(),
  );

  it('counts from its bound on', () => {
    expect(score('[0, 0, 5, 10]', '[0, 0, 10, 10]', 0.5)).toBe(0.5);
    expect(score('[0, 0, 5, 10]', '[0, 0, 10, 10]', 0.6)).toBe(0);
  });

  it('is the share of cells of a grid that lie in both, of those in either', () => {
    const side = fc.integer({ min: 0, max: 6 });
    const corner = fc.tuple(side, side, side, side);
    const inside = ([l, t, r, b]: number[], x: number, y: number) => l <= x && x < r && t <= y && y < b;
    fc.assert(
      fc.property(corner, corner, (p, q) => {
        fc.pre(p[2] > p[0] && p[3] > p[1] && q[2] > q[0] && q[3] > q[1]);
        const cells = Array.from({ length: 36 }, (_, i) => [i % 6, Math.floor(i / 6)]);
        const both = cells.filter(([x, y]) => inside(p, x, y) && inside(q, x, y)).length;
        const either = cells.filter(([x, y]) => inside(p, x, y) || inside(q, x, y)).length;
        expect(score(`[${p}]`, `[${q}]`)).toBeCloseTo(both / either, 12);
      }),
    );
  });
});
