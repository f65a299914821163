/**
 * TensorBoard event files. A file is a list of TFRecords (length u64, masked CRC32C of the length, bytes, masked CRC32C
 * of the bytes), each an `Event` message. Source: tensorflow/core/lib/io/record_writer.cc and core/util/event.proto.
 */
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Writer } from '../protobuf.ts';
import { writeFailure } from './failure.ts';
import { cut } from './jsonl.ts';

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** CRC-32C (Castagnoli) of RFC 3720. */
export function crc32c(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = TABLE[(c ^ b) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

const masked = (bytes: Uint8Array) => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** Event: wall_time 1, step 2, file_version 3, summary 5, session_log 7. */
const event = (milliseconds: number, step: number) =>
  new Writer().double(1, milliseconds / 1000).int(2, step);

/** SessionLog.status: START. */
const SESSION_START = 1;

/** Writes scalars of a run. Each file begins with a session start, at which TensorBoard drops later steps of older files. */
export class EventsWriter {
  readonly path: string;
  private readonly handle: number;
  private readonly now: () => number;

  /** `step` is the first that will be written; `now` gives milliseconds. @throws DataError where the file cannot be made */
  constructor(dir: string, step: number, now: () => number = Date.now) {
    this.now = now;
    const stamp = String(Math.floor(now() / 1000)).padStart(10, '0');
    this.path = join(dir, `events.out.tfevents.${stamp}.${hostname()}.${process.pid}.${step}`);
    try {
      this.handle = openSync(this.path, 'w');
    } catch (error) {
      throw writeFailure(this.path, error);
    }
    this.record(event(now(), 0).text(3, 'brain.Event:2'));
    this.record(event(now(), step).message(7, (session) => session.int(1, SESSION_START)));
  }

  /** Values that are not finite are left out. */
  scalars(step: number, values: Record<string, number>): void {
    const shown = Object.entries(values).filter(([, v]) => Number.isFinite(v));
    if (shown.length === 0) return;
    // Summary.Value: tag 1, simple_value 2.
    const summary = (w: Writer) => {
      for (const [name, v] of shown) w.message(1, (value) => value.text(1, name).float(2, v));
    };
    this.record(event(this.now(), step).message(5, summary));
  }

  private record(message: Writer): void {
    const data = message.finish();
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(data.length));
    const sums = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    sums[0].writeUInt32LE(masked(length));
    sums[1].writeUInt32LE(masked(data));
    const bytes = Buffer.concat([length, sums[0], data, sums[1]]);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.handle, bytes, at);
    } catch (error) {
      throw writeFailure(this.path, error);
    }
  }

  close(): void {
    closeSync(this.handle);
  }
}

const SUMMARY = 0x2a;

/** Events of a file that ends well, with their end in the file; what follows a damaged one is not looked at. */
function* eventsOf(bytes: Buffer): Generator<{ step: number; field: number; body: Buffer; end: number }> {
  for (let at = 0; at + 12 <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const end = at + length + 16;
    if (end > bytes.length || masked(bytes.subarray(at, at + 8)) !== bytes.readUInt32LE(at + 8)) return;
    const data = bytes.subarray(at + 12, at + 12 + length);
    // Nine bytes of time, then the step behind its tag.
    let step = 0;
    let place = 10;
    for (let unit = 1; place < length; unit *= 128) {
      const byte = data[place++];
      step += (byte & 127) * unit;
      if (byte < 128) break;
    }
    yield { step, field: data[place] ?? 0, body: data.subarray(place), end };
    at = end;
  }
}

/**
 * Cuts the event files of a run off where `keep` first refuses scalars, so that a resumed run does not double them; it
 * is given the step and whether a scalar's name has some text in it. A file without any is removed.
 */
export function keepEvents(
  dir: string,
  keep: (step: number, has: (text: string) => boolean) => boolean,
): void {
  for (const name of readdirSync(dir).filter((n) => n.startsWith('events.out.tfevents.'))) {
    const path = join(dir, name);
    let end = 0;
    let scalars = 0;
    for (const event of eventsOf(readFileSync(path))) {
      if (event.field === SUMMARY) {
        if (!keep(event.step, (text) => event.body.includes(text))) break;
        scalars++;
      }
      end = event.end;
    }
    if (scalars > 0) cut(path, end);
    else rmSync(path, { force: true });
  }
}
