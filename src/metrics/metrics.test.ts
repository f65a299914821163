import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, RunError } from '../errors.ts';
import { type JsonLine, JsonlWriter, keepLines, readJsonl } from './jsonl.ts';
import { crc32c, EventsWriter, keepEvents } from './tensorboard.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'papo-metrics-'));

describe('JSON lines', () => {
  it('are whole after every write, and go on after a torn last line', () => {
    const path = join(folder(), 'metrics.jsonl');
    const first = new JsonlWriter(path);
    first.write({ step: 1, text: 'π "and"\nmore' });
    expect(readJsonl(path)).toEqual([{ step: 1, text: 'π "and"\nmore' }]);
    first.close();
    appendFileSync(path, '{"step": 2, "rew');
    expect(readJsonl(path)).toHaveLength(1);
    const second = new JsonlWriter(path);
    second.write({ step: 2, value: Number.NaN });
    second.sync();
    second.close();
    expect(readJsonl(path)).toEqual([
      { step: 1, text: 'π "and"\nmore' },
      { step: 2, value: null },
    ]);
  });

  it('lose the lines that are not kept', () => {
    const path = join(folder(), 'metrics.jsonl');
    const writer = new JsonlWriter(path);
    for (const step of [0, 1, 2, 3]) writer.write({ step });
    writer.close();
    keepLines(path, (line) => Number(line.step) <= 1);
    expect(readJsonl(path)).toEqual([{ step: 0 }, { step: 1 }]);
    keepLines(join(folder(), 'none.jsonl'), () => true);
    expect(readJsonl(join(folder(), 'none.jsonl'))).toEqual([]);
  });

  it('lose those in the middle that are not kept, and what a failing machine left behind them', () => {
    const path = join(folder(), 'metrics.jsonl');
    const steps = [1, 2, 2, 3, 3, 4];
    writeFileSync(path, `${steps.map((step) => `{"step":${step}}\n`).join('')}\0\0\0\n{"step":5}\n`);
    const seen = new Set<unknown>();
    const once = ({ step }: JsonLine) => Number(step) <= 4 && !seen.has(step) && !!seen.add(step);
    expect(() =>
      keepLines(
        path,
        () => true,
        (last) => last?.step === 5,
      ),
    ).toThrow('line 7 is not JSON');
    keepLines(path, once, (last) => last?.step === 4);
    expect(readJsonl(path).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('are read in pieces, a torn end of any length is dropped', () => {
    const path = join(folder(), 'metrics.jsonl');
    const lines = Array.from({ length: 5 }, (_, i) => ({ i, text: 'ä'.repeat(300_000 + i) }));
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(readJsonl(path)).toEqual(lines);
    appendFileSync(path, '{'.repeat(3_000_000));
    const writer = new JsonlWriter(path);
    writer.write({ i: 5 });
    writer.close();
    expect(readJsonl(path)).toEqual([...lines, { i: 5 }]);
    writeFileSync(path, 'torn');
    new JsonlWriter(path).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('are not written to a file that is gone', () => {
    const path = join(folder(), 'metrics.jsonl');
    const writer = new JsonlWriter(path);
    writer.write({ step: 1 });
    renameSync(path, `${path}.old`);
    expect(() => writer.write({ step: 2 })).toThrow(RunError);
    rmSync(`${path}.old`);
    writeFileSync(path, '');
    expect(() => writer.write({ step: 2 })).toThrow(/was removed or moved while the run was writing it/);
    writer.close();
  });

  it('name the file and the line that is not JSON', () => {
    const path = join(folder(), 'metrics.jsonl');
    writeFileSync(path, '{"step":1}\nhello\n{"step":2}\n');
    expect(() => readJsonl(path)).toThrow(`${path}: line 2 is not JSON`);
    writeFileSync(path, '[1]\n');
    expect(() => readJsonl(path)).toThrow('line 1 is not a JSON object');
  });

  it.skipIf(process.platform !== 'linux')('say that the disk is full', () => {
    const path = join(folder(), 'metrics.jsonl');
    symlinkSync('/dev/full', path);
    expect(() => new JsonlWriter(path).write({ step: 1 })).toThrow(DataError);
    expect(() => new JsonlWriter(path).write({ step: 1 })).toThrow(/the disk is full/);
    expect(() => new JsonlWriter(join(folder(), 'no', 'folder.jsonl'))).toThrow(
      /the folder that it would lie in does not exist/,
    );
  });
});

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
