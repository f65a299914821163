/** Ctrl-C and kill: the first asks a run to save and leave, the second leaves at once. */

/** Exit status of a program that a signal ended: 128 and the signal's number. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STATUS;

export const exitStatus = (signal: StopSignal): number => STATUS[signal];

/** Runs `work` with a signal that aborts (its reason is the name) when the process is asked to stop. */
export async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
  say: (text: string) => void,
): Promise<T> {
  const controller = new AbortController();
  const listeners = (Object.keys(STATUS) as StopSignal[]).map((name) => {
    const listener = () => {
      if (controller.signal.aborted) process.exit(STATUS[name]);
      say(`${name}: saving a checkpoint after what is being computed; once more leaves at once`);
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
