import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSuite, parseSpec } from './index.ts';

const cacheRoot = mkdtempSync(join(tmpdir(), 'papo-suite-'));
afterAll(() => rmSync(cacheRoot, { recursive: true }));

const spec = parseSpec({ name: 'builtin', suite: 'builtin', builtin: { rows: 12 } }, 'test');
const keys = async (given: typeof spec, limit?: number) => {
  const suite = await openSuite(given, { cacheRoot, limit });
  const items = await Promise.all(Array.from({ length: suite.length }, (_, i) => suite.item(i)));
  return { suite, items, keys: items.map(({ key }) => key) };
};

describe('the built-in suite', () => {
  it('gives test rows with their task and dependency', async () => {
    const { suite, items } = await keys(spec);
    expect([suite.length, suite.scoring, suite.skipped]).toEqual([12, 'authors', {}]);
    for (const { row, task, dependency, key } of items) {
      expect(key).toBe(row.id);
      expect([task, dependency]).toEqual([row.meta?.task, row.meta?.dependency]);
      expect(row.id).toContain('-test-1-');
    }
    expect(new Set(items.map(({ key }) => key)).size).toBe(12);
  });

  it('keeps its keys when it grows, and is opened again by its own spec', async () => {
    const some = await keys(spec);
    const more = await keys({ ...spec, builtin: { rows: 20 } });
    expect(more.keys.slice(0, 12)).toEqual(some.keys);
    const first = await keys(spec, 3);
    expect(first.suite.notes).toEqual(['the first 3 of 12 questions']);
    const again = await keys(JSON.parse(JSON.stringify(first.suite.spec)));
    expect(again.items).toEqual(first.items);
    expect(again.suite.source).toBe(first.suite.source);
  });

  it('takes size, seed, tasks, dependency and difficulty', async () => {
    const wanted = { rows: 6, seed: 'other', tasks: ['count'], dependency: 'low', difficulty: 'hard' };
    const given = parseSpec({ name: 'b', suite: 'builtin', builtin: wanted }, 'test');
    const { suite, items } = await keys(given);
    for (const { row, task, dependency } of items)
      expect([task, dependency, row.meta?.difficulty]).toEqual(['count', 'low', 'hard']);
    expect(suite.source).toContain('seed other, dependency low, difficulty hard');
    expect(suite.name).toBe('b');
  });

  it('refuses what a spec may not have, and a scoring that there is not', async () => {
    expect(() => parseSpec({ name: 'b', suite: 'builtin', builtin: { rows: 0 } }, 'suite b')).toThrow(
      /^suite b: builtin: rows: /,
    );
    expect(() => parseSpec({ name: 'b', suite: 'builtin', rows: 3 }, 'suite b')).toThrow(/rows/);
    await expect(openSuite(spec, { cacheRoot, scoring: 'mine' })).rejects.toThrow(
      'mine: no such scoring; there are authors, choices, equal',
    );
    await expect(openSuite({ name: 'x', suite: 'x' })).rejects.toThrow('x: no such suite');
  });
});
