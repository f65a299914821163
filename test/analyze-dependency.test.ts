/** The command on a few built-in questions, with the policy that looks. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VIEWS } from '../src/evaluate/dependency/views.ts';
import { readEvaluation } from '../src/evaluate/files.ts';
import { readJsonl } from '../src/metrics/jsonl.ts';
import { isBuilt } from './built.ts';

const start = (): Promise<typeof import('../src/evaluate/dependency/start.ts')> =>
  import(new URL('../dist/evaluate/dependency/start.js', import.meta.url).href);

const dir = mkdtempSync(join(tmpdir(), 'dependency-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function terminal() {
  const texts: string[] = [];
  return { write: (text: string) => texts.push(text), text: () => texts.join('') };
}

const LIMIT = 5;
const flags = {
  samples: '2',
  limit: String(LIMIT),
  out: join(dir, 'out'),
  set: [`out="${dir}"`],
  html: join(dir, 'd.html'),
  markdown: join(dir, 'd.md'),
  textOnly: 'builtin:prior',
};

describe.skipIf(!isBuilt)('papo analyze dependency', () => {
  it('asks under every view, scores, and tells what came of it; then again without asking', async () => {
    const { startDependency } = await start();
    const first = terminal();
    expect(await startDependency('builtin:looking', [], flags, first)).toBe(0);
    for (const view of VIEWS) {
      const { questions, settings } = readEvaluation(join(dir, 'out', 'views', view));
      expect(questions).toHaveLength(LIMIT);
      expect(settings.suites[0].notes.join() === '').toBe(false);
      for (const { question } of questions) expect(question.includes('<image>')).toBe(view !== 'none');
    }
    const questions = readJsonl(join(dir, 'out', 'questions.jsonl'));
    expect(questions).toHaveLength(LIMIT);
    const summary = JSON.parse(readFileSync(join(dir, 'out', 'dependency.json'), 'utf8'));
    expect(Object.keys(summary.all.accuracy)).toEqual([...VIEWS]);
    expect(summary.all.logprob.original.value).toBeGreaterThan(summary.all.logprob.none.value);
    expect(summary.all.leak.n).toBe(LIMIT);
    expect(first.text()).toContain('By the data set');
    expect(readFileSync(flags.html, 'utf8')).toContain('data:image/');
    expect(readFileSync(flags.markdown, 'utf8')).toContain('| view |');

    const files = [
      ...VIEWS.map((view) => join('views', view, 'answers.jsonl')),
      'scores.jsonl',
      'dependency.json',
    ];
    const texts = () => files.map((file) => readFileSync(join(dir, 'out', file), 'utf8'));
    const before = texts();
    expect(await startDependency('builtin:looking', [], flags, terminal())).toBe(0);
    expect(texts()).toEqual(before);
    // Another mask is another view: its answers are not mixed with these.
    const other = { ...flags, set: [...flags.set, 'mask.ratio=0.9'] };
    await expect(startDependency('builtin:looking', [], other, terminal())).rejects.toThrow(/another/);
  }, 120_000);

  it('refuses a view that there is not', async () => {
    const { startDependency } = await start();
    const wrong = { ...flags, views: 'masked,upside' };
    await expect(startDependency('builtin:looking', [], wrong, terminal())).rejects.toThrow(/no such view/);
  });
});
