/** Work on what someone else wrote, stopped where it takes too long. */
import { type Context, createContext, Script } from 'node:vm';

const call = new Script('work()');
let context: Context | undefined;

/**
 * Runs synchronous work and stops it, wherever it is, once the time is over: also inside a loop, a regular expression
 * or a sort. What it was working on is in an unknown state then.
 * @returns undefined where the time was over
 * @throws what the work throws
 */
export function within<T>(milliseconds: number, work: () => T): { value: T } | undefined {
  let done: { value: T } | undefined;
  // One context for all: to make one takes 5 ms.
  context ??= createContext({});
  context.work = () => {
    done = { value: work() };
  };
  try {
    call.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return undefined;
  } finally {
    context.work = undefined;
  }
  return done;
}
