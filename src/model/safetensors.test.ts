import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { encodeHeader, type HostTensor, halfToNumber } from './safetensors.ts';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(dir, { recursive: true }));
const GOLDEN = 'test/golden/qwen2_5_vl';

/** A file of the given header and data, as anyone might hand it to us. */
function file(header: unknown, data: Uint8Array, length?: bigint): string {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const first = new Uint8Array(8);
  new DataView(first.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  const path = join(dir, 'given.safetensors');
  writeFileSync(path, Buffer.concat([first, json, data]));
  return path;
}

describe('reading', () => {
  it("rewrites another program's file byte for byte in its data section", () => {
    const source = `${GOLDEN}/tiny_tied/model.safetensors`;
    const tensors = readSafetensors(source);
    const path = join(dir, 'copy.safetensors');
    writeSafetensors(path, tensors);
    const [a, b] = [readFileSync(source), readFileSync(path)];
    const data = (bytes: Buffer) => bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
    expect(data(b).equals(data(a))).toBe(true);
    expect(b.readBigUInt64LE() % 8n).toBe(0n);
  });

  it('reads every dtype', () => {
    const parts: [string, string, Buffer][] = [
      ['f64', 'F64', Buffer.from(Float64Array.of(0.1, -2).buffer)],
      ['f32', 'F32', Buffer.from(Float32Array.of(0.5, -2).buffer)],
      ['f16', 'F16', Buffer.from(Uint16Array.of(0x3c00, 0xc100).buffer)],
      ['bf16', 'BF16', Buffer.from(Uint16Array.of(0x3f80, 0xc020).buffer)],
      ['i64', 'I64', Buffer.from(BigInt64Array.of(9007199254740991n, -3n).buffer)],
      ['i32', 'I32', Buffer.from(Int32Array.of(7, -3).buffer)],
      ['u8', 'U8', Buffer.from([200, 1])],
      ['bool', 'BOOL', Buffer.from([1, 0])],
    ];
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
    let at = 0;
    for (const [name, dtype, bytes] of parts) {
      header[name] = { dtype, shape: [2], data_offsets: [at, at + bytes.length] };
      at += bytes.length;
    }
    const open = new SafetensorsFile(file(header, Buffer.concat(parts.map(([, , bytes]) => bytes))));
    const read = (name: string) => [...open.read(name).data];
    expect(read('f64')).toEqual([Math.fround(0.1), -2]);
    expect(read('f32')).toEqual([0.5, -2]);
    expect(read('f16')).toEqual([1, -2.5]);
    expect(read('bf16')).toEqual([1, -2.5]);
    expect(read('i64')).toEqual([2 ** 53, -3]);
    expect(read('i32')).toEqual([7, -3]);
    expect(read('u8')).toEqual([200, 1]);
    expect(read('bool')).toEqual([1, 0]);
    expect(open.header.metadata).toEqual({ format: 'pt' });
    expect(() => open.read('absent')).toThrow(/given\.safetensors: no tensor "absent"/);
    open.close();
  });

  it('knows the corners of half precision', () => {
    expect([0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x8000].map(halfToNumber)).toEqual([
      2 ** -24,
      1023 * 2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
    ]);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });
});

describe('hostile files', () => {
  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const cases: [string, () => string, RegExp][] = [
    [
      'an empty file',
      () => {
        writeFileSync(join(dir, 'empty'), '');
        return join(dir, 'empty');
      },
      /0 bytes are too few/,
    ],
    [
      'a header longer than the file',
      () => file('{}', new Uint8Array(0), 1000n),
      /claims 1000 bytes in a file of 10/,
    ],
    [
      'an absurd header length',
      () => file('{}', new Uint8Array(0), 2n ** 63n),
      /claims 9223372036854775808 bytes/,
    ],
    ['a header that is no JSON', () => file('{"a":', new Uint8Array(0)), /not a JSON object/],
    ['a list for a header', () => file('[]', new Uint8Array(0)), /not a JSON object/],
    [
      'a tensor beyond the file',
      () => file({ a: f32(0, 8) }, new Uint8Array(4)),
      /"a" claims bytes 0 to 8 of 4/,
    ],
    [
      'a range that runs backwards',
      () => file({ a: { ...f32(4, 4), data_offsets: [4, 0] } }, new Uint8Array(4)),
      /claims bytes 4 to 0/,
    ],
    ['an overlap', () => file({ a: f32(0, 8), b: f32(4, 12) }, new Uint8Array(12)), /"b" overlaps/],
    ['two names for one range', () => file({ a: f32(0, 8), b: f32(0, 8) }, new Uint8Array(8)), /overlaps/],
    ['a gap', () => file({ a: f32(4, 8) }, new Uint8Array(8)), /"a" leaves a gap of 4 bytes/],
    [
      'bytes that belong to nothing',
      () => file({ a: f32(0, 4) }, new Uint8Array(8)),
      /4 bytes belong to no tensor/,
    ],
    [
      'a shape of another size',
      () => file({ a: f32(0, 8, [3]) }, new Uint8Array(8)),
      /takes 12 bytes but claims 8/,
    ],
    ['a negative shape', () => file({ a: f32(0, 8, [-2]) }, new Uint8Array(8)), /has the shape \[-2\]/],
    [
      'an unknown dtype',
      () => file({ a: { ...f32(0, 4), dtype: 'F4' } }, new Uint8Array(4)),
      /has dtype "F4"; supported are/,
    ],
    ['a tensor without a description', () => file({ a: null }, new Uint8Array(0)), /"a" has no description/],
    [
      'no file',
      () => join(dir, 'none.safetensors'),
      /none\.safetensors: not found; download or save the checkpoint again/,
    ],
  ];
  it.each(cases)('%s', (_, make, message) => {
    const path = make();
    expect(() => new SafetensorsFile(path)).toThrow(CheckpointError);
    expect(() => new SafetensorsFile(path)).toThrow(message);
  });

  it('never fails in another way, whatever the bytes', () => {
    const source = readFileSync(`${GOLDEN}/tiny_tied/model.safetensors`);
    const path = join(dir, 'spoiled.safetensors');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7000 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(source);
        bytes[at] = byte;
        writeFileSync(path, bytes);
        try {
          readSafetensors(path);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('writing', () => {
  const tensor = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return fc
      .array(fc.float(), { minLength: size, maxLength: size })
      .map((values): HostTensor => ({ shape, data: Float32Array.from(values) }));
  });

  it('gives back what went in', () => {
    const path = join(dir, 'round.safetensors');
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), (entries) => {
        const tensors = new Map(entries);
        writeSafetensors(path, tensors);
        const back = readSafetensors(path);
        expect(new Set(back.keys())).toEqual(new Set(tensors.keys()));
        for (const [key, { shape, data }] of tensors) {
          expect(back.get(key)!.shape).toEqual(shape);
          expect(Buffer.from(back.get(key)!.data.buffer).equals(Buffer.from(data.buffer))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('rejects a tensor that does not fill its shape', () => {
    expect(() => encodeHeader([['a', { shape: [3], data: new Float32Array(2) }]])).toThrow(
      /"a" has 2 values but the shape \[3\]/,
    );
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full and leaves the earlier file alone', () => {
    const path = join(dir, 'full.safetensors');
    writeSafetensors(path, new Map([['a', { shape: [1], data: Float32Array.of(1) }]]));
    // Every write to this device fails as on a full disk.
    symlinkSync('/dev/full', `${path}.partial`);
    const more = new Map([['a', { shape: [2], data: Float32Array.of(2, 3) }]]);
    expect(() => writeSafetensors(path, more)).toThrow(
      /full\.safetensors: cannot be written \(ENOSPC\): the disk is full/,
    );
    expect([...readSafetensors(path).get('a')!.data]).toEqual([1]);
    expect(readdirSync(dir).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('says that the folder is missing', () => {
    expect(() => writeSafetensors(join(dir, 'no', 'a.safetensors'), new Map())).toThrow(
      /the folder that it would lie in does not exist/,
    );
  });
});
