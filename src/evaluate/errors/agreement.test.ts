import { describe, expect, it } from 'vitest';
import { agreementOf, majorityOf, repeatsOf } from './agreement.ts';
import { comparisonsOf } from './analysis.ts';
import { SORTED, type SortedKind } from './kinds.ts';

describe('agreement', () => {
  it("is Fleiss' κ of the example of 14 raters (J. L. Fleiss 1981; κ = .210, mean agreement .378)", () => {
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const kinds = counts.map((row) => row.flatMap((n, i) => Array<SortedKind>(n).fill(SORTED[i])));
    const { n, equal, kappa, unanimous } = repeatsOf([...kinds, ['perception'], []]);
    expect([n, unanimous]).toEqual([10, 1]);
    expect(equal).toBeCloseTo(0.378, 3);
    expect(kappa).toBeCloseTo(0.21, 3);
  });

  it('counts what both sorted, and knows nothing where that is one kind or none', () => {
    const table = {
      perception: { perception: 20, reasoning: 5 },
      reasoning: { perception: 10, reasoning: 15 },
    };
    const pairs = Object.entries(table).flatMap(([a, row]) =>
      Object.entries(row).flatMap(([b, n]) =>
        Array.from({ length: n }, () => [a, b] as [SortedKind, SortedKind]),
      ),
    );
    const found = agreementOf(pairs);
    expect(found).toMatchObject({ n: 50, equal: 0.7, table });
    expect(found.kappa.value).toBeCloseTo(0.4, 12);
    expect(agreementOf([]).kappa.value).toBeNaN();
    expect(agreementOf([['perception', 'perception']])).toMatchObject({
      equal: 1,
      kappa: { value: Number.NaN },
    });
    const sorters = [
      {
        name: 'a',
        sorting: new Map<string, SortedKind>([
          ['1', 'perception'],
          ['2', 'reasoning'],
        ]),
      },
      {
        name: 'b',
        sorting: new Map<string, SortedKind>([
          ['2', 'reasoning'],
          ['3', 'reasoning'],
        ]),
      },
    ];
    expect(comparisonsOf(sorters)).toMatchObject([{ a: 'a', b: 'b', n: 1, equal: 1 }]);
  });

  it('takes the majority, and none of two alike', () => {
    expect(majorityOf(['perception', 'reasoning', 'perception'])).toBe('perception');
    expect(majorityOf(['perception', 'reasoning'])).toBeUndefined();
    expect(majorityOf([])).toBeUndefined();
  });
});
