/** docs/evaluation.md names what there is, and its example runs. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import { SCORINGS } from '../scorings/index.ts';
import { openSuite, SUITES, suiteSpecOf } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'papo-docs-'));
afterAll(() => rmSync(home, { recursive: true }));
const page = readFileSync(resolve(import.meta.dirname, '../../../docs/evaluation.md'), 'utf8');

it('every suite and scoring stands in the documentation with its own words', () => {
  for (const { name, description } of SUITES.slice(1))
    expect(page).toContain(`| \`${name}\` | ${description} |`);
  for (const { name, description } of SCORINGS) expect(page).toContain(`| \`${name}\` | ${description} |`);
  const [word] = /builtin:rows=[^`]+/.exec(page) ?? [''];
  expect(suiteSpecOf(word)).toMatchObject({ suite: 'builtin', builtin: { rows: 500, difficulty: 'hard' } });
  const [settings] = /mathverse:limit=[^`]+/.exec(page) ?? [''];
  expect(suiteSpecOf(settings)).toMatchObject({ suite: 'mathverse', layout: 'authors', scoring: 'choices' });
});

it('the example of a suite of your own opens', async () => {
  const [, yaml = ''] = /```yaml\n(name: signs[\s\S]*?)```/.exec(page) ?? [];
  expect(yaml.trim().split('\n')).toHaveLength(5);
  mkdirSync(join(home, 'photos'));
  writeFileSync(join(home, 'photos/1.png'), makeRow('docs', 0).images[0]);
  const row = { n: 'a', q: 'How many?', gold: '3', file: '1.png', kind: 'count', look: 'high', scene: 's1' };
  writeFileSync(join(home, 'rows.jsonl'), JSON.stringify(row));
  writeFileSync(join(home, 'signs.yaml'), yaml);
  const suite = await openSuite(suiteSpecOf(join(home, 'signs.yaml')));
  expect(suite.scoring).toBe('choices');
  expect(await suite.item(0)).toMatchObject({ key: 'a', task: 'count', dependency: 'high', cluster: 's1' });
});
