/** `papo ask` as a person runs it, in a process of its own; skipped where `npm run build` has not been run. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRow } from '../data/builtin/make.ts';
import { startFakeServer } from '../evaluate/server/fake-server.testing.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const built = existsSync(path('dist/cli/main.js'));
const ROW = makeRow('ask', 0, { tasks: ['angle'], dependency: 'high' });
const QUESTION = ROW.problem.replaceAll('<image>', '');
const POLICY = path('assets/policies/prior');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'papo-ask-'));
  writeFileSync(join(dir, 'angle.png'), ROW.images[0]);
  writeFileSync(join(dir, 'bad.png'), 'no picture');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function papo(args: string[], input = '') {
  const run = spawnSync(process.execPath, [path('bin/papo.js'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    input,
    env: { ...process.env, COLORTERM: 'truecolor' },
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const objects = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.skipIf(!built)('papo ask', () => {
  it('answers with the policy that comes with papo, says which, and grades', () => {
    const { status, stdout, stderr } = papo(['ask', 'angle.png', QUESTION, '--answer', ROW.answer]);
    expect(stderr).toMatch(/^asked: builtin:looking \(Qwen2\.5-VL form, 1\.06 M parameters\)\n$/);
    const [text, given, ...rest] = stdout.split('\n');
    expect(text).toContain('\\boxed{');
    // It answers all validation questions of this kind.
    expect(given).toMatch(new RegExp(`^given: ${ROW.answer} \\(right: `));
    expect(rest).toEqual(['']);
    expect(status).toBe(0);
  });

  it('looks: words and no colour in a pipe, and a page with both pictures', () => {
    const { stdout } = papo(['ask', 'angle.png', QUESTION, '--look', '--masks', '2', '--html', 'look.html']);
    expect(stdout).toMatch(/\{\+\d+\.\d\}/);
    expect(stdout).toMatch(/mean KL_prcp \d+\.\d{3} over \d+ tokens/);
    expect(stdout).toContain('(random 0.6, mean of 2 masks, seed 1)');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('look.html: written\n');
    const page = readFileSync(join(dir, 'look.html'), 'utf8');
    expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(2);
    expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('gives JSON: what is looked at adds up, and equal seeds give equal lines', () => {
    const args = [
      'ask',
      'angle.png',
      QUESTION,
      '--json',
      '--look',
      '--seed',
      'x',
      '-n',
      '3',
      '--top-k',
      '20',
    ];
    const { stdout, stderr } = papo(args);
    expect(stderr).toBe('');
    const lines = objects(stdout);
    expect(lines.map(({ sample }) => sample)).toEqual([0, 1, 2]);
    for (const { look, tokens, response, sampling } of lines) {
      expect(sampling).toMatchObject({ temperature: 1, topK: 20, seed: 'x' });
      expect(look.tokens).toHaveLength(tokens);
      expect(look.tokens.map((t: { text: string }) => t.text).join('')).toBe(response);
      const kls = look.tokens.map((t: { klPrcp: number }) => t.klPrcp);
      expect(look.klPrcp).toBeCloseTo(kls.reduce((a: number, b: number) => a + b, 0) / tokens, 6);
      for (const t of look.tokens) {
        const k = t.masked - t.logprob;
        expect(t.difference).toBeCloseTo(-k, 6);
        expect(t.klPrcp).toBeCloseTo(Math.min(10, Math.exp(k) - k - 1), 3);
      }
    }
    expect(papo(args).stdout).toBe(stdout);
  });

  it('reads questions from standard input, one a line', () => {
    const { stdout, status } = papo(['ask', 'angle.png', '-'], `${QUESTION}\r\n\n  What is it?\n`);
    expect(status).toBe(0);
    expect(stdout.match(/^> .*$/gm)).toEqual([`> ${QUESTION}`, '> What is it?']);
    expect(stdout.match(/^given: /gm)).toHaveLength(2);
    const one = papo(['ask', 'angle.png', QUESTION]).stdout;
    expect(stdout.startsWith(`> ${QUESTION}\n${one}`)).toBe(true);
  });

  it('counts what several answers say, of no picture and of two', () => {
    const { stdout } = papo(['ask', QUESTION, '-n', '4', '--answer', ROW.answer]);
    expect(stdout).toMatch(/^4 answers: .*; right: \d of 4\n$/m);
    const two = papo(['ask', 'angle.png', 'angle.png', 'What is it?', '--max-tokens', '3']);
    expect(two.stdout).toContain('cut off at the longest length');
  });

  it('takes the best checkpoint of a run, with the settings of the run', () => {
    const run = join(dir, 'run');
    for (const step of ['step-000001', 'step-000002'])
      cpSync(POLICY, join(run, 'checkpoints', step), { recursive: true });
    const settings = ['--set', 'rollout.maxTokens=5', '--set', 'mask={kind: blank}'];
    writeFileSync(join(run, 'config.yaml'), papo(['config', ...settings]).stdout);
    const validation = (step: number, accuracy: number) =>
      JSON.stringify({ kind: 'validation', step, accuracy });
    writeFileSync(join(run, 'metrics.jsonl'), `${validation(1, 0.5)}\n${validation(2, 0.25)}\n`);
    const { stdout, stderr } = papo(['ask', 'angle.png', QUESTION, '--look', '--policy', 'run']);
    expect(stderr).toContain('asked: run (step 1, the best in validation (50.0 %)) (Qwen2.5-VL form');
    expect(stdout).toContain('over 5 tokens');
    expect(stdout).toContain('(blank, one mask, seed 1)');
    mkdirSync(join(dir, 'empty'));
    writeFileSync(join(dir, 'empty', 'config.yaml'), 'preset: grpo\n');
    expect(papo(['ask', 'angle.png', QUESTION, '--policy', 'empty']).stderr).toBe(
      'papo: empty: this run has no checkpoint yet; wait for one, or name a policy\n',
    );
  });

  it('asks a server', async () => {
    const server = await startFakeServer();
    const { stdout, stderr } = papo(['ask', 'angle.png', QUESTION, '--policy', server.url, '-n', '2']);
    expect(papo(['ask', 'angle.png', QUESTION, '--policy', server.url, '--look']).stderr).toMatch(
      /^papo: --look: a server does not show its log-probabilities[^\n]*\n$/,
    );
    await server.stop();
    expect(stderr).toContain(`asked: ${server.url} (model `);
    expect(stdout).toMatch(/^2 answers: /m);
  });

  it.each([
    [['angle.png'], 'angle.png: is a file where the question belongs'],
    [['angle.png', ' '], 'the question is empty'],
    [['none.png', 'What?'], 'none.png: cannot be read (ENOENT)'],
    [['bad.png', 'What?'], 'bad.png: '],
    [['angle.png', 'What?', '--policy', 'builtin:none'], 'builtin:none: no such policy in the package'],
    [['angle.png', 'What?', '--policy', 'none'], 'none: '],
    [['angle.png', 'What?', '--policy', 'http://127.0.0.1:9/v1'], 'http://127.0.0.1:9/v1: '],
    [['angle.png', 'What <image> <image>?'], 'row question: 2 <image> mark(s)'],
    [['What?', '--look'], '--look: there is no picture to look at'],
    [['angle.png', '-', '--html', 'a.html'], '--html: one file shows one question'],
    [['angle.png', '-'], 'standard input: holds no question'],
    [['angle.png', 'What?', '--html', 'no/a.html'], 'no/a.html: cannot be written (ENOENT)'],
    [['angle.png', 'What?', '--model', 'x'], '--model: names a model of a server'],
    [[], "missing required argument 'picture-or-question'"],
  ])('ends %j with one line', (args, message) => {
    const { status, stderr } = papo(['ask', ...args]);
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('asked: '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`papo: ${message}`);
    expect(status).toBe(1);
  });
});
