/** Rows to parquet, in the layout that Python's `datasets` reads with decoded images. Equal rows, equal bytes. */
import { renameSync, rmSync } from 'node:fs';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { DataError, systemCode, systemFailure } from '../errors.ts';
import type { Row } from './row.ts';

/** Rows of a row group: small enough to be held in memory whole, with images. */
const GROUP = 64;

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});

const SCHEMA: SchemaElement[] = [
  { name: 'schema', num_children: 5 },
  text('id'),
  text('problem'),
  text('answer'),
  { name: 'images', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  text('path'),
  text('meta'),
];

const string = { dtype: 'string', _type: 'Value' };

/** What `datasets` reads the column types from; without it, images would come out as structs of bytes. */
const FEATURES = {
  info: {
    features: {
      id: string,
      problem: string,
      answer: string,
      images: { feature: { _type: 'Image' }, _type: 'Sequence' },
      meta: string,
    },
  },
};

const COLUMNS = ['id', 'problem', 'answer', 'images', 'meta'];

function extensionOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpg';
  return bytes[0] === 0x52 && bytes[8] === 0x57 ? 'webp' : 'img';
}

/**
 * Writes rows one row group at a time; a file of that name is replaced only when the new one is complete.
 * `extra` columns are not written.
 * @throws DataError where the file cannot be written
 */
export function writeParquet(file: string, rows: Iterable<Row>): void {
  const aside = `${file}.part`;
  function* records() {
    for (const { id, problem, answer, images, meta } of rows) {
      const list = images.map((bytes, i) => ({ bytes, path: `${id}-${i}.${extensionOf(bytes)}` }));
      yield { id, problem, answer, images: list, meta: meta ? JSON.stringify(meta) : undefined };
    }
  }
  try {
    parquetWriteRows({
      writer: fileWriter(aside),
      rows: records(),
      columns: COLUMNS.map((name) => ({ name })),
      schema: SCHEMA,
      rowGroupSize: GROUP,
      createdBy: 'papo',
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify(FEATURES) }],
    });
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    if (systemCode(error) === undefined) throw error;
    throw new DataError(`${file}: ${systemFailure(error, 'write')}`, { cause: error });
  }
}
