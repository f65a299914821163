import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c, EventsWriter, keepEvents } from './tensorboard.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'papo-metrics-'));

/** A reader of its own: TFRecord framing and protobuf fields, checked against nothing of the writer but the format. */
function readEvents(bytes: Buffer) {
  const unmask = (crc: number) => {
    const rot = (crc - 0xa282ead8) >>> 0;
    return ((rot << 15) | (rot >>> 17)) >>> 0;
  };
  // CRC-32C bit by bit, without the table.
  const crc = (b: Buffer) => {
    let c = 0xffffffff;
    for (const byte of b) {
      c ^= byte;
      for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    }
    return ~c >>> 0;
  };
  const fields = (b: Buffer) => {
    const out: { field: number; value: number | Buffer }[] = [];
    for (let at = 0; at < b.length; ) {
      const varint = () => {
        let value = 0;
        for (let shift = 1; ; shift *= 128) {
          const byte = b[at++];
          value += (byte & 127) * shift;
          if (byte < 128) return value;
        }
      };
      const key = varint();
      const [field, wire] = [key >> 3, key & 7];
      if (wire === 0) out.push({ field, value: varint() });
      else if (wire === 1) {
        out.push({ field, value: b.readDoubleLE(at) });
        at += 8;
      } else if (wire === 5) {
        out.push({ field, value: b.readFloatLE(at) });
        at += 4;
      } else {
        const length = varint();
        out.push({ field, value: b.subarray(at, at + length) });
        at += length;
      }
    }
    return out;
  };
  const events = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc(data));
    events.push(fields(data));
    at += 16 + length;
  }
  return { events, fields };
}

describe('TensorBoard events', () => {
  it('use the CRC-32C of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('are read back by another reader', () => {
    const dir = folder();
    const writer = new EventsWriter(dir, 301, () => 1_700_000_000_500);
    writer.scalars(301, { 'train/reward': 0.25, 'train/kl_prcp': Number.NaN, 'seconds/sample': 3 });
    writer.scalars(302, { 'train/bad': Number.POSITIVE_INFINITY });
    writer.close();
    const [name] = readdirSync(dir);
    expect(name).toMatch(/^events\.out\.tfevents\.1700000000\./);
    const { events, fields } = readEvents(readFileSync(join(dir, name)));
    expect(events).toHaveLength(3);
    const [version, start, scalars] = events.map((event) => new Map(event.map((f) => [f.field, f.value])));
    expect(version.get(1)).toBe(1_700_000_000.5);
    expect(String(version.get(3))).toBe('brain.Event:2');
    expect(start.get(2)).toBe(301);
    expect(fields(start.get(7) as Buffer)).toEqual([{ field: 1, value: 1 }]);
    expect(scalars.get(2)).toBe(301);
    const values = fields(scalars.get(5) as Buffer).map(({ value }) =>
      fields(value as Buffer).map((f) => (f.field === 1 ? String(f.value) : f.value)),
    );
    expect(values).toEqual([
      ['train/reward', 0.25],
      ['seconds/sample', 3],
    ]);
  });

  it('lose the steps that are not kept, with what a crash cut off', () => {
    const dir = folder();
    let clock = 1_700_000_000_000;
    const write = (first: number, steps: number[], name = 'train/x') => {
      clock += 1000;
      const writer = new EventsWriter(dir, first, () => clock);
      for (const step of steps) writer.scalars(step, { [name]: step });
      writer.close();
      return writer.path;
    };
    const first = write(1, [1, 2, 127, 128, 300]);
    const second = write(129, [129, 130]);
    const third = write(129, [128], 'test/x');
    appendFileSync(first, readFileSync(second).subarray(0, 50));
    keepEvents(dir, (step, has) => step <= 128 && !has('test/'));
    expect(existsSync(second)).toBe(false);
    expect(existsSync(third)).toBe(false);
    const { events } = readEvents(readFileSync(first));
    expect(events.slice(2).map((event) => event.find((f) => f.field === 2)!.value)).toEqual([1, 2, 127, 128]);
    writeFileSync(second, 'not events');
    expect(() => keepEvents(dir, () => true)).not.toThrow();
  });
});
