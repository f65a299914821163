/**
 * The safetensors format: 8 bytes with the header's length, a JSON header, then the tensors back to back.
 * This file holds what needs no file system; safetensors-file.ts reads and writes files.
 * Source: https://github.com/huggingface/safetensors (format section of its README).
 */
import { CheckpointError } from '../errors.ts';
import { grouped, isTooDeep, lfsPointer, shown } from '../reading.ts';

/** A tensor in host memory, row-major. */
export interface HostTensor {
  shape: readonly number[];
  data: Float32Array;
}

const BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof BYTES;

export interface TensorInfo {
  dtype: Dtype;
  shape: number[];
  /** Byte range within the data section. */
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Map<string, TensorInfo>;
  metadata: Record<string, string>;
}

/** Bytes of a header at most. The format allows 100 MB; that of a model of 1,000 layers has 2 MB in one file. */
export const MAX_HEADER = 2 ** 22;
/** Tensors in one file at most. */
const MAX_TENSORS = 50_000;
/** Axes of one tensor at most. */
const MAX_AXES = 16;

export const bytesOf = (dtype: Dtype) => BYTES[dtype];

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;

/** @throws CheckpointError where the start of a file tells another format: people rename what they have */
export function refuseOtherFormats(start: Uint8Array, file: string): void {
  const pointer = lfsPointer(start);
  if (pointer) throw new CheckpointError(`${file}: ${pointer}`);
  const magic = new TextDecoder('latin1').decode(start.subarray(0, 2));
  const isZip = magic === 'PK';
  const isPickle = start[0] === 0x80 && start[1] >= 2 && start[1] <= 5 && start[2] !== 0;
  const isGguf = magic === 'GG' && start[2] === 0x55 && start[3] === 0x46;
  const other = isGguf ? 'a GGUF file' : isZip || isPickle ? 'a pickled file' : '';
  if (other)
    throw new CheckpointError(
      `${file}: is ${other} under another name, not safetensors; save the model with save_pretrained, or take its safetensors from the hub`,
    );
}

/**
 * Checks the length field before the header itself is read.
 * @throws CheckpointError where it cannot be the length of a header in a file of `fileBytes` bytes
 */
export function headerLength(first8: Uint8Array, fileBytes: number, file: string): number {
  const hint = 'the file is damaged or not a safetensors file; download or save it again';
  if (fileBytes < 8 || first8.length < 8)
    throw new CheckpointError(`${file}: ${fileBytes} bytes are too few; ${hint}`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER) && length + 8n <= BigInt(fileBytes))
    throw new CheckpointError(
      `${file}: the header has ${grouped(Number(length))} bytes, at most ${grouped(MAX_HEADER)} are read; ${hint}`,
    );
  if (length + 8n > BigInt(fileBytes) || length < 2n) {
    throw new CheckpointError(
      `${file}: the header claims ${length} bytes in a file of ${fileBytes}; ${hint}`,
    );
  }
  return Number(length);
}

function tensorInfo(name: string, entry: unknown, dataBytes: number, file: string): TensorInfo {
  const bad = (what: string): never => {
    throw new CheckpointError(
      `${file}: tensor ${shown(name)} ${what}; the file is damaged, download or save it again`,
    );
  };
  if (entry === null || typeof entry !== 'object') return bad('has no description');
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) {
    throw new CheckpointError(
      `${file}: tensor ${shown(name)} has dtype ${shown(dtype)}; supported are ${Object.keys(BYTES).join(', ')}`,
    );
  }
  if (!Array.isArray(shape) || shape.length > MAX_AXES || !shape.every(isCount))
    return bad(`has the shape ${shown(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return bad('has no byte range');
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    bad(`claims bytes ${begin} to ${end} of ${dataBytes} (the file may be cut short)`);
  }
  const expected = shape.reduce((product: number, n: number) => product * n, BYTES[dtype as Dtype]);
  if (end - begin !== expected)
    bad(`of shape [${shape}] and dtype ${dtype} takes ${expected} bytes but claims ${end - begin}`);
  return { dtype: dtype as Dtype, shape: [...shape], begin, end };
}

/**
 * Reads the JSON header and checks that the tensors cover the data section exactly, without gap or overlap.
 * @param dataBytes length of what follows the header
 * @throws CheckpointError naming the file and the tensor
 */
export function parseHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  let parsed: unknown;
  try {
    if (!isTooDeep(json)) parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    parsed = undefined;
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new CheckpointError(
      `${file}: the header is not a JSON object; the file is damaged or not a safetensors file`,
    );
  }
  const tensors = new Map<string, TensorInfo>();
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, entry] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(entry ?? {}))
        if (typeof value === 'string') metadata[key] = value;
    } else {
      if (tensors.size === MAX_TENSORS)
        throw new CheckpointError(
          `${file}: has more than ${grouped(MAX_TENSORS)} tensors; no model has as many, the file is damaged`,
        );
      tensors.set(name, tensorInfo(name, entry, dataBytes, file));
    }
  }
  let at = 0;
  for (const [name, { begin, end }] of [...tensors].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== at) {
      const what =
        begin < at ? 'overlaps the tensor before it' : `leaves a gap of ${begin - at} bytes before it`;
      throw new CheckpointError(
        `${file}: tensor ${shown(name)} ${what}; the file is damaged, download or save it again`,
      );
    }
    at = end;
  }
  if (at !== dataBytes) {
    throw new CheckpointError(
      `${file}: ${dataBytes - at} bytes belong to no tensor; the file is damaged, download or save it again`,
    );
  }
  return { tensors, metadata };
}

/** The length field and header for float32 tensors laid out in the order given; padded so that data starts at a multiple of 8. */
export function encodeHeader(
  tensors: Iterable<[string, HostTensor]>,
  metadata: Record<string, string> = {},
): Uint8Array {
  // No prototype: a tensor may bear any name.
  const entries: Record<string, unknown> = Object.create(null);
  entries.__metadata__ = { format: 'pt', ...metadata };
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === '__metadata__')
      throw new CheckpointError('a tensor cannot be named "__metadata__"; rename it');
    const bytes = shape.reduce((product, n) => product * n, 4);
    if (bytes !== data.length * 4) {
      throw new CheckpointError(
        `tensor "${name}" has ${data.length} values but the shape [${shape}]; give as many as the shape needs`,
      );
    }
    entries[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

/** IEEE 754 half precision to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

const READ: Record<Dtype, (view: DataView, at: number) => number> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  U32: (view, at) => view.getUint32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  U16: (view, at) => view.getUint16(at, true),
  I8: (view, at) => view.getInt8(at),
  U8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => view.getUint8(at),
};

/** Numbers of any dtype into `out`, from index `first` on; `bytes` holds whole elements. */
export function decodeInto(out: Float32Array, first: number, bytes: Uint8Array, dtype: Dtype): void {
  const size = BYTES[dtype];
  const read = READ[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i * size < bytes.length; i++) out[first + i] = read(view, i * size);
}
