import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthest } from './compare.ts';

describe('furthest', () => {
  it('is the largest difference, whichever place it is at', () => {
    expect(furthest([1, 2, 3], [1, 2.5, 2.75])).toBe(0.5);
    expect(furthest(Float32Array.of(-1), [1])).toBe(2);
    expect(furthest([], [])).toBe(0);
  });

  it('is NaN, which no comparison accepts, wherever a NaN is and where lengths differ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.boolean(), (at, ours) => {
        const clean = [1, 2, 3, 4, 5, 6];
        const spoilt = clean.map((v, i) => (i === at ? Number.NaN : v));
        expect(ours ? furthest(spoilt, clean) : furthest(clean, spoilt)).toBeNaN();
      }),
    );
    expect(furthest([1], [1, 1])).toBeNaN();
    expect(() => expect(furthest([Number.NaN, 1], [1, 1])).toBeLessThan(1)).toThrow();
    expect(() => expect(furthest([Number.NaN, 1], [1, 1])).toBeGreaterThan(0)).toThrow();
  });
});
