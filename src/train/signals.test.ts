import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const built = (file: string) => new URL(`../../dist/${file}`, import.meta.url).href;

/** Matrix products without end in a thread of their own, as an engine's; says GO once they have begun. */
const WORKER = `
const { parentPort } = await import('node:worker_threads');
const { input } = await import('${built('tensor/graph.js')}');
const { matmul } = await import('${built('tensor/ops.js')}');
const { compile } = await import('${built('tensor/program.js')}');
const { Session } = await import('${built('tensor/session.js')}');
const n = 1024;
const x = input('x', [n, n]);
const session = await Session.create(compile({ y: matmul(matmul(x, x), x) }));
const feeds = { x: new Float32Array(n * n).fill(0.5) };
await session.run(feeds);
parentPort.postMessage('GO');
for (;;) await session.run(feeds);
`;

const MAIN = `
import { Worker } from 'node:worker_threads';
import { untilStopped } from '${built('train/signals.js')}';
const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(WORKER)})));
const say = (text) => process.stdout.write(text + '\\n');
await untilStopped(() => new Promise(() => worker.on('message', say)), say);
`;

it.each(['SIGINT', 'SIGTERM'] as const)(
  'a second %s ends the process by that signal while ONNX Runtime computes, without a word',
  async (signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', MAIN]);
    let text = '';
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      const going = text.includes('GO');
      text += chunk;
      if (going || !text.includes('GO')) return;
      child.kill(signal);
      setTimeout(() => child.kill(signal), 700);
    });
    const [code, by] = await new Promise<[number | null, string | null]>((done) =>
      child.on('exit', (...how) => done(how)),
    );
    expect([code, by, errors]).toEqual([null, signal, '']);
    expect(text).toContain(
      `${signal}: saving a checkpoint after what is being computed; once more leaves at once`,
    );
  },
);
