/** `papo eval` of a server as a person runs it: two real processes, kill -9, servers that misbehave. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ANSWERS_FILE, readAnswers, SUMMARY_FILE } from '../files.ts';
import { type FakeScript, type FakeServer, startFakeServer } from './fake-server.testing.ts';

const papo = fileURLToPath(new URL('../../../bin/papo.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url)));
const KEY = 'sk-secret-0123456789';
const cwd = mkdtempSync(join(tmpdir(), 'papo-eval-server-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const servers: FakeServer[] = [];
afterEach(async () => {
  for (const fake of servers.splice(0)) await fake.stop();
});

async function server(script: FakeScript): Promise<FakeServer> {
  const fake = await startFakeServer(script);
  servers.push(fake);
  return fake;
}

const LIMIT = 12;
const SAMPLES = 3;
const args = (url: string, out: string, ...more: string[]) => [
  ...[papo, 'eval', url, 'builtin', '--limit', String(LIMIT), '-n', String(SAMPLES), '--out', out],
  ...more,
];
const options = { cwd, env: { ...process.env, PAPO_API_KEY: KEY } };
async function run(...words: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words, options);
  expect(stderr).toBe('');
  return stdout;
}
const lines = (out: string) => (existsSync(join(cwd, out, ANSWERS_FILE)) ? readAnswers(join(cwd, out)) : []);
const summary = (out: string) => readFileSync(join(cwd, out, SUMMARY_FILE), 'utf8');
/** Answers without the order in which they came. */
const sorted = (out: string) =>
  lines(out)
    .map((line) => JSON.stringify(line))
    .sort();
/** How often each question was asked, in each way. */
function counts(fake: FakeServer): Map<string, number> {
  const all = new Map<string, number>();
  for (const { text, body } of fake.asked()) {
    const name = JSON.stringify([body?.temperature === 0, body?.seed, text]);
    all.set(name, (all.get(name) ?? 0) + 1);
  }
  return all;
}

describe.skipIf(!isBuilt)('papo eval http://…', () => {
  it('asks each question once, and after kill -9 at most those under way again', async () => {
    const whole = await server({ ms: 60 });
    const stdout = await run(...args(whole.url, 'whole'));
    expect(stdout).toContain(`fake-vl at ${whole.url}`);
    expect(lines('whole')).toHaveLength(LIMIT * (SAMPLES + 1));
    expect(lines('whole').every(({ verdict }) => verdict === 'right' || verdict === 'wrong')).toBe(true);
    // Once drawn, once greedy.
    expect([...counts(whole).values()]).toEqual(Array(2 * LIMIT).fill(1));

    await whole.stop();
    await whole.start({ ms: 60 });
    const before = whole.asked().length;
    const child = spawn(process.execPath, args(whole.url, 'killed', '--parallel', '3'), {
      ...options,
      stdio: 'ignore',
    });
    const gone = new Promise((done) => child.once('exit', done));
    while (lines('killed').length < SAMPLES * 3) await wait(5);
    child.kill('SIGKILL');
    await gone;
    const answered = lines('killed').length;
    expect(answered).toBeLessThan(LIMIT * (SAMPLES + 1));
    expect(existsSync(join(cwd, 'killed', SUMMARY_FILE))).toBe(false);
    expect(await run(...args(whole.url, 'killed', '--parallel', '3'))).toContain('is not asked again');
    expect(sorted('killed')).toEqual(sorted('whole'));
    expect(summary('killed')).toBe(summary('whole'));
    const asked = whole.asked().length - before;
    expect(asked).toBeGreaterThanOrEqual(2 * LIMIT);
    expect(asked).toBeLessThanOrEqual(2 * LIMIT + 3);

    // Nothing is left to be asked.
    await run(...args(whole.url, 'killed', '--parallel', '3'));
    expect(whole.asked().length - before).toBe(asked);
  });

  it('counts what a server does wrong and asks for it again when it goes on', async () => {
    const faults: FakeScript['faults'] = [
      { do: 'page', times: 1 },
      { do: 'not JSON', times: 1 },
      { do: 'null', times: 1 },
      { do: 'cut', times: 1 },
      { do: 'status', status: 429, headers: { 'Retry-After': '1' }, times: 1 },
      { do: 'status', status: 500, times: 1 },
      { do: 'fewer', times: 1 },
      { do: 'status', status: 400, message: 'too long', times: 1 },
    ];
    const fake = await server({ faults, refuses: ['top_k'] });
    await run(...args(fake.url, 'faults', '--parallel', '1'));
    expect(lines('faults')).toHaveLength(LIMIT * (SAMPLES + 1));
    const failed = lines('faults').filter(({ verdict }) => verdict === 'failed');
    expect(new Set(failed.map(({ why }) => why.slice(0, 22)))).toHaveLength(4);
    await fake.stop();
    await fake.start({ refuses: ['top_k'] });
    await run(...args(fake.url, 'faults', '--parallel', '1'));
    expect(lines('faults').filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    const good = await server({ refuses: ['top_k'] });
    await run(...args(good.url, 'good'));
    expect(sorted('faults')).toEqual(sorted('good'));
  });

  it('writes and prints the key nowhere, a wrong one included', async () => {
    const echo = await server({ faults: [{ do: 'echo' }], key: KEY });
    const stdout = await run(...args(echo.url, 'echo', '--no-greedy'));
    expect(stdout).not.toContain('secret');
    expect(lines('echo')[0].response).toBe('you sent Bearer [key]');
    for (const file of readdirSync(join(cwd, 'echo')))
      expect(readFileSync(join(cwd, 'echo', file), 'utf8'), file).not.toContain('secret');
    const other = await server({ key: 'sk-another-0123456789' });
    const refused = await run(...args(other.url, 'refused')).catch((error) => error);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^papo: http:\S+: 401: Incorrect API key provided: Bearer \[key\]; the key in PAPO_API_KEY or OPENAI_API_KEY is not taken[^\n]*\n$/,
    );
    expect(existsSync(join(cwd, 'refused'))).toBe(false);
  });

  it('stops in order when it is asked to, and when the server is not there', async () => {
    const slow = await server({ faults: [{ do: 'never', after: 6 }] });
    const child = spawn(process.execPath, args(slow.url, 'stopped', '--parallel', '2'), options);
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const gone = new Promise((done) => child.once('exit', done));
    while (slow.asked().length < 8) await wait(20);
    child.kill('SIGINT');
    expect(await gone).toBe(130);
    expect(said).toContain('stopped; the same command goes on: papo eval');
    expect(lines('stopped').length).toBeGreaterThan(0);
    await slow.stop();
    const refused = await run(...args(slow.url, 'stopped')).catch((error) => error);
    expect(refused.stderr).toMatch(
      /^papo: http:\S+: no connection \(ECONNREFUSED\)[^\n]*; start the server[^\n]*\n$/,
    );
  });
});
