import { expect, it } from 'vitest';
import { nextPiece } from './sampler.ts';

it('pieces grow while they are quick and shrink where they are slow, and never to nothing', () => {
  expect([10, 75, 200, 201, 5000].map((ms) => nextPiece(8, ms))).toEqual([16, 8, 8, 4, 4]);
  expect(nextPiece(1, 5000)).toBe(1);
});
