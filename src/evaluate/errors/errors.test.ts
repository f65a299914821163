/** The command as a person runs it, in a process of its own; skipped where `npm run build` has not been run. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { visibleWidth } from '../../report/width.ts';
import { itemsOf } from '../reopened.ts';
import { type FakeScript, startFakeServer } from '../server/fake-server.testing.ts';
import type { ErrorAnalysis } from './analysis.ts';
import { plantedEvaluation, writeEvaluation } from './errors.testing.ts';
import { JUDGEMENTS_FILE } from './judging.ts';
import { SORTED } from './kinds.ts';
import { sortByProgram } from './program.ts';
import { idOf } from './wrong.ts';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const built = existsSync(path('dist/cli/analyze-errors.js'));
const cwd = mkdtempSync(join(tmpdir(), 'papo-errors-'));
const cacheRoot = join(cwd, 'runs', '.data');
const ROWS = 120;

function papo(...args: string[]): { status: number; stdout: string; stderr: string } {
  try {
    const options = { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, NO_COLOR: '1' } } as const;
    const stdout = execFileSync(
      process.execPath,
      [path('bin/papo.js'), 'analyze', 'errors', ...args],
      options,
    );
    return { status: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { status: number; stdout: string; stderr: string };
  }
}
const read = (file: string) => readFileSync(join(cwd, file), 'utf8');
const analysis = (file: string) => JSON.parse(read(file)) as ErrorAnalysis;

/** Three in four answers are wrong; afterwards, perception only in every third of these. */
const before = (at: number) => (at % 4 === 0 ? undefined : SORTED[at % 5]);
const after = (at: number) => (before(at) === 'perception' && at % 3 > 0 ? undefined : before(at));

beforeAll(async () => {
  for (const [name, kindOf] of Object.entries({ before, after }))
    writeEvaluation((await plantedEvaluation(join(cwd, name), ROWS, cacheRoot, kindOf)).evaluation);
});

it('answers whose evaluation has no causes are traced again, to what was planted', async () => {
  const { evaluation, kinds } = await plantedEvaluation(cwd, ROWS, cacheRoot, before);
  const lines = evaluation.questions.flatMap(({ sampled_K }) => sampled_K);
  const sorting = await sortByProgram(lines, itemsOf([evaluation], { cacheRoot }));
  const boxed = lines.filter(({ verdict }) => verdict === 'wrong');
  expect(boxed.length).toBeGreaterThan(60);
  expect(boxed.map((line) => sorting.get(idOf(line)))).toEqual(boxed.map(({ key }) => kinds.get(key)));
  const known = lines.map((line) => ({ ...line, ...(line.verdict === 'wrong' && { cause: 'reasoning' }) }));
  const none = { problems: [], of: () => Promise.reject(new Error('not needed')) };
  expect(new Set((await sortByProgram(known, none)).values())).toEqual(new Set(['reasoning']));
});

describe.skipIf(!built)('papo analyze errors', () => {
  it('shows before and after in the terminal, as Markdown, as JSON and as a page', () => {
    const { stdout, stderr } = papo(
      'before',
      'after',
      '--html',
      'a.html',
      '--markdown',
      'a.md',
      '--json',
      'a.json',
    );
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => visibleWidth(line) > 80)).toEqual([]);
    const { sorters, evaluations } = analysis('a.json');
    const [{ counts, changes, single }] = sorters;
    expect([evaluations.length, single, sorters.length]).toEqual([2, true, 1]);
    const { before: was, after: is, ofAll, ofKind, clear } = changes[0].perception;
    expect(was).toBeGreaterThan(10);
    expect(clear).toBe(true);
    expect(ofAll.value).toBeCloseTo((is - was) / counts[0].wrong, 12);
    expect(ofKind.value).toBeCloseTo((is - was) / was, 12);
    expect(stdout).toContain(`Fewer perception: ${was} → ${is}`);
    expect(stdout).toContain('No change that is more than chance: reasoning, calculation');
    const markdown = read('a.md');
    expect(markdown).toContain('## Sorted by program');
    expect(markdown).toMatch(/\| perception \| \d+ \| \d+ \| −/);
    const page = read('a.html');
    expect(page).toContain('<mark>');
    expect(page).toContain('data:image/png;base64,');
    expect(page).toContain('<svg');
  });

  it('makes a sheet, reads two persons back and compares them with the program', () => {
    const { stdout } = papo('before', 'after', '--sheet', 'sheet.csv', '--limit', '40');
    expect(stdout).toContain('--labels sheet.csv');
    expect(read('sheet.html')).toContain('type="radio"');
    expect(read('sheet.csv')).not.toMatch(/before|after/);
    // One calls everything perception; the other goes by what the question asks.
    const filled = (kindOf: (question: string) => string) =>
      read('sheet.csv').replaceAll(
        /^(\d+ of \d+,q\w+,)("?<image>[^\n]*),,$/gm,
        (_, start, rest) => `${start}${rest},${kindOf(rest)},`,
      );
    writeFileSync(
      join(cwd, 'ann.csv'),
      filled(() => 'perception'),
    );
    writeFileSync(
      join(cwd, 'bob.csv'),
      filled((q) => (q.includes('How many') ? 'perception' : 'reasoning')),
    );
    const labels = ['--labels', 'ann.csv', '--labels', 'bob.csv'];
    const done = papo('before', 'after', '--limit', '40', ...labels, '--json', 'b.json');
    expect(done.stderr).toBe('');
    const { sorters, comparisons, notes } = analysis('b.json');
    expect(sorters.map(({ name }) => name)).toEqual(['program', 'ann', 'bob']);
    expect(comparisons.map(({ a, b }) => `${a} ${b}`)).toEqual(['program ann', 'program bob', 'ann bob']);
    expect(comparisons[2].n).toBeGreaterThan(30);
    expect(comparisons[2].equal).toBeLessThan(1);
    expect(notes).toEqual([]);
    expect(papo('before', 'after', '--limit', '90', ...labels).stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /ann\.csv holds no kind for \d+ of the drawn answers: give the --limit and --seed/,
    );
  });

  it('says in one line what is wrong', () => {
    expect(papo('nowhere').stderr).toMatch(/^papo: nowhere: [^\n]+\n$/);
    expect(papo('before', '--limit', 'all').stderr).toMatch(/^papo: --limit all: allowed is a whole number/);
    expect(papo('before', '--sheet', 'sheet.txt').stderr).toMatch(
      /^papo: --sheet sheet\.txt: name a \.csv file/,
    );
    expect(papo('before', '--labels', 'a.md').stderr).toMatch(/^papo: a\.md: no sheet of papo/);
  });

  it('is killed while a judge is asked, and goes on to what it would have found', async () => {
    const said = { kind: 'reasoning', quote: 'boxed', reason: 'so', confidence: 1 };
    const texts = ['reasoning', 'reasoning', 'perception'].map((kind) => JSON.stringify({ ...said, kind }));
    const script: FakeScript = { replies: [{ matching: 'What kind of error', texts }], ms: 60 };
    const fake = await startFakeServer(script);
    const judge = ['before', '--judge', fake.url, '--parallel', '2', '--limit', '30'];
    const child = spawn(process.execPath, [path('bin/papo.js'), 'analyze', 'errors', ...judge], { cwd });
    const file = join(cwd, 'before', JUDGEMENTS_FILE);
    const kept = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);
    while (kept() < 15) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const there = kept();
    expect(there).toBeLessThan(80);
    const asked = () => fake.asked().reduce((n, { body }) => n + Number(body?.n ?? 1), 0);
    const first = asked();
    // In a process of its own, as this one has to answer to nothing meanwhile.
    const { stdout, stderr } = papo(...judge, '--json', 'j.json');
    expect(stderr).toBe('');
    const { judge: record, comparisons } = analysis('j.json');
    expect(record).toMatchObject({ valid: record?.wanted, unsorted: 0 });
    expect(record?.repeats.equal).toBeCloseTo(1 / 3, 12);
    expect(asked() - first).toBe((record?.wanted ?? 0) - there);
    expect(comparisons).toHaveLength(1);
    expect(stdout).toContain('Judge: fake-vl at');
    const all = asked();
    expect(papo(...judge, '--json', 'k.json').status).toBe(0);
    expect(asked()).toBe(all);
    expect(analysis('k.json')).toEqual(analysis('j.json'));
    await fake.stop();
  });
});
