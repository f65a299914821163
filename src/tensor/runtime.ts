/** Loading ONNX Runtime. The only file that imports onnxruntime-node. */
import type * as Ort from 'onnxruntime-node';
import { GraphError } from '../errors.ts';

export type Runtime = typeof Ort;

/** The runtime reads it natively when its environment is made; `0` in the user's own environment stays. */
const OFF = "process.env.ORT_DISABLE_TELEMETRY ||= '1'";
/** A main thread that computes answers late; one that waits for its worker never does. */
const PATIENCE_MS = 10_000;

let loaded: Promise<Runtime> | undefined;

/**
 * ONNX Runtime with its usage telemetry off. It is loaded when the first program is opened, not by an import: what an
 * import does first cannot be told from here, and a command that opens no program need not wait for 45 MB of library.
 * @throws GraphError where telemetry cannot be turned off, or the library does not load.
 */
export function runtime(): Promise<Runtime> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(): Promise<Runtime> {
  const { isMainThread } = await import('node:worker_threads');
  if (isMainThread) process.env.ORT_DISABLE_TELEMETRY ||= '1';
  else await evaluateInMainThread(OFF);
  try {
    const ort = await import('onnxruntime-node');
    ort.env.logLevel = 'fatal';
    return ort;
  } catch (cause) {
    const why = (cause as Error).message.split('\n')[0];
    throw new GraphError(`ONNX Runtime does not load: ${why}; install the packages again (npm ci)`, {
      cause,
    });
  }
}

/** A worker's `process.env` is a copy that native code never sees: only the main thread's writes through. */
async function evaluateInMainThread(expression: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const { Session } = await import('node:inspector/promises');
    const session = new Session();
    session.connectToMainThread();
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the main thread does not answer')), PATIENCE_MS);
    });
    await Promise.race([session.post('Runtime.evaluate', { expression }), late]);
    session.disconnect();
  } catch (cause) {
    throw new GraphError(
      `telemetry of ONNX Runtime cannot be turned off from this worker thread (${(cause as Error).message}); ` +
        'start the process with ORT_DISABLE_TELEMETRY=1 in its environment',
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
