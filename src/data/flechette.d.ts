/** The parts of the Arrow library that its index does not export, as far as arrow.ts needs them. */

declare module '@uwdata/flechette/src/util/read.js' {
  type Read<T> = (buf: Uint8Array, offset: number) => T;
  export function readObject(
    buf: Uint8Array,
    index: number,
  ): <T>(at: number, read: Read<T>, otherwise?: T) => T;
  export const readInt16: Read<number>;
  export const readInt64: Read<number>;
  export const readOffset: Read<number>;
  export const readUint8: Read<number>;
}

declare module '@uwdata/flechette/src/decode/schema.js' {
  export interface ArrowType {
    typeId: number;
    children?: ArrowField[];
  }
  export interface ArrowField {
    name: string;
    type: ArrowType;
  }
  export interface ArrowSchema {
    version: number;
    fields: ArrowField[];
  }
  export function decodeSchema(buf: Uint8Array, index: number, version: number): ArrowSchema;
}

declare module '@uwdata/flechette/src/decode/record-batch.js' {
  export interface RecordBatch {
    length: number;
    nodes: { length: number; nullCount: number }[];
    regions: { offset: number; length: number }[];
    compression: unknown;
    variadic: number[];
    body?: Uint8Array;
  }
  export function decodeRecordBatch(buf: Uint8Array, index: number, version: number): RecordBatch;
}

declare module '@uwdata/flechette/src/decode/dictionary-batch.js' {
  import type { RecordBatch } from '@uwdata/flechette/src/decode/record-batch.js';
  export interface DictionaryBatch {
    id: number;
    data: RecordBatch;
    isDelta: boolean;
    body?: Uint8Array;
  }
  export function decodeDictionaryBatch(buf: Uint8Array, index: number, version: number): DictionaryBatch;
}

declare module '@uwdata/flechette/src/decode/table-from-ipc.js' {
  import type { DictionaryBatch } from '@uwdata/flechette/src/decode/dictionary-batch.js';
  import type { RecordBatch } from '@uwdata/flechette/src/decode/record-batch.js';
  import type { ArrowSchema } from '@uwdata/flechette/src/decode/schema.js';
  export interface ArrowTable {
    children: { at(index: number): unknown }[];
  }
  export function createTable(
    data: { schema: ArrowSchema; dictionaries: DictionaryBatch[]; records: RecordBatch[]; metadata: null },
    options: { useBigInt: boolean },
  ): ArrowTable;
}
