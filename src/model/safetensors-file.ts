/** Safetensors files: read tensor by tensor (a whole file may not fit one Buffer), written aside and then renamed. */
import { closeSync } from 'node:fs';
import { writeAside } from '../durable.ts';
import { CheckpointError } from '../errors.ts';
import { grouped, openPlain, readAt, shown } from '../reading.ts';
import {
  bytesOf,
  decodeInto,
  encodeHeader,
  type HostTensor,
  headerLength,
  parseHeader,
  refuseOtherFormats,
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
    const { file, size } = openPlain(path, 'download or save the checkpoint again');
    this.#file = file;
    try {
      const start = new Uint8Array(Math.min(size, 64));
      this.#readFully(start, 0);
      refuseOtherFormats(start, path);
      const length = headerLength(start, size, path);
      const json = new Uint8Array(length);
      this.#readFully(json, 8);
      this.#dataStart = 8 + length;
      this.header = parseHeader(json, size - this.#dataStart, path);
    } catch (error) {
      closeSync(file);
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
        `${this.path}: no tensor ${shown(name)}; the file lacks it, save or download the checkpoint again`,
      );
    return info;
  }

  /** A tensor of any dtype as float32. */
  read(name: string): HostTensor {
    const info = this.info(name);
    const data = this.#room(info, name);
    if (info.dtype === 'F32') {
      this.#readFully(new Uint8Array(data.buffer), this.#dataStart + info.begin);
    } else {
      this.#decode(info, data);
    }
    return { shape: info.shape, data };
  }

  close(): void {
    closeSync(this.#file);
  }

  #room(info: TensorInfo, name: string): Float32Array<ArrayBuffer> {
    const count = (info.end - info.begin) / bytesOf(info.dtype);
    try {
      return new Float32Array(count);
    } catch {
      throw new CheckpointError(
        `${this.path}: tensor ${shown(name)} has ${grouped(count)} values, more than fit into memory here; name a smaller model`,
      );
    }
  }

  #decode(info: TensorInfo, out: Float32Array): void {
    const size = bytesOf(info.dtype);
    for (let at = info.begin; at < info.end; at += CHUNK) {
      const bytes = new Uint8Array(Math.min(CHUNK, info.end - at));
      this.#readFully(bytes, this.#dataStart + at);
      decodeInto(out, (at - info.begin) / size, bytes, info.dtype);
    }
  }

  #readFully(bytes: Uint8Array, position: number): void {
    const got = readAt(this.#file, bytes, position, this.path);
    if (got < bytes.length)
      throw new CheckpointError(
        `${this.path}: ended at byte ${position + got}; the file is cut short, download or save it again`,
      );
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
