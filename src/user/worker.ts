/**
 * The worker's side: loads one function of a user's module and answers calls to it. All that runs here may hang, throw
 * or end the thread; nothing of it reaches the run but messages.
 */
import { pathToFileURL } from 'node:url';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { random } from '../random.ts';
import { type Answer, type Call, type FromWorker, reason, type Start, shown } from './protocol.ts';

/** Answers are sent together, but none waits longer for the others than this: silence means that a call hangs. */
const FLUSH_MS = 100;

/** Node has one for every worker, and this file runs in nothing else. */
const port = parentPort as MessagePort;
const { file, name, marks } = workerData as Start;
const [STARTED, RUNNING] = [0, 1];

const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

function stray(what: string, error: unknown): void {
  send({ type: 'stray', why: `${what}: ${reason(error)}` });
}
/** Lines that may be printed by one batch of calls; more would fill the memory. */
const MOST_LINES = 1000;
const LONGEST_LINE = 2000;
let printed = 0;

function print(chunk: string | Uint8Array): void {
  if (printed > MOST_LINES) return;
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  const lines = text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .slice(0, MOST_LINES - printed);
  printed += Math.max(1, lines.length);
  const shortened = lines.map((line) => line.slice(0, LONGEST_LINE));
  if (printed > MOST_LINES) shortened.push(`(more than ${MOST_LINES} lines; the rest is left out)`);
  send({ type: 'print', lines: shortened });
}
for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    print(chunk);
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };

process.on('unhandledRejection', (error) => stray('left a rejected promise without a catch', error));
process.on('uncaughtException', (error) => stray('threw outside of a call', error));

/**
 * Why Node gives up on a JavaScript file that imports TypeScript: up to 22.17 at its ending, later at an enum or at an
 * import without an ending.
 */
const OF_TYPESCRIPT = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
];

/**
 * TypeScript goes through jiti on every version of Node alike: with enums, files that import other `.ts` files (named
 * `.ts`, `.js` or without an ending), and no cache on the disk. So does JavaScript that Node cannot load for that reason;
 * what it imports was looked up before anything ran.
 */
async function load(): Promise<Record<string, unknown>> {
  if (!/\.[mc]?ts$/.test(file)) {
    try {
      return await import(pathToFileURL(file).href);
    } catch (error) {
      const { code } = (error ?? {}) as { code?: string };
      if (!OF_TYPESCRIPT.includes(code ?? '')) throw error;
    }
  }
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url, { fsCache: false, interopDefault: false }).import(file);
}

type UserFunction = (...args: unknown[]) => unknown;

/** The exports, and those of `module.exports = { … }`, of which Node names only some. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown> {
  const whole = module.default;
  return typeof whole === 'object' && whole !== null ? { ...whole, ...module } : module;
}

function functionOf(module: Record<string, unknown>): UserFunction | undefined {
  const exports = exportsOf(module);
  const found = exports[name];
  if (typeof found === 'function') return found as UserFunction;
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  send({ type: 'absent', name, functions: functions.sort() });
  return undefined;
}

/** An answer with the buffers that the call was lent: one that comes back is handed over instead of copied. */
interface Done {
  answer: Answer;
  lent: ReadonlySet<ArrayBufferLike>;
}

function answers(calls: readonly Call[], call: UserFunction): void {
  printed = 0;
  let done: Done[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushed = performance.now();
  let left = calls.length;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    flushed = performance.now();
    if (done.length > 0) post(done);
    done = [];
  };
  for (const { id, args, stream } of calls) {
    const lent = new Set(args.map(bufferOf).filter((buffer) => buffer !== undefined));
    const finish = (answer: Answer) => {
      done.push({ answer, lent });
      if (--left === 0 || performance.now() - flushed > FLUSH_MS) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    };
    if (stream) args.splice(stream.at, 0, random(...stream.key));
    Atomics.store(marks, STARTED, id);
    Atomics.store(marks, RUNNING, id);
    try {
      const value = call(...args);
      if (isThenable(value))
        Promise.resolve(value).then(
          (settled) => finish({ id, value: withShortTexts(settled) }),
          (error) => finish({ id, error: `threw ${reason(error)}` }),
        );
      else finish({ id, value: withShortTexts(value) });
    } catch (error) {
      finish({ id, error: `threw ${reason(error)}` });
    }
    Atomics.store(marks, RUNNING, 0);
  }
}

/** Longer texts are cut: no result needs one, and a message of the fault shows less. */
const LONGEST_TEXT = 10_000;

/** A result whose texts cost next to nothing to hand over. */
function withShortTexts(value: unknown): unknown {
  const short = (inner: unknown) => (typeof inner === 'string' ? inner.slice(0, LONGEST_TEXT) : inner);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return short(value);
  try {
    const isLong = ([, inner]: [string, unknown]) => typeof inner === 'string' && inner.length > LONGEST_TEXT;
    const entries = Object.entries(value);
    return entries.some(isLong)
      ? Object.fromEntries(entries.map(([key, inner]) => [key, short(inner)]))
      : value;
  } catch {
    // What throws when it is read is told of when it is copied.
    return value;
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';

function bufferOf(value: unknown): ArrayBufferLike | undefined {
  const data = (value as { data?: unknown } | null | undefined)?.data;
  return ArrayBuffer.isView(data) ? data.buffer : undefined;
}

function post(done: readonly Done[]): void {
  try {
    const transfer = new Set<ArrayBuffer>();
    for (const { answer, lent } of done) {
      const buffer = 'value' in answer ? bufferOf(answer.value) : undefined;
      if (buffer && lent.has(buffer)) transfer.add(buffer as ArrayBuffer);
    }
    send({ type: 'answers', answers: done.map(({ answer }) => answer) }, [...transfer]);
  } catch {
    // One of them cannot be copied: each is sent alone.
    for (const { answer } of done) {
      try {
        send({ type: 'answers', answers: [answer] });
      } catch {
        const value = shown((answer as { value: unknown }).value);
        send({
          type: 'answers',
          answers: [{ id: answer.id, error: `gave what cannot be copied: ${value}` }],
        });
      }
    }
  }
}

send({ type: 'loading' });
try {
  const call = functionOf(await load());
  if (call) {
    port.on('message', (calls: Call[]) => answers(calls, call));
    send({ type: 'ready' });
  }
} catch (error) {
  send({ type: 'unloadable', why: reason(error) });
}
