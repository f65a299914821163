/** A suite of one's own: whatever src/data reads, with what the spec says of its columns. */
import { basename, resolve } from 'node:path';
import { openPictures } from '../../data/archive.ts';
import { openRecords, type RecordSource } from '../../data/assemble.ts';
import { optionsOf } from '../../data/choices.ts';
import { ID, pathsOf } from '../../data/columns.ts';
import { textOf } from '../../data/fields.ts';
import { statOf } from '../../data/folders.ts';
import { columnOf, type Record_, type RecordFile, valueAt } from '../../data/record.ts';
import { DEPENDENCIES } from '../../data/row.ts';
import { openFile, reportText, splitFiles } from '../../data/source.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { withoutFormat } from '../../text/prompt.ts';
import { scoringNamed } from '../scorings/index.ts';
import type { Item } from '../types.ts';
import { choicesIn, uniqueKeys } from './items.ts';
import type { SuiteColumns, SuiteSpec } from './spec.ts';
import { checkIndex, limited, type OpenedSuite, type OpenOptions, type SuiteKind } from './suite.ts';

interface Part {
  file: RecordFile;
  source: RecordSource;
  /** Own columns of each record. */
  records: Record_[];
  /** The column that names a question. */
  id: string | undefined;
}

export const own: SuiteKind = {
  name: 'own',
  title: 'A suite of your own',
  description: 'a folder or a file of rows, or a YAML file that names them',
  open: openOwn,
};

async function openOwn(spec: SuiteSpec, options: OpenOptions): Promise<OpenedSuite> {
  if (spec.data === undefined)
    throw new ConfigError(`${spec.name}: says not where its rows are; give data: a folder or a file`);
  const data = resolve(spec.data);
  const columns = spec.columns ?? {};
  const parts: Part[] = [];
  for (const file of filesOf(data, spec)) parts.push(await openPart(file, spec, columns));
  const index = parts.flatMap((part) =>
    Array.from({ length: part.source.length }, (_, row) => ({ part, row })),
  );
  const reports = parts.map(({ source }) => source.report);
  if (index.length === 0)
    throw new DataError(
      `${data}: no usable question: ${reports.map(reportText).join('; ')}; each needs a question, an answer and its pictures (docs/data.md)`,
    );
  const skipped: Record<string, number> = {};
  for (const report of reports)
    for (const [reason, n] of Object.entries(report.skipped)) skipped[reason] = (skipped[reason] ?? 0) + n;
  const ids = index.map(({ part: { source, records, id }, row }) =>
    id === undefined ? '' : textOf(valueAt(records[source.record(row)] ?? {}, id)),
  );
  const keys = uniqueKeys(ids, (i) => {
    const { part, row } = index[i];
    const at = part.source.record(row);
    return parts.length === 1 ? String(at) : `${parts.indexOf(part)}:${at}`;
  });
  const limit = options.limit ?? spec.limit;
  const { length, notes } = limited(index.length, limit);
  const scoring = scoringNamed(options.scoring ?? spec.scoring ?? 'authors').name;
  return {
    name: spec.name,
    title: spec.title ?? spec.name,
    source: `${data}: ${[...new Set(reports.map(({ layout }) => layout))].join('; ')}`,
    scoring,
    ...(spec.group && { group: spec.group }),
    length,
    skipped,
    notes: [...(spec.notes ?? []), ...notes],
    spec: { ...spec, data, scoring, ...(limit !== undefined && { limit }) },
    async item(i) {
      checkIndex(i, length);
      const { part, row } = index[i];
      return itemOf(part, row, keys[i], columns, data);
    },
  };
}

/** Files of the split that is asked for; where none is named, the test rows, else all that there are. */
function filesOf(data: string, { name, split }: SuiteSpec): string[] {
  if (statOf(data)?.isFile()) return [data];
  const found = splitFiles(data, split ?? 'test');
  if (found.length > 0) return found;
  const rest =
    split === undefined ? splitFiles(data, 'train').filter((f) => !/^train/.test(basename(f))) : [];
  if (rest.length > 0) return rest;
  throw new DataError(
    `${data}: has no ${split ?? 'test'} rows for suite ${name}; name one test.parquet or test.jsonl, say split: validation, or give one file`,
  );
}

async function openPart(path: string, spec: SuiteSpec, columns: SuiteColumns): Promise<Part> {
  const file = await openFile(path);
  const store = spec.images === undefined ? undefined : await storeOf(spec.images);
  const { problem, answer, images, choices, id } = columns;
  const mapping = { problem, answer, images, choices, id };
  const source = await openRecords(file, {
    columns: mapping,
    ...(store && { store }),
    pictureAlone: problem === '',
  });
  const named = columns.id ?? ID.find((column) => file.columns.includes(column));
  const wanted = [named, columns.task, columns.dependency, columns.cluster, columns.precision]
    .concat(columns.choices)
    .flatMap((name) => (name ? pathsOf(name, file.columns) : []));
  const tops = [...new Set(wanted.map((name) => columnOf(name, file.columns)))];
  const missing = tops.find((name) => !file.columns.includes(name));
  if (missing !== undefined)
    throw new DataError(
      `${path}: suite ${spec.name} names the column '${missing}', which is none (found: ${file.columns.slice(0, 24).join(', ')})`,
    );
  const records: Record_[] = [];
  if (tops.length > 0)
    for await (const record of file.scan(tops, []))
      records.push(
        typeof record === 'string' ? {} : Object.fromEntries(tops.map((name) => [name, record[name]])),
      );
  return { file, source, records, id: named };
}

/** Pictures of a folder, or of a zip archive. */
const storeOf = (images: string) =>
  statOf(images)?.isDirectory() ? openPictures([images], []) : openPictures([], [images]);

async function itemOf(
  { source, records }: Part,
  i: number,
  key: string,
  columns: SuiteColumns,
  where: string,
): Promise<Item> {
  const read = await source.row(i);
  const row = { ...read, problem: withoutFormat(read.problem) };
  const record = records[source.record(i)] ?? {};
  const text = (column: string | undefined) =>
    column === undefined ? '' : textOf(valueAt(record, column)).trim();
  const item: Item = { key, row };
  const task = text(columns.task) || row.meta?.task || textOf(row.extra?.category);
  if (task !== '') item.task = task;
  const level = text(columns.dependency).toLowerCase() || row.meta?.dependency || '';
  const dependency = DEPENDENCIES.find((one) => one === level);
  if (level !== '' && !dependency)
    throw new DataError(
      `${where}: row ${row.id}: dependency is '${level}', allowed is ${DEPENDENCIES.join(', ')}; mend the row or name another column`,
    );
  if (dependency) item.dependency = dependency;
  const cluster = text(columns.cluster);
  if (cluster !== '') item.cluster = cluster;
  const precision = text(columns.precision);
  if (/^\d{1,2}(\.0*)?$/.test(precision)) item.precision = Number(precision);
  const choices =
    (columns.choices ? optionsOf(valueAt(record, columns.choices)) : undefined) ??
    optionsOf(row.extra?.choices ?? row.extra?.options ?? row.extra?.option) ??
    choicesIn(row.problem, row.answer);
  if (choices) item.choices = choices;
  return item;
}
