/** From the records of a file to rows: the same for every format. */
import { basename } from 'node:path';
import { choicesText, withChoices } from './choices.ts';
import {
  type ColumnMapping,
  findLayout,
  isTemplate,
  type Layout,
  layoutText,
  numberOf,
  pathsOf,
} from './columns.ts';
import { bareAnswer, metaOf, plainText, textOf } from './fields.ts';
import { IMAGE, marksIn, placePictures, VIDEO } from './marks.ts';
import { conversationOf, messagesOf } from './messages.ts';
import {
  basesOf,
  checkCount,
  faultOf,
  MAX_IMAGES,
  type Picture,
  type PictureStore,
  pictureOf,
  readPictures,
} from './pictures.ts';
import { ASSUMED, columnOf, parsed, type Record_, type RecordFile, valueAt } from './record.ts';
import type { Row } from './row.ts';
import { indexedSource, type RowSource } from './rows.ts';
import { type Skipped, type SkipReason, UnusableRow } from './skip.ts';

/** Characters of a question at most; the tokens of what is shorter are counted (data.maxPromptTokens). */
export const MAX_PROBLEM = 100_000;
/** Characters of an answer at most, once it is taken out of its box or tags. */
const MAX_ANSWER = 10_000;

export interface ReadOptions {
  columns?: ColumnMapping;
  /** Where relative paths of pictures count from; the folder of their file unless told. */
  imageDir?: string;
  /** Has pictures that are in no file of their own. */
  store?: PictureStore;
  /** Rows without words are used where they have a picture: the question is in it. With `columns.problem` '' all are so. */
  pictureAlone?: boolean;
}

/** The usable rows of one file. */
export interface RecordSource extends RowSource {
  /** Which record of the file, from 0, row i is. */
  record(i: number): number;
}

/** A row whose pictures have not been read. */
interface Draft {
  problem: string;
  system: string;
  answer: string;
  /** In the order of their marks; null where they are only known to be there. */
  pictures: Picture[] | null;
}

/** A record's question, with what else a conversation tells. */
function questionOf(record: Record_, source: string, columns: readonly string[]) {
  if (isTemplate(source, columns)) {
    let wrong = false;
    const problem = source.replaceAll(/\{([\w. -]+)\}/g, (_, path: string) => {
      const value = valueAt(record, path);
      const isList = Array.isArray(value) || /^\s*\[/.test(textOf(value));
      const text = isList ? choicesText(value) : plainText(value);
      if (text === undefined) wrong = true;
      return text ?? '';
    });
    return wrong ? 'wrong type' : { problem, system: '', answer: undefined, pictures: [] as unknown[] };
  }
  const value = valueAt(record, source);
  const messages = messagesOf(value);
  if (messages) return conversationOf(messages);
  const problem = plainText(value);
  return problem === undefined
    ? 'wrong type'
    : { problem, system: '', answer: undefined, pictures: [] as unknown[] };
}

/** The values of a row's picture columns with the number of each picture. */
interface Listed {
  found: { value: unknown; number: number }[];
  /** One that a list should have is null. */
  missing: boolean;
  assumed: boolean;
}

function listed(record: Record_, columns: readonly string[]): Listed {
  const out: Listed = { found: [], missing: false, assumed: false };
  for (const column of columns) {
    const value = valueAt(record, column);
    if (value === ASSUMED) out.assumed = true;
    if (value === null || value === undefined || value === '' || value === ASSUMED) continue;
    const inside = typeof value === 'string' && /^\s*\[/.test(value) ? parsed(value) : value;
    for (const item of Array.isArray(inside) ? inside : [inside]) {
      const number = (columns.length > 1 ? numberOf(column) : undefined) ?? out.found.length + 1;
      if (item === null || item === undefined) out.missing = true;
      else out.found.push({ value: item, number });
    }
  }
  return out;
}

/** The pictures of the first columns that hold any. */
function picturesOf(record: Record_, { images, otherImages }: Layout): Listed {
  let out = listed(record, images);
  for (const column of otherImages)
    if (out.found.length === 0 && !out.missing && !out.assumed) out = listed(record, [column]);
  return out;
}

function draftOf(
  record: Record_,
  layout: Layout,
  columns: readonly string[],
  pictureAlone: boolean,
): Draft | SkipReason {
  const question = questionOf(record, layout.problem, columns);
  if (typeof question === 'string') return question;
  const { system } = question;
  let { problem } = question;
  if (problem.length > MAX_PROBLEM) return 'too long';
  if (problem.includes(VIDEO)) return 'video';
  const given = layout.answer === null ? question.answer : plainText(valueAt(record, layout.answer));
  if (given === undefined) return layout.answer === null ? 'no answer' : 'wrong type';
  const answer = bareAnswer(given);
  const wordless = problem.trim() === '';
  if (wordless && !pictureAlone) return 'no problem';
  if (answer === '') return 'no answer';
  if (answer.length > MAX_ANSWER) return 'too long';
  if (layout.choices !== null) problem = withChoices(problem, choicesText(valueAt(record, layout.choices)));
  if (problem.length > MAX_PROBLEM) return 'too long';

  const { found, missing, assumed } = picturesOf(record, layout);
  if (missing) return 'no image';
  if (wordless && !assumed && found.length === 0) return layout.problem === '' ? 'no image' : 'no problem';
  const inside = question.pictures;
  if (assumed) {
    const { plain, numbers } = marksIn(problem);
    if (plain <= 1 && numbers.length === 0 && inside.every((p) => p === IMAGE))
      return { problem, system, answer, pictures: null };
  }
  // Pictures inside the messages come with their own source, or take the next one of the columns.
  const values = inside.some((p) => p !== IMAGE)
    ? inside.map((value, i) => ({ value: value === IMAGE ? found.shift()?.value : value, number: i + 1 }))
    : found;
  if (values.length > MAX_IMAGES) return 'too many images';
  const placed = placePictures(
    problem,
    values.map(({ number }) => number),
  );
  if (!placed) return marksIn(problem).numbers.length > 0 ? 'image marks' : 'no image';
  const pictures = placed.order.map((at) => pictureOf(values[at].value));
  if (pictures.includes(undefined)) return 'no image';
  return { problem: placed.problem, system, answer, pictures: pictures as Picture[] };
}

/** What is wrong with a record that can be seen without reading its pictures; `none` counts those without any. */
async function sift(file: RecordFile, layout: Layout, bases: readonly string[], options: ReadOptions) {
  const { columns } = file;
  const draft = (record: Record_) => draftOf(record, layout, columns, options.pictureAlone ?? false);
  const wanted = [layout.problem, layout.answer, layout.choices]
    .flatMap((source) => (source ? pathsOf(source, columns) : []))
    .map((path) => columnOf(path, columns));
  const pictures = layout.images.map((path) => columnOf(path, columns));
  const index: number[] = [];
  const skipped: Skipped = {};
  let rows = 0;
  let textOnly = 0;
  for await (const record of file.scan([...new Set(wanted)], [...new Set(pictures)])) {
    const at = rows++;
    let found = typeof record === 'string' ? record : draft(record);
    if (typeof record === 'object' && isUnsure(found, record, layout)) found = draft(await file.read(at));
    let reason = typeof found === 'string' ? found : undefined;
    if (typeof found === 'object' && found.pictures) {
      for (const picture of found.pictures) reason ??= faultOf(picture, bases, options.store);
      if (!reason && found.pictures.length === 0) textOnly++;
    }
    if (reason) {
      skipped[reason] = (skipped[reason] ?? 0) + 1;
    } else index.push(at);
  }
  return { index, skipped, rows, textOnly };
}

/** Whether pictures that the scan did not give could change what came of a record. */
function isUnsure(draft: Draft | SkipReason, record: Record_, { images, otherImages }: Layout): boolean {
  const none =
    typeof draft === 'string'
      ? draft === 'no image' || draft === 'image marks' || draft === 'no problem'
      : draft.pictures?.length === 0;
  return (
    none &&
    (images.some((column) => valueAt(record, column) === ASSUMED) ||
      otherImages.some((column) => !Object.hasOwn(record, column)))
  );
}

/**
 * The usable rows of a file. Texts are looked at once; pictures stay where they are until their row is asked for.
 * @throws DataError where the columns are not clear, or the file is damaged
 */
export async function openRecords(file: RecordFile, options: ReadOptions = {}): Promise<RecordSource> {
  const bases = basesOf(file.file, options.imageDir);
  const find = () => findLayout(file.file, file.columns, options.columns, file.empty);
  let layout = find();
  let sifted = await sift(file, layout, bases, options);
  // A file without a schema may show further columns only in its later rows.
  const again = find();
  if (JSON.stringify(again) !== JSON.stringify(layout)) {
    layout = again;
    sifted = await sift(file, layout, bases, options);
  }
  const { index, skipped, rows, textOnly } = sifted;
  const name = basename(file.file).replace(/\.\w+$/, '');
  const used = new Set([layout.problem, layout.answer, layout.id, ...layout.images, ...layout.otherImages]);
  used.add('meta');
  const read = async (at: number): Promise<Row> => {
    const record = await file.read(at);
    const own = layout.id === null ? '' : textOf(valueAt(record, layout.id)).slice(0, 200);
    const id = own || `${name}:${file.place(at)}`;
    const draft = draftOf(record, layout, file.columns, options.pictureAlone ?? false);
    if (typeof draft === 'string')
      throw new UnusableRow(draft, `row ${id} of ${file.file}: ${draft}; the row is left out`);
    checkCount(draft.pictures?.length ?? 0, id);
    const images = await readPictures(draft.pictures ?? [], bases, id, options.store);
    const extra = Object.fromEntries(Object.entries(record).filter(([column]) => !used.has(column)));
    const meta = metaOf(record.meta);
    if (!meta && record.meta !== undefined) extra.meta = record.meta;
    return {
      id,
      problem: draft.problem,
      ...(draft.system !== '' && { system: draft.system }),
      images,
      answer: draft.answer,
      ...(meta && { meta }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  };
  const source = indexedSource(
    { files: [file.file], rows, skipped, textOnly, layout: layoutText(layout) },
    index,
    read,
  );
  return { ...source, record: (i) => index[i] };
}
