/** What the two sides of a worker say to each other, and the words for what goes wrong. */
import { quoted } from '../errors.ts';

/** What the worker is started with. */
export interface Start {
  /** Absolute path of the module. */
  file: string;
  /** The export to call; `default` where none is named. */
  name: string;
  /** [started, running]: the newest call that was begun, and the one whose synchronous part runs now, 0 for none. */
  marks: Int32Array<SharedArrayBuffer>;
}

export interface Call {
  /** Counts from 1, in the order of the calls. */
  id: number;
  args: unknown[];
  /** Where among the arguments a random stream goes, and the key that names it: streams cannot be sent. */
  stream?: { at: number; key: number[] };
}

export type Answer = { id: number; value: unknown } | { id: number; error: string };

export type FromWorker =
  /** The module is about to be loaded: from here on the time is the user's. */
  | { type: 'loading' }
  | { type: 'ready' }
  /** The module has no function of that name; these are those it has. */
  | { type: 'absent'; name: string; functions: string[] }
  | { type: 'unloadable'; why: string }
  | { type: 'answers'; answers: Answer[] }
  | { type: 'print'; lines: string[] }
  /** A rejection or exception that belongs to no call. */
  | { type: 'stray'; why: string };

/** Longer texts than this are never looked at as a whole: a message shows 200 characters of them. */
const LOOKED_AT = 2000;
/** Longer lists are told by their length. */
const LONGEST_LIST = 16;

/** Someone else's text for a message: one line, cut after 200 characters. */
export const cut = (text: string): string => quoted(text.slice(0, LOOKED_AT).replace(/\s+/g, ' ').trim());

/** A value for a message, whatever it is. */
export function shown(value: unknown): string {
  try {
    if (typeof value === 'string') return cut(JSON.stringify(value.slice(0, LOOKED_AT)));
    if (typeof value === 'function') return 'a function';
    if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
    if (typeof value !== 'object' || value === null) return cut(String(value));
    const text = JSON.stringify(value, (_, inner) => {
      if (typeof inner === 'string') return inner.slice(0, LOOKED_AT);
      if (Array.isArray(inner) && inner.length > LONGEST_LIST) return `a list of ${inner.length}`;
      if (typeof inner === 'bigint') return `${inner}n`;
      // JSON has no word for them.
      if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner);
      return ArrayBuffer.isView(inner) ? `${inner.constructor.name} of ${inner.byteLength} bytes` : inner;
    });
    return cut(text ?? typeof value);
  } catch {
    return `a ${typeof value} that cannot be shown`;
  }
}

/** What was thrown, in one line, with its place in the user's files where it has one. */
export function reason(error: unknown): string {
  try {
    if (!(error instanceof Error)) return shown(error);
    const first = cut(`${error.name}: ${error.message}`);
    const place = placeOf(error.stack);
    return place === undefined ? first : `${first} (${place})`;
  } catch {
    return 'something that cannot be shown';
  }
}

/** `file.ts:10:14` of the innermost frame that is neither Node's nor ours nor the TypeScript loader's. */
function placeOf(stack: string | undefined): string | undefined {
  for (const line of (stack ?? '').split('\n')) {
    if (!/^\s+at /.test(line) || [/node:/, LOADER].some((own) => own.test(line)) || line.includes(OWN))
      continue;
    const match = /([^/\\(\s]+):(\d+):(\d+)\)?$/.exec(line);
    if (match) return `${match[1]}:${match[2]}:${match[3]}`;
  }
  return undefined;
}

const LOADER = /[/\\]node_modules[/\\]jiti[/\\]/;

/** The folder of this file, so that our own frames are told from the user's. */
const OWN = new URL('.', import.meta.url).pathname;
