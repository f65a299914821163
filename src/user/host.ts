/**
 * A person's own function, run in a worker thread of its own: it can be cut off in the midst of an endless loop, cannot
 * end the process, and cannot write into what the run prints. A thread rather than a process: pictures go over without
 * being copied, and none is left spinning where the run itself is killed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ConfigError, type PapoError, UserFunctionError } from '../errors.ts';
import type { Random } from '../random.ts';
import { HEAP_MB, TIMEOUT } from './limits.ts';
import { type Answer, type Call, cut, type FromWorker, type Start } from './protocol.ts';
import { DEFAULT, type Reference, resolveReference } from './reference.ts';

/** Once the run is asked to stop, calls under way have this long. */
const GRACE_MS = 2000;

/** A thread that does not end within this time waits for something outside of JavaScript. */
const ENDING_MS = 2000;

/** Where a person's own functions run. */
export interface HostOptions {
  /** Seconds without an answer, or of loading, after which the function is cut off. @default 60 */
  timeout?: number;
  /** Aborted where the run is to stop: calls that are still under way 2 seconds later are given up. */
  signal?: AbortSignal;
  /** Told of each line that the function prints. @default standard error */
  say?: (line: string) => void;
}

export interface CallOptions {
  /** What the call is about, for messages: `row geo-12`. */
  what: string;
  /** The stream of chance that the function gets as its argument number `at`. */
  stream?: { at: number; rng: Random };
  /** Buffers in the arguments that the caller has no further use for. */
  transfer?: ArrayBuffer[];
}

/** Makes the error to throw, of words for what is wrong with a result and what to give instead. */
export type Refuse = (words: string) => UserFunctionError;

/** Checks what a function gave, and completes it. */
export type Read<T> = (result: unknown, refuse: Refuse) => T;

interface Waiting {
  what: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

let threadsLeft = 0;

/** Threads that could not be ended, as they wait outside of JavaScript; an ordinary exit would wait for them. */
export const stuckThreads = (): number => threadsLeft;

/**
 * Starts the thread and loads `path/to/file.ts#exportName`.
 * @param setting leads every message, such as `reward.function`
 * @param baseDir what a relative path is taken from
 * @throws ConfigError where the file or the export is missing or cannot be loaded; UserFunctionError where loading
 *   hangs or ends the thread
 */
export async function openUserFunction(
  setting: string,
  reference: string,
  baseDir: string,
  options: HostOptions = {},
): Promise<UserFunctionHost> {
  const module = await resolveReference(setting, reference, baseDir);
  const host = new UserFunctionHost(setting, reference, module, options);
  try {
    await host.loaded;
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}

export class UserFunctionHost {
  /** Setting and reference, as messages begin. */
  readonly title: string;
  readonly loaded: Promise<void>;
  private readonly options: HostOptions;
  private readonly timeoutMs: number;
  /** The setting that the time comes from. */
  private readonly limitName: string;
  private readonly worker: Worker;
  private readonly marks = new Int32Array(new SharedArrayBuffer(8));
  private readonly waiting = new Map<number, Waiting>();
  private batch: { call: Call; transfer: ArrayBuffer[] }[] = [];
  private count = 0;
  /** Why no further call is answered. */
  private broken: PapoError | undefined;
  private settleLoading: { resolve: () => void; reject: (error: PapoError) => void } | undefined;
  private quietMs = 0;
  private begun = 0;
  private timer: NodeJS.Timeout | undefined;
  /** Time that calls have taken since the run was asked to stop. */
  private stoppingMs = 0;
  private ended = false;
  private ending: Promise<void> | undefined;

  constructor(setting: string, reference: string, module: Reference, options: HostOptions) {
    this.title = `${setting} ${cut(reference)}`;
    this.limitName = setting.replace(/[^.]*$/, 'timeout');
    this.options = options;
    this.timeoutMs = 1000 * (options.timeout ?? TIMEOUT);
    this.worker = startThread({ ...module, marks: this.marks });
    this.worker.on('message', (message: FromWorker) => this.receive(message));
    this.worker.on('error', (error) => this.fail(this.fault(deathOf(error))));
    this.worker.on('exit', (code) => {
      this.ended = true;
      this.fail(this.fault(`ended its thread (process.exit(${code}))`, this.running()));
    });
    this.loaded = new Promise((resolve, reject) => {
      this.settleLoading = { resolve, reject };
    });
  }

  /**
   * Calls made in one turn of the event loop go over in one message and begin in the order in which they were made.
   * @throws UserFunctionError where the function throws, hangs, or its thread is gone
   */
  call(args: unknown[], { what, stream, transfer = [] }: CallOptions): Promise<unknown> {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.count;
    const call: Call = { id, args };
    // Drawn from, so that the next call with the same stream gets other numbers.
    if (stream) call.stream = { at: stream.at, key: [stream.rng.next(), stream.rng.next()] };
    if (this.batch.length === 0) queueMicrotask(() => this.post());
    this.batch.push({ call, transfer });
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { what, resolve, reject });
    });
  }

  /**
   * A call whose result is read.
   * @throws UserFunctionError as `call`, and where `read` refuses what the function gave
   */
  async ask<T>(args: unknown[], options: CallOptions, read: Read<T>): Promise<T> {
    return read(await this.call(args, options), (words) => this.fault(words, options.what));
  }

  /** Ends the thread, within 2 seconds. Calls under way are rejected. */
  async close(): Promise<void> {
    this.fail(this.fault('was closed'));
    await this.ending;
  }

  private fault(words: string, what?: string): UserFunctionError {
    return new UserFunctionError(`${this.title}${what === undefined ? '' : `, ${cut(what)}`}: ${words}`);
  }

  private post(): void {
    const batch = this.batch;
    this.batch = [];
    if (this.broken) return;
    this.watch();
    try {
      const transfer = batch.flatMap((b) => b.transfer);
      this.worker.postMessage(
        batch.map((b) => b.call),
        transfer,
      );
    } catch {
      // What one call holds cannot be copied: each call is sent alone.
      for (const { call, transfer } of batch) {
        try {
          this.worker.postMessage([call], transfer);
        } catch (error) {
          const why = `what it is given cannot be sent to its thread: ${cut((error as Error).message)}`;
          this.settle(call.id, (w) => w.reject(this.fault(why, w.what)));
        }
      }
    }
  }

  private receive(message: FromWorker): void {
    if (message.type === 'print') {
      const say = this.options.say ?? ((line) => process.stderr.write(`${line}\n`));
      for (const line of message.lines) say(`${this.title}: ${line}`);
      return;
    }
    if (message.type === 'absent') {
      const { functions } = message;
      const have = functions.length > 0 ? functions.join(', ') : 'no function';
      const what =
        message.name === DEFAULT ? 'no function as its default export' : 'no function of that name';
      this.fail(new ConfigError(`${this.title}: ${what} (it exports ${cut(have)})`));
    } else if (message.type === 'unloadable') {
      this.fail(new ConfigError(`${this.title}: cannot be loaded: ${message.why}`));
    } else if (message.type === 'stray') {
      this.fail(this.fault(message.why, this.running() ?? this.onlyOne()));
    } else if (message.type === 'ready') {
      this.settleLoading?.resolve();
      this.settleLoading = undefined;
    } else if (message.type === 'answers') {
      for (const answer of message.answers) this.answer(answer);
    }
    this.watch();
  }

  private answer(answer: Answer): void {
    this.settle(answer.id, (call) => {
      if ('error' in answer) call.reject(this.fault(answer.error, call.what));
      else call.resolve(answer.value);
    });
  }

  private settle(id: number, how: (call: Waiting) => void): void {
    const call = this.waiting.get(id);
    this.waiting.delete(id);
    if (call) how(call);
  }

  /** Something was heard or is waited for: the silence begins anew, and holds the process where it matters. */
  private watch(): void {
    this.quietMs = 0;
    const busy = !this.broken && (this.waiting.size > 0 || this.settleLoading !== undefined);
    if (busy) this.worker.ref();
    else this.worker.unref();
    if (!busy) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const tick = Math.max(10, Math.min(250, this.timeoutMs / 4));
    let last = performance.now();
    this.timer ??= setInterval(() => {
      const now = performance.now();
      // Time in which this thread was held up itself, answers unread, does not count.
      const passed = Math.min(now - last, 2 * tick);
      last = now;
      // To begin the next call is a sign of life too: answers of asynchronous ones wait until all have begun.
      const begun = Atomics.load(this.marks, 0);
      this.quietMs = begun === this.begun ? this.quietMs + passed : 0;
      this.begun = begun;
      if (this.options.signal?.aborted) this.stoppingMs += passed;
      this.judge();
    }, tick);
  }

  private judge(): void {
    const late =
      this.quietMs >= this.timeoutMs ? `for ${this.timeoutMs / 1000} s (${this.limitName})` : undefined;
    const stopped =
      this.stoppingMs >= GRACE_MS ? `${GRACE_MS / 1000} s after the run was asked to stop` : undefined;
    const when = late ?? stopped;
    if (when === undefined) return;
    if (this.settleLoading)
      this.fail(this.fault(`did not finish loading ${when}; look at what it does outside of functions`));
    else this.fail(this.fault(`no answer ${when}; cut off`, this.running() ?? this.oldest()));
  }

  /** What the call is about whose code runs at this moment. */
  private running(): string | undefined {
    return this.waiting.get(Atomics.load(this.marks, 1))?.what;
  }

  private oldest(): string | undefined {
    return this.waiting.values().next().value?.what;
  }

  private onlyOne(): string | undefined {
    return this.waiting.size === 1 ? this.oldest() : undefined;
  }

  private fail(error: PapoError): void {
    if (this.broken) return;
    this.broken = error;
    this.settleLoading?.reject(error);
    this.settleLoading = undefined;
    for (const call of this.waiting.values()) call.reject(error);
    this.waiting.clear();
    this.watch();
    this.ending = this.end();
  }

  private async end(): Promise<void> {
    if (this.ended) return;
    threadsLeft++;
    // The time holds the process: one that ended meanwhile would leave its callers waiting.
    const over = new AbortController();
    const gone = this.worker.terminate().then(() => {
      threadsLeft--;
      over.abort();
    });
    await Promise.race([gone, wait(ENDING_MS, undefined, over).catch(() => {})]);
  }
}

/** From source, as in tests, the thread runs what was built: Node reads TypeScript by itself only from 22.18 on. */
function startThread(start: Start): Worker {
  const built = import.meta.url.endsWith('.ts') ? '../../dist/user/worker.js' : './worker.js';
  return new Worker(new URL(built, import.meta.url), {
    workerData: start,
    // Which a thread of a file refuses.
    execArgv: process.execArgv.filter((flag) => !flag.startsWith('--input-type')),
    // Nothing goes to our own streams; what the function prints comes as messages.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
}

function deathOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return `ran out of memory: its objects may take ${HEAP_MB} MB, buffers not counted`;
  return `its thread ended: ${cut(message)}`;
}
