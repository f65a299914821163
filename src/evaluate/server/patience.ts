/** How long a server is waited for: which requests are sent again, when, and how many are under way at once. */
import { type Random, random } from '../../random.ts';
import { RETRIED, ServerFailure } from './failure.ts';

/** In milliseconds, but for the number of tries. */
export interface Patience {
  /** Times that a request is sent at most; a server that is away or loads its model is bounded by time alone. */
  tries: number;
  firstWait: number;
  longestWait: number;
  /** From the first sending of a request to its last. */
  total: number;
  /** The same for a server that takes no connection. */
  unreachable: number;
  /** The same for one that says that it loads its model. */
  loading: number;
}

export const PATIENCE: Patience = {
  tries: 8,
  firstWait: 500,
  longestWait: 30_000,
  total: 600_000,
  unreachable: 300_000,
  loading: 1_800_000,
};

/** Resolves after the time, or throws the signal's reason at once when that aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Lets a number of requests through at once, in the order in which they came, and none while the server wants rest. */
export class Gate {
  private free: number;
  private readonly queue: (() => void)[] = [];
  private restUntil = 0;

  constructor(size: number) {
    this.free = size;
  }

  async through<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      await this.rested(signal);
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.free++;
    }
  }

  /** Nothing new is sent for this many milliseconds. */
  rest(ms: number): void {
    this.restUntil = Math.max(this.restUntil, performance.now() + ms);
  }

  private async rested(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    for (let left = this.restUntil - performance.now(); left > 0; left = this.restUntil - performance.now())
      await sleep(left, signal);
  }
}

export interface Waiting {
  patience: Patience;
  signal?: AbortSignal;
  /** Names the stream that the waits are drawn from. */
  key: readonly (string | number)[];
  /** Hears of every wait before it begins. */
  waits?: (failure: ServerFailure, ms: number) => void;
}

/**
 * Sends a request until it is answered or there is no use in it any more.
 * @throws ServerFailure the last one; the reason of `signal`
 */
export async function patiently<T>(send: () => Promise<T>, waiting: Waiting): Promise<T> {
  const { patience, signal, key } = waiting;
  const began = performance.now();
  const jitter = random('wait', ...key);
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof ServerFailure) || !RETRIED.has(error.kind)) throw error;
      const ms = waitOf(error, tries, patience, jitter);
      const passed = performance.now() - began;
      if (!isWorth(error, tries, passed + ms, patience)) throw afterAll(error, tries, passed);
      waiting.waits?.(error, ms);
      await sleep(ms, signal);
    }
  }
}

/** What the server asks for, a little spread out; else twice as long each time, from half to all of it. */
function waitOf({ wait, kind }: ServerFailure, tries: number, patience: Patience, jitter: Random): number {
  const spread = jitter.next();
  if (wait !== undefined && wait > 0) return wait * (1 + spread / 10);
  const long = Math.min(patience.longestWait, patience.firstWait * 2 ** Math.min(tries - 1, 20));
  // A model takes many seconds to load: asking each second is polite enough.
  const most = kind === 'loading' ? Math.min(long, 4 * patience.firstWait) : long;
  return most * (0.5 + spread / 2);
}

function isWorth({ kind }: ServerFailure, tries: number, passed: number, patience: Patience): boolean {
  if (kind === 'unreachable') return passed <= patience.unreachable;
  if (kind === 'loading') return passed <= patience.loading;
  return tries < patience.tries && passed <= patience.total;
}

function afterAll(failure: ServerFailure, tries: number, passed: number): ServerFailure {
  if (tries === 1) return failure;
  const { kind, status, code, wait } = failure;
  const words = `${failure.message} (sent ${tries} times in ${(passed / 1000).toFixed(0)} s)`;
  return new ServerFailure(kind, words, { status, code, wait, cause: failure });
}
