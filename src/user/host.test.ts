/** Functions that misbehave in every way, in real threads. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, UserFunctionError } from '../errors.ts';
import { type HostOptions, openUserFunction, stuckThreads } from './host.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'user-'));
  writeFileSync(
    join(dir, 'own.mjs'),
    `export const order = [];
     export const echo = (x) => { order.push(x); return { x, order: order.length }; };
     export const fails = (x) => { if (x % 2) throw new TypeError('odd ' + 'y'.repeat(900)); return x; };
     export const odd = (x) => { throw [null, 'words', { toString() { throw 1; } }, Object.create(null)][x]; };
     export const spin = (x) => { if (x === 2) for (;;); return new Promise((done) => setTimeout(done, 1e6)); };
     export const never = (x) => (x === 1 ? x : new Promise(() => {}));
     export const starve = async () => { for (;;) await null; };
     export const slow = async (x) => { const end = Date.now() + 150; while (Date.now() < end); return x; };
     export const leave = (x) => (x === 2 ? process.exit(0) : new Promise(() => {}));
     export const lost = (x) => { Promise.reject(new Error('lost')); return new Promise(() => {}); };
     export const later = (x) => { setTimeout(() => { throw new Error('later'); }); return new Promise(() => {}); };
     export const chatty = (x) => { console.log('one\\ntwo', x); process.stderr.write('three\\n'); return x; };
     export const hoards = () => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)); };
     export const wordy = (x) => ({ x, note: 'y'.repeat(1e6), bytes: new Uint8Array(20_000) });
     export const methods = (x) => (x === 1 ? { run() {} } : x);
     export const waits = () => { new Promise(() => {}); return waiting(); };
     import { execSync } from 'node:child_process';
     const waiting = () => execSync('sleep 30');`,
  );
  writeFileSync(join(dir, 'spins.mjs'), 'for (;;);');
  writeFileSync(join(dir, 'waits.mjs'), 'await new Promise(() => setInterval(() => {}, 1000));');
  writeFileSync(join(dir, 'leaves.mjs'), 'process.exit(0);');
  writeFileSync(join(dir, 'throws.mjs'), 'throw new RangeError("no key in the environment");');
  writeFileSync(join(dir, 'broken.mjs'), 'export default (;');
});
afterAll(() => rmSync(dir, { recursive: true }));

const open = (reference: string, options: HostOptions = {}) =>
  openUserFunction('reward.function', reference, dir, options);

/** What calls with 1, 2, … come to, made in one turn. */
async function callAll(name: string, count: number, options: HostOptions = {}) {
  const host = await open(`own.mjs#${name}`, options);
  const calls = Array.from({ length: count }, (_, i) => host.call([i + 1], { what: `row r${i + 1}` }));
  const results = await Promise.allSettled(calls);
  await host.close();
  return results.map((r) => (r.status === 'fulfilled' ? r.value : (r.reason as Error).message));
}

describe('calls', () => {
  it('begin in the order in which they were made, and each gets its own answer', async () => {
    const all = await callAll('echo', 500);
    expect(all).toEqual(Array.from({ length: 500 }, (_, i) => ({ x: i + 1, order: i + 1 })));
  });

  it('fail alone, by name, row and place, in one short line', async () => {
    const [first, second] = (await callAll('fails', 2)) as string[];
    expect(second).toBe(2);
    expect(first).toMatch(
      /^reward\.function own\.mjs#fails, row r1: threw TypeError: odd y+… \(\d+ characters\) \(own\.mjs:3:\d+\)$/,
    );
    expect(first!.length).toBeLessThan(320);
    expect(await callAll('odd', 3)).toEqual([
      'reward.function own.mjs#odd, row r1: threw "words"',
      expect.stringContaining('row r2: threw'),
      expect.stringContaining('row r3: threw'),
    ]);
  });

  it('may take longer than the limit together, as long as answers come', async () => {
    expect(await callAll('slow', 4, { timeout: 0.4 })).toEqual([1, 2, 3, 4]);
  });

  it('that give what cannot be sent are told, the others are answered', async () => {
    expect(await callAll('methods', 3)).toEqual([
      expect.stringContaining('row r1: gave what cannot be copied'),
      2,
      3,
    ]);
    const host = await open('own.mjs#methods');
    const sent = await Promise.allSettled([
      host.call([() => 1], { what: 'row f' }),
      host.call([2], { what: 'row g' }),
    ]);
    expect(sent.map((s) => s.status)).toEqual(['rejected', 'fulfilled']);
    await host.close();
  });

  it('hand over no more of a text than a message could show', async () => {
    const [result] = (await callAll('wordy', 1)) as { x: number; note: string; bytes: Uint8Array }[];
    expect([result?.x, result?.note.length, result?.bytes.length]).toEqual([1, 10_000, 20_000]);
  });

  it('print through us, line by line', async () => {
    const said: string[] = [];
    await callAll('chatty', 1, { say: (line) => said.push(line) });
    const title = 'reward.function own.mjs#chatty: ';
    expect(said.sort()).toEqual(['one', 'three', 'two 1'].map((line) => title + line));
  });
});

describe('a function that', () => {
  it.each([
    ['spin', 'row r2: no answer for 0.5 s (reward.timeout); cut off'],
    ['never', 'row r2: no answer for 0.5 s (reward.timeout); cut off'],
    ['hoards', 'ran out of memory: its objects may take 512 MB, buffers not counted'],
    ['starve', 'row r1: no answer for 0.5 s (reward.timeout); cut off'],
    ['leave', 'row r2: ended its thread (process.exit(0))'],
    ['lost', 'left a rejected promise without a catch: Error: lost (own.mjs:10:'],
    ['later', 'threw outside of a call: Error: later (own.mjs:11:'],
  ])('%ss is named and gone', async (name, words) => {
    const before = performance.now();
    const results = await callAll(name, 3, { timeout: name === 'hoards' ? 20 : 0.5 });
    expect(results.at(-1)).toContain(`reward.function own.mjs#${name}`);
    expect(results.at(-1)).toContain(words);
    // A busy machine takes its time.
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('hangs is given up 2 seconds after the run is asked to stop, and answers no more', async () => {
    const stop = new AbortController();
    const host = await open('own.mjs#spin', { signal: stop.signal });
    const calls = [1, 2].map((x) => host.call([x], { what: `row r${x}` }));
    stop.abort();
    const words = 'row r2: no answer 2 s after the run was asked to stop; cut off';
    for (const call of calls) await expect(call).rejects.toThrow(words);
    await expect(host.call([3], { what: 'row r3' })).rejects.toThrow(words);
    await host.close();
  });
});

describe('a module that', () => {
  it.each([
    ['spins.mjs', UserFunctionError, 'did not finish loading for 1 s (reward.timeout)'],
    ['waits.mjs', UserFunctionError, 'did not finish loading for 1 s (reward.timeout)'],
    ['leaves.mjs', UserFunctionError, 'ended its thread (process.exit(0))'],
    ['throws.mjs', ConfigError, 'cannot be loaded: RangeError: no key in the environment (throws.mjs:1:7)'],
    ['broken.mjs', ConfigError, "cannot be loaded: SyntaxError: Unexpected token ';'"],
  ])('%s is named', async (module, kind, words) => {
    const before = stuckThreads();
    const loading = open(module, { timeout: 1 });
    await expect(loading).rejects.toThrow(`reward.function ${module}: ${words}`);
    await expect(loading).rejects.toThrow(kind);
    // A thread that goes on would make an ordinary exit a kill; one that waits for the system stays.
    if (module !== 'waits.mjs') expect(stuckThreads()).toBe(before);
  });
});

it('holds no process that has nothing else to do, and ends one that waits for the system', async () => {
  const built = new URL('../../dist/user/host.js', import.meta.url).href;
  const run = (name: string) =>
    promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `import { openUserFunction, stuckThreads } from ${JSON.stringify(built)};
       const host = await openUserFunction('f', 'own.mjs#${name}', ${JSON.stringify(dir)}, { timeout: 0.3 });
       console.log(await host.call([1], { what: 'row' }).catch((e) => e.message));
       if (${name === 'waits'}) { await host.close(); console.log(stuckThreads()); process.kill(process.pid, 'SIGKILL'); }`,
    ]).catch((e) => e);
  expect((await run('echo')).stdout).toContain('order: 1');
  const { stdout, signal } = await run('waits');
  expect(stdout).toBe('f own.mjs#waits, row: no answer for 0.3 s (timeout); cut off\n1\n');
  expect(signal).toBe('SIGKILL');
});
