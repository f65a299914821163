/** The worker thread's side: an executor that answers messages, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SessionOptions } from '../../tensor/session.ts';
import { LocalExecutor } from './executor.ts';
import type { Reply, Request } from './worker-executor.ts';

const executor = new LocalExecutor(workerData as SessionOptions);
let last: Promise<void> = Promise.resolve();

parentPort!.on('message', (request: Request) => {
  last = last.then(() => answer(request));
});

async function answer({ id, method, args }: Request): Promise<void> {
  let reply: Reply;
  try {
    const call = executor[method] as (...a: unknown[]) => Promise<unknown>;
    reply = { id, value: await call.apply(executor, args) };
  } catch (error) {
    const { name, message } = error as Error;
    reply = { id, error: { name, message } };
  }
  parentPort!.postMessage(reply);
}
