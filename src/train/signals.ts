/** Ctrl-C and kill: the first asks a run to save and leave, the second leaves at once. */

/**
 * npm and npx hand a signal on to a child that the terminal has signalled already, so one Ctrl-C comes twice; nobody
 * presses it twice in this time.
 */
const ECHO_MS = 500;

/** Exit status of a program that a signal ended: 128 and the signal's number. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STATUS;

export const exitStatus = (signal: StopSignal): number => STATUS[signal];

/**
 * Ends the process at once, as the signal would have without us. An exit of Node's own ends the threads one by one,
 * and ONNX Runtime aborts the process when its thread goes away under a computation; a thread that waits for the system
 * would never end. What is written here is written whole before a signal is heard.
 */
export function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container is spared by its own signals.
  setTimeout(() => process.exit(signal in STATUS ? STATUS[signal as StopSignal] : 1), 1000);
}

/**
 * Runs `work` with a signal that aborts (its reason is the name) when the process is asked to stop.
 * @param answer what is then done, for the person who asked
 */
export async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
  say: (text: string) => void,
  answer = 'saving a checkpoint after what is being computed',
): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  const listeners = (Object.keys(STATUS) as StopSignal[]).map((name) => {
    const listener = () => {
      if (controller.signal.aborted) {
        if (performance.now() - first > ECHO_MS) dieOf(name);
        return;
      }
      first = performance.now();
      say(`${name}: ${answer}; once more leaves at once`);
      controller.abort(name);
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
  }
}
