/** A small suite of built-in questions, for the tests of what is done with suites. */
import { type MakeOptions, makeRow } from '../data/builtin/make.ts';
import type { Item, Suite } from './types.ts';

export function builtinItems(count: number, options: MakeOptions = {}, seed = 5): Item[] {
  return Array.from({ length: count }, (_, i) => {
    const row = makeRow(seed, i, { dependency: 'mixed', split: 'test', ...options });
    const { task, dependency } = row.meta ?? {};
    return { key: row.id, row, ...(task && { task }), ...(dependency && { dependency }) };
  });
}

export function suiteOf(items: readonly Item[], name = 'small'): Suite {
  return {
    name,
    title: name,
    source: 'made for a test',
    scoring: 'authors',
    length: items.length,
    skipped: {},
    notes: [],
    item: async (i) => items[i],
  };
}
