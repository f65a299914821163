import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WorkerExecutor } from './worker-executor.ts';

// A thread runs built code.
const BUILT = new URL('../../../dist/engine/onnx/worker-executor.js', import.meta.url).href;
let Built: typeof WorkerExecutor;

beforeAll(async () => {
  ({ WorkerExecutor: Built } = await import(BUILT));
});

/** An executor, and the thread behind it. */
function started() {
  const executor = new Built({ threads: 1 });
  const thread = Object.values(executor).find((value) => value instanceof Worker);
  if (!thread) throw new Error('no thread');
  return { executor, thread };
}

describe('an executor in a thread', () => {
  it('answers until it is closed, and refuses from then on', async () => {
    const { executor } = started();
    expect(await executor.parameters()).toEqual({});
    await Promise.all([executor.end(), executor.end()]);
    await executor.end();
    await expect(executor.parameters()).rejects.toThrow('the engine is closed');
  });

  it('hands on what the thread throws', async () => {
    const { executor } = started();
    await expect(executor.run('none', {}, 'current')).rejects.toMatchObject({ name: 'GraphError' });
    expect(await executor.parameters()).toEqual({});
    await executor.end();
  });

  it('leaves no call without an answer where the thread dies, and can be closed', async () => {
    const { executor, thread } = started();
    await executor.parameters();
    const died = thread.terminate();
    // A thread may still answer what reaches it before its end.
    const asked = await Promise.allSettled([executor.parameters(), executor.moments()]);
    for (const one of asked)
      if (one.status === 'rejected')
        expect(one.reason.message).toBe("the engine's thread ended with code 1; start again with --resume");
    await died;
    await expect(executor.parameters()).rejects.toThrow("the engine's thread ended");
    await executor.end();
  });

  it('is closed where the thread dies of it', async () => {
    const { executor, thread } = started();
    const ending = executor.end();
    await thread.terminate();
    await ending;
  });

  it('says why a thread failed', async () => {
    const { executor, thread } = started();
    thread.emit('error', new Error('out of memory'));
    await expect(executor.parameters()).rejects.toThrow("the engine's thread failed: out of memory; start");
    await thread.terminate();
    await executor.end();
  });
});
