/** Safetensors files: read tensor by tensor (a whole file may not fit one Buffer), written aside and then renamed. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CheckpointError, systemFailure } from '../errors.ts';
import { writeAside } from './files.ts';
import {
  bytesOf,
  decodeInto,
  encodeHeader,
  type HostTensor,
  headerLength,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from './safetensors.ts';

/** Bytes in one read or write; a multiple of every element size. */
const CHUNK = 1 << 24;

/** An open file. Close it. */
export class SafetensorsFile {
  readonly path: string;
  readonly header: SafetensorsHeader;
  readonly #file: number;
  readonly #dataStart: number;

  /** @throws CheckpointError where the file cannot be opened or its header is not sound */
  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, 'r');
    } catch (error) {
      throw new CheckpointError(`${path}: ${systemFailure(error, 'read')}`, { cause: error });
    }
    try {
      const size = fstatSync(this.#file).size;
      const first8 = new Uint8Array(8);
      readSync(this.#file, first8, 0, 8, 0);
      const length = headerLength(first8, size, path);
      const json = new Uint8Array(length);
      this.#readFully(json, 8);
      this.#dataStart = 8 + length;
      this.header = parseHeader(json, size - this.#dataStart, path);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get names(): string[] {
    return [...this.header.tensors.keys()];
  }

  /** @throws CheckpointError where there is no such tensor */
  info(name: string): TensorInfo {
    const info = this.header.tensors.get(name);
    if (!info)
      throw new CheckpointError(
        `${this.path}: no tensor "${name}"; the file lacks it, save or download the checkpoint again`,
      );
    return info;
  }

  /** A tensor of any dtype as float32. */
  read(name: string): HostTensor {
    const info = this.info(name);
    const data = new Float32Array((info.end - info.begin) / bytesOf(info.dtype));
    if (info.dtype === 'F32') {
      this.#readFully(new Uint8Array(data.buffer), this.#dataStart + info.begin);
    } else {
      this.#decode(info, data);
    }
    return { shape: info.shape, data };
  }

  /** A tensor of any dtype as plain numbers, exact up to 53 bits: for integers. */
  numbers(name: string): number[] {
    const info = this.info(name);
    const data = new Float64Array((info.end - info.begin) / bytesOf(info.dtype));
    this.#decode(info, data);
    return [...data];
  }

  close(): void {
    closeSync(this.#file);
  }

  #decode(info: TensorInfo, out: Float32Array | Float64Array): void {
    const size = bytesOf(info.dtype);
    for (let at = info.begin; at < info.end; at += CHUNK) {
      const bytes = new Uint8Array(Math.min(CHUNK, info.end - at));
      this.#readFully(bytes, this.#dataStart + at);
      decodeInto(out, (at - info.begin) / size, bytes, info.dtype);
    }
  }

  #readFully(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(this.#file, bytes, at, Math.min(CHUNK, bytes.length - at), position + at);
      if (got === 0)
        throw new CheckpointError(
          `${this.path}: ended at byte ${position + at}; the file is cut short, download or save it again`,
        );
      at += got;
    }
  }
}

/** Every tensor of a file as float32, in the file's order. */
export function readSafetensors(path: string): Map<string, HostTensor> {
  const file = new SafetensorsFile(path);
  try {
    return new Map(file.names.map((name) => [name, file.read(name)]));
  } finally {
    file.close();
  }
}

/**
 * Writes float32 tensors. The file appears under its name only when it is whole and on the disk.
 * @throws CheckpointError where it cannot be written (a full disk, for one); nothing is left behind then
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Record<string, string> = {},
): void {
  writeAside(path, function* () {
    yield encodeHeader(tensors, metadata);
    for (const { data } of tensors.values()) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
    }
  });
}
