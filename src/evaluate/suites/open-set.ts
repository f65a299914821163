/** From the files of a published set to its questions. */
import { join, resolve } from 'node:path';
import { openPictures } from '../../data/archive.ts';
import { openRecords, type RecordSource } from '../../data/assemble.ts';
import { statOf } from '../../data/folders.ts';
import type { PictureStore } from '../../data/pictures.ts';
import type { Record_, RecordFile } from '../../data/record.ts';
import { openFile } from '../../data/source.ts';
import { DataError } from '../../errors.ts';
import { withoutFormat } from '../../text/prompt.ts';
import { scoringNamed } from '../scorings/index.ts';
import type { Item } from '../types.ts';
import { choicesIn, uniqueKeys } from './items.ts';
import { find, formsNamed, type Located, locate } from './locate.ts';
import { formsOf, type PublishedSet, type SetForm, type SetLayout } from './set.ts';
import type { SuiteSpec } from './spec.ts';
import { checkIndex, limited, type OpenedSuite, type OpenOptions, type SuiteKind } from './suite.ts';

/** A file of the set with its rows, and the columns of each record that say more than its question. */
interface Part {
  file: string;
  layout: SetLayout;
  source: RecordSource;
  records: Record_[];
  /** Rows of `source` that are questions of the suite. */
  rows: number[];
}

/** A set as a suite. */
export const publishedSuite = (set: PublishedSet): SuiteKind => ({
  name: set.name,
  title: set.title,
  description: set.description,
  open: (spec, options) => openSet(set, spec, options),
});

async function openSet(set: PublishedSet, spec: SuiteSpec, options: OpenOptions): Promise<OpenedSuite> {
  const { located, hub } = await whereOf(set, spec, options);
  const skipped: Record<string, number> = {};
  const store = await picturesOf(located);
  const parts: Part[] = [];
  for (const file of located.files) {
    options.progress?.(`${set.name}: reading ${file}`);
    parts.push(await openPart(set, located, file, store, skipped));
  }
  const index = parts.flatMap((part) => part.rows.map((row) => ({ part, row })));
  if (index.length === 0) throw new DataError(noneUsable(set, located, skipped));
  const keys = keysOf(index);
  const form = formOf(set, located, parts[0].layout);
  const limit = options.limit ?? spec.limit;
  const { length, notes } = limited(index.length, limit);
  const scoring = scoringNamed(options.scoring ?? spec.scoring ?? form.scoring).name;
  const otherwise =
    options.prefer === undefined || options.prefer === form.name
      ? []
      : [
          `read in the layout ${form.name}, where ${options.prefer} was asked for: its questions are worded otherwise`,
        ];
  const { data: _, ...rest } = spec;
  return {
    name: spec.name,
    title: spec.title ?? set.title,
    source: `${hub ? `${hub.repo} at ${hub.revision.slice(0, 10)} of the hub` : located.files.join(', ')}: ${parts[0].layout.name}: ${parts[0].source.report.layout}`,
    scoring,
    group: spec.group ?? set.group,
    length,
    skipped,
    notes: [
      ...(spec.notes ?? []),
      ...(form.notes ?? []),
      ...notesOf(set, index.length),
      ...notes,
      ...otherwise,
    ],
    spec: {
      ...rest,
      ...(hub ? { hub } : { data: dataOf(located) }),
      layout: form.name,
      scoring,
      ...(limit !== undefined && { limit }),
    },
    item: async (i) => {
      checkIndex(i, length);
      const { part, row } = index[i];
      return itemOf(part, row, keys[i], spec.name);
    },
  };
}

/** What opens the same files again: one file, or the folder. */
const dataOf = ({ files, root }: Located) => resolve(files.length === 1 ? files[0] : root);

async function whereOf(set: PublishedSet, spec: SuiteSpec, options: OpenOptions) {
  if (spec.data !== undefined)
    return { located: locate(spec.data, set, { layout: spec.layout, prefer: options.prefer, alone: true }) };
  const forms = formsNamed(set, spec.layout);
  const form = forms.find(({ name }) => name === options.prefer) ?? forms[0];
  if (options.dataDir !== undefined && !spec.hub) {
    const located = (options.hub ? find : locate)(options.dataDir, set, {
      layout: spec.layout,
      prefer: options.prefer,
      alone: false,
    });
    if (located) return { located };
  }
  if (!spec.hub && !options.hub)
    throw new DataError(
      `${set.name}: its rows are not part of papo; name a folder that has them with --data, or fetch ${form.repo} with --hub`,
    );
  const { snapshotOf } = await import('./hub.ts');
  const snapshot = await snapshotOf(
    {
      repo: spec.hub?.repo ?? form.repo,
      revision: spec.hub?.revision,
      wanted: (path) => form.files.test(path) || path === form.archive,
    },
    options,
  );
  const hub = { repo: spec.hub?.repo ?? form.repo, revision: snapshot.revision };
  return { located: locate(snapshot.dir, set, { layout: form.name, alone: true }), hub };
}

/** The archive and the folders that have the pictures of the authors' form. */
async function picturesOf({ form, root }: Located): Promise<PictureStore | undefined> {
  if (form.archive === undefined) return undefined;
  const archive = join(root, form.archive);
  const folders = [root, join(root, 'images'), join(root, form.archive.replace(/\.zip$/, ''))];
  return openPictures(
    folders.filter((folder) => statOf(folder)?.isDirectory()),
    statOf(archive)?.isFile() ? [archive] : [],
  );
}

async function openPart(
  set: PublishedSet,
  located: Located,
  file: string,
  store: PictureStore | undefined,
  skipped: Record<string, number>,
): Promise<Part> {
  const records = await openFile(file);
  const layout = await layoutOf(set, located, records);
  // Of a file that was named, only its columns tell that it is of the authors' form.
  const own = store ?? (layout.has.includes('messages') ? await authorsPictures(set, located) : undefined);
  const source = await openRecords(records, {
    columns: layout.columns,
    ...(own && { store: own }),
    pictureAlone: layout.pictureAlone ?? layout.columns.problem === '',
  });
  const count = (reason: string, n = 1) => {
    skipped[reason] = (skipped[reason] ?? 0) + n;
  };
  for (const [reason, n] of Object.entries(source.report.skipped)) count(reason, n);
  const kept: Record_[] = [];
  const there = layout.reads.filter((column) => records.columns.includes(column));
  if (there.length > 0)
    for await (const record of records.scan(there, []))
      kept.push(
        typeof record === 'string' ? {} : Object.fromEntries(there.map((name) => [name, record[name]])),
      );
  const rows: number[] = [];
  for (let i = 0; i < source.length; i++) {
    const reason = layout.leaveOut?.(kept[source.record(i)] ?? {});
    if (reason === undefined) rows.push(i);
    else count(reason);
  }
  return { file, layout, source, records: kept, rows };
}

const authorsPictures = async (set: PublishedSet, located: Located) =>
  picturesOf({ ...located, form: { ...located.form, archive: set.archive } });

/** Which layout a file is in, by its columns. @throws DataError where it is in none of those of the set */
async function layoutOf(set: PublishedSet, { form }: Located, file: RecordFile): Promise<SetLayout> {
  // A file without a schema tells its columns only when it is read.
  if (file.columns.length === 0) for await (const _ of file.scan([], []));
  const fits = ({ has, lacks = [] }: SetLayout) =>
    has.every((column) => file.columns.includes(column)) &&
    !lacks.some((column) => file.columns.includes(column));
  const others = formsOf(set).flatMap(({ layouts }) => layouts);
  const found = form.layouts.find(fits) ?? others.find(fits);
  if (found) return found;
  const known = others.map(({ name, has }) => `${name} (${has.join(', ')})`).join('; ');
  throw new DataError(
    `${file.file}: its columns (${file.columns.slice(0, 24).join(', ')}) are those of no layout of ${set.name}: ${known}; a suite of your own can name them (docs/evaluation.md)`,
  );
}

/** The form that a layout is of: of a file that was named alone, the columns tell. */
const formOf = (set: PublishedSet, { form }: Located, layout: SetLayout): SetForm =>
  form.layouts.some(({ name }) => name === layout.name)
    ? form
    : (formsOf(set).find(({ layouts }) => layouts.some(({ name }) => name === layout.name)) ?? form);

function noneUsable(set: PublishedSet, { form, root, files }: Located, skipped: Record<string, number>) {
  const why = Object.entries(skipped).map(([reason, n]) => `${reason}: ${n}`);
  const archive = join(root, form.archive ?? set.archive);
  const advice =
    skipped['no image'] && (form.archive !== undefined || statOf(archive)?.isFile() !== true)
      ? `its pictures are in ${archive}, which has to lie there`
      : 'download the files again';
  return `${files[0]}: no usable question of ${set.name} (${why.join(', ')}); ${advice}`;
}

function keysOf(index: readonly { part: Part; row: number }[]): string[] {
  const files = [...new Set(index.map(({ part }) => part.file))];
  const own = index.map(
    ({ part, row }) => part.layout.key?.(part.records[part.source.record(row)] ?? {}) ?? '',
  );
  return uniqueKeys(own, (i) => {
    const { part, row } = index[i];
    const at = part.source.record(row);
    return files.length === 1 ? String(at) : `${files.indexOf(part.file)}:${at}`;
  });
}

async function itemOf(
  { layout, source, records }: Part,
  i: number,
  key: string,
  suite: string,
): Promise<Item> {
  const read = await source.row(i);
  const row = { ...read, id: `${suite}/${key}`, problem: withoutFormat(read.problem) };
  const facts = layout.facts?.(records[source.record(i)] ?? {}, row) ?? {};
  const choices = facts.choices ?? choicesIn(row.problem, row.answer);
  const item: Item = { key, row };
  for (const [name, value] of Object.entries({ ...facts, choices }))
    if (value !== undefined) Object.assign(item, { [name]: value });
  return item;
}

function notesOf({ levels, questions, notes = [] }: PublishedSet, found: number): string[] {
  const label = levels.join(', ').replace(/, (?=\w+$)/, ' and ');
  return [
    `vision dependency of the whole set by arXiv 2507.06448: ${label}`,
    ...(found === questions ? [] : [`${found} questions, the paper has ${questions}`]),
    ...notes,
  ];
}
