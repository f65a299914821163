/** Small parquet files in the column types that Python's `datasets` writes, for tests. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';

/** `messages` is a list of {role, content}, `metadata` a struct of texts, `image` {bytes, path}. */
export type ColumnType = 'text' | 'int' | 'double' | 'image' | 'images' | 'texts' | 'messages' | string[];

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});
const struct = (name: string, fields: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: fields.length },
  ...fields,
];
const list = (name: string, element: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];
const bytes: SchemaElement = { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' };

function schemaOf(name: string, type: ColumnType): SchemaElement[] {
  if (Array.isArray(type)) return struct(name, type.map(text));
  switch (type) {
    case 'int':
      return [{ name, type: 'INT64', repetition_type: 'OPTIONAL' }];
    case 'double':
      return [{ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }];
    case 'image':
      return struct(name, [bytes, text('path')]);
    case 'images':
      return list(name, struct('element', [bytes, text('path')]));
    case 'texts':
      return list(name, [text('element')]);
    case 'messages':
      return list(name, struct('element', [text('content'), text('role')]));
    default:
      return [text(name)];
  }
}

export function writeTable(
  path: string,
  columns: Record<string, ColumnType>,
  rows: readonly Record<string, unknown>[],
): string {
  mkdirSync(dirname(path), { recursive: true });
  const names = Object.keys(columns);
  parquetWriteFile({
    filename: path,
    columnData: names.map((name) => ({
      name,
      data: rows.map((row) =>
        columns[name] === 'int' && row[name] != null ? BigInt(Number(row[name])) : (row[name] ?? undefined),
      ),
    })),
    schema: [
      { name: 'schema', num_children: names.length },
      ...Object.entries(columns).flatMap(([name, type]) => schemaOf(name, type)),
    ],
  });
  return path;
}
