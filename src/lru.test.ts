import { expect, it } from 'vitest';
import { Lru } from './lru.ts';

it('lets go of what was not used for longest', () => {
  const kept = new Lru<string, number>(2);
  expect(kept.set('a', 1)).toEqual([]);
  expect(kept.set('b', 2)).toEqual([]);
  expect(kept.get('a')).toBe(1);
  expect(kept.set('c', 3)).toEqual([['b', 2]]);
  expect(kept.get('b')).toBeUndefined();
  expect([kept.get('a'), kept.get('c')]).toEqual([1, 3]);
});

it('counts a key that is set again once, and nothing for one that was deleted', () => {
  const kept = new Lru<string, number>(2);
  for (const value of [1, 2, 3]) kept.set('a', value);
  expect(kept.set('b', 4)).toEqual([]);
  kept.delete('a');
  kept.delete('a');
  expect(kept.set('c', 5)).toEqual([]);
  expect(kept.makeRoom(2)).toEqual([
    ['b', 4],
    ['c', 5],
  ]);
});

it('makes as much room as a value takes, and keeps one that is too large alone', () => {
  const kept = new Lru<number, string>(10, (size) => size);
  for (const size of [2, 3, 4]) kept.set(size, `${size}`);
  expect(kept.set(5, 'five')).toEqual([
    [2, '2'],
    [3, '3'],
  ]);
  expect(kept.set(40, 'forty').map(([size]) => size)).toEqual([4, 5]);
  expect(kept.get(40)).toBe('forty');
});
