/** Where the records of a JSON file stand: one a line, or the items of one array. */
import { createReadStream } from 'node:fs';

/** A record longer than this is left out: bytes. */
const MAX_RECORD = 256 * 2 ** 20;

export interface Span {
  /** Where it begins in the file, bytes. */
  offset: number;
  length: number;
  /** Its line, or its place in the array; from 1. */
  place: number;
  /** Undefined where it is over `MAX_RECORD`. */
  bytes: Uint8Array | undefined;
}

/** The bytes of one record on their way, let go where they get too many. */
class Held {
  length = 0;
  private parts: Uint8Array[] = [];

  add(part: Uint8Array): void {
    this.length += part.length;
    if (this.length <= MAX_RECORD) this.parts.push(part);
    else this.parts = [];
  }

  take(): Uint8Array | undefined {
    const bytes = this.length > MAX_RECORD ? undefined : Buffer.concat(this.parts);
    this.parts = [];
    this.length = 0;
    return bytes;
  }
}

/** Lines by their bytes: text readers also break lines at characters that JSON allows inside a string. */
export async function* lines(file: string): AsyncGenerator<Span> {
  let [place, offset] = [0, 0];
  const held = new Held();
  const take = (): Span => {
    const { length } = held;
    const found = { offset, length, place: ++place, bytes: held.take() };
    offset += length + 1;
    return found;
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      held.add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    held.add(chunk.subarray(from));
  }
  yield take();
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * The items of the array that a file holds, by their bytes.
 * @returns whether the array was closed: false for a file that is cut short
 */
export async function* items(file: string): AsyncGenerator<Span, boolean> {
  let [place, at, depth, start] = [0, 0, 0, 0];
  let [inString, escaped] = [false, false];
  const held = new Held();
  const take = (): Span => {
    const { length } = held;
    return { offset: start, length, place: ++place, bytes: held.take() };
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (OPEN.has(byte)) {
        if (++depth === 1) {
          from = i + 1;
          start = at + from;
        }
      } else if (CLOSE.has(byte) || (byte === COMMA && depth === 1)) {
        if (byte !== COMMA) depth--;
        if (depth === 0 || byte === COMMA) {
          held.add(chunk.subarray(from, i));
          const span = take();
          // An empty array has no item, and neither has a trailing comma.
          if (byte === COMMA || !isBlank(span.bytes)) yield span;
          if (depth === 0) return true;
          from = i + 1;
          start = at + from;
        }
      }
    }
    if (depth > 0) held.add(chunk.subarray(from));
    at += chunk.length;
  }
  return false;
}

const isBlank = (bytes: Uint8Array | undefined) => bytes?.every((b) => b <= 0x20) ?? false;
