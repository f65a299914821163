/** Nothing leaves the machine, and nothing is written but what was asked for: ONNX Runtime's telemetry stays off. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const dist = (file: string) =>
  JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../dist', file)).href);

/** Opens and runs the smallest program, as a user of the library would. */
const OPEN = `
  const { compile } = await import(${dist('tensor/program.js')});
  const t = await import(${dist('tensor/ops.js')});
  const { Session } = await import(${dist('tensor/session.js')});
  const session = await Session.create(compile({ y: t.exp(t.input('x', [3])) }));
  const { y } = await session.run({ x: Float32Array.of(0, 0, 0) });
  if (y.join() !== '1,1,1') throw new Error('the program did not run');
  await session.close();
`;
const WAYS = {
  'the main thread': OPEN,
  'a worker thread': `
    const { Worker } = await import('node:worker_threads');
    const body = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(OPEN)}));
    await new Promise((done, fail) => new Worker(body, { env: {} }).on('error', fail).on('exit', done));
  `,
};

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it.each(Object.entries(WAYS))('opened in %s, the runtime writes nothing anywhere', async (_, code) => {
  const home = mkdtempSync(join(tmpdir(), 'papo-home-'));
  folders.push(home);
  for (const d of ['tmp', 'cache', 'here']) mkdirSync(join(home, d));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CACHE_HOME: join(home, 'cache'),
  };
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(home, 'here'),
    env,
  });
  expect(readdirSync(home, { recursive: true }).sort()).toEqual(['cache', 'here', 'tmp']);
});
