/** `papo eval` as a person runs it: a process of its own, the policy that comes with papo, kill -9. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { isBuilt } from '../../../test/built.ts';
import { ANSWERS_FILE, readAnswers, readEvaluation, SUMMARY_FILE } from '../files.ts';
import { summaryOf } from '../summary.ts';

const papo = fileURLToPath(new URL('../../../bin/papo.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'papo-eval-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const args = (out: string) => [papo, 'eval', 'builtin:prior', '--limit', '96', '-n', '4', '--out', out];
const run = (...words: string[]) => promisify(execFile)(process.execPath, words, { cwd: dir });
const linesIn = (out: string) =>
  existsSync(join(dir, out, ANSWERS_FILE)) ? readAnswers(join(dir, out)) : [];

/** What does not depend on when and where. */
const numbers = (out: string) => readFileSync(join(dir, out, SUMMARY_FILE), 'utf8');

describe.skipIf(!isBuilt)('papo eval', () => {
  test('killed at a bad moment, it goes on to the summary of an uninterrupted one, to the byte', async () => {
    const { stdout } = await run(...args('whole'));
    expect(stdout).toMatch(/builtin +96 +\d+\.\d ± \d+\.\d +\d+\.\d ± \d+\.\d/);
    expect(stdout).toContain('settings  those of training: the defaults of size tiny');
    expect(linesIn('whole')).toHaveLength(96 * 5);

    const child = spawn(process.execPath, args('killed'), { cwd: dir, stdio: 'ignore' });
    const gone = new Promise((done) => child.once('exit', done));
    while (linesIn('killed').length === 0) await wait(10);
    child.kill('SIGKILL');
    await gone;
    const before = linesIn('killed').length;
    expect(before).toBeGreaterThan(0);
    expect(existsSync(join(dir, 'killed', SUMMARY_FILE))).toBe(false);
    const again = await run(...args('killed'));
    expect(again.stdout).toContain('goes on: what is answered there is not asked again');
    expect(numbers('killed')).toBe(numbers('whole'));

    // A third time nothing is left to be asked, and the files stay as they are.
    const answers = readFileSync(join(dir, 'killed', ANSWERS_FILE), 'utf8');
    await run(...args('killed'));
    expect(readFileSync(join(dir, 'killed', ANSWERS_FILE), 'utf8')).toBe(answers);
  }, 120_000);

  test('its summary is what its files say, and the report stands by itself', async () => {
    const evaluation = readEvaluation(join(dir, 'whole'));
    expect(JSON.parse(numbers('whole'))).toEqual(JSON.parse(JSON.stringify(summaryOf(evaluation))));
    const { accuracy, greedy, verdicts, causes } = summaryOf(evaluation).pooled;
    expect(accuracy).toMatchObject({ n: 96 });
    expect(Number(greedy.value)).toBeGreaterThan(Number(accuracy.value));
    expect(Object.values(verdicts).reduce((a, b) => a + b)).toBe(96 * 4);
    expect(Object.values(causes ?? {}).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const report = readFileSync(join(dir, 'whole', 'report.html'), 'utf8');
    expect(report).toContain('data:image/');
    expect(report).not.toMatch(/(?:src|href)="https?:/);
  });

  test.each([
    [['builtin:none'], /^papo: .*builtin:none.*no such policy/],
    [['builtin:prior', 'nowhere'], /^papo: .*nowhere|no such suite/],
    [
      ['builtin:prior', '--samples', 'many'],
      /^papo: --samples many: allowed is a whole number from 0 to 1024/,
    ],
    [['builtin:prior', '-n', '0', '--no-greedy'], /^papo: --samples 0 with --no-greedy: nothing is asked/],
    [['builtin:prior', '--as', 'mood'], /^papo: mood: no such scoring; there are authors, choices/],
    [
      ['builtin:prior', '--out', 'whole', '-n', '2'],
      /^papo: whole: holds an evaluation with another samples/,
    ],
    [['runs/none'], /^papo: runs\/none: /],
  ])('papo eval %j is refused in one line', async (words, line) => {
    const failed = await run(papo, 'eval', ...words).catch((error) => error);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(line);
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
  });
});
