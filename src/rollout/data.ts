/** The rows of a run: a person's own, or the built-in tasks, made on the first start. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeDataset } from '../data/builtin/write.ts';
import { sampler } from '../data/sampler.ts';
import { type SkipReason, UnusableRow } from '../data/skip.ts';
import {
  openData,
  type Report,
  type RowSource,
  type Rows,
  reportText,
  rowsSource,
  splitFiles,
} from '../data/source.ts';
import { syncFolder, syncTree } from '../durable.ts';
import { DataError, ImageError, type PapoError, systemCode, systemFailure } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { isRunning } from '../run/lock.ts';
import type { RunConfig } from '../settings/config.ts';
import { version } from '../version.ts';
import { TooManyPixels } from '../vision/decode.ts';
import type { RowStream } from './stream.ts';

/** The rows of a run, and what is worth knowing of them. */
export interface RunData {
  /** One line for the start of a run. */
  description: string;
  /** Further lines that a person should read. */
  notes: string[];
  train: RowSource;
  validation: Rows;
  test: Rows;
}

/** Holds the built-in rows, in the folder of the runs. */
const BUILTIN = '.data';

/** Where the built-in rows of these settings lie; equal settings share a folder. */
function builtinFolder(builtin: RunConfig['data']['builtin'], under: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([version(), builtin]))
    .digest('hex');
  return join(under, `data-${hash.slice(0, 12)}`);
}

/** Makes the built-in rows unless they are there. @throws DataError where they cannot be written */
export function makeBuiltin(builtin: RunConfig['data']['builtin'], under: string): string {
  const dir = builtinFolder(builtin, under);
  if (existsSync(dir)) return dir;
  const { seed, train, validation, test, tasks, dependency, difficulty } = builtin;
  const aside = `${dir}${MAKING}${hostname()}.${process.pid}`;
  try {
    makeFolder(under);
    sweepBuiltin(under);
    writeDataset(aside, {
      seed,
      rows: { train, validation, test },
      tasks,
      dependency,
      difficulty,
    });
    syncTree(aside);
    renameSync(aside, dir);
    syncFolder(under);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    // Another run may have made the same rows meanwhile.
    if (existsSync(dir)) return dir;
    if (systemCode(error) === undefined) throw error;
    throw new DataError(`${dir}: the built-in rows ${systemFailure(error, 'write')}`, { cause: error });
  }
  return dir;
}

const MAKING = '.making-';

/** Removes rows that starts on this machine were killed while making. */
function sweepBuiltin(under: string): void {
  for (const name of readdirSync(under)) {
    const [host, pid] = splitLast(name.split(MAKING)[1] ?? '');
    if (host === hostname() && !isRunning(Number(pid)))
      rmSync(join(under, name), { recursive: true, force: true });
  }
}

const splitLast = (text: string) => [
  text.slice(0, text.lastIndexOf('.')),
  text.slice(text.lastIndexOf('.') + 1),
];

/**
 * The rows that settings name: those of `data.dir`, else the built-in tasks, which are made in `<out>/.data` the first time.
 *
 * @throws DataError where there are no training rows, or a file is damaged
 *
 * @example
 * import { openRunData, runConfig } from 'papo';
 *
 * const data = await openRunData(runConfig({ data: { builtin: { train: 8, validation: 8, test: 8 } }, test: { rows: 4 } }));
 * [data.train.length, data.test.length]; // [8, 4]
 * const row = await data.train.row(0);
 * row.problem.startsWith('<image>'); // true
 * row.images.length; // 1
 */
export async function openRunData(config: RunConfig): Promise<RunData> {
  const { data, validation, test } = config;
  const dir = data.dir ?? makeBuiltin(data.builtin, join(config.out, BUILTIN));
  const options = { columns: data.columns, imageDir: data.imageDir ?? undefined };
  const train = await openData(dir, 'train', options);
  const notes: string[] = data.dir === null ? [] : columnNotes(train.report);
  const has = (split: 'validation' | 'test') =>
    statSync(dir).isDirectory() && splitFiles(dir, split).length > 0;
  const held = async (split: 'validation' | 'test', count: number): Promise<Rows> =>
    firstRows(has(split) && count > 0 ? await openData(dir, split, options) : rowsSource([]), count);
  const validationRows = await held('validation', validation.every > 0 ? validation.rows : 0);
  const testRows = await held('test', test.rows);
  if (!has('validation') && validation.every > 0)
    notes.push(`${dir} has no validation file: accuracy is not measured while training`);
  if (!has('test') && test.rows > 0)
    notes.push(`${dir} has no test file: accuracy is not measured before and after training`);
  const kind = data.dir === null ? `built-in tasks (${data.builtin.tasks.join(', ')}) in ${dir}` : dir;
  const counts = [reportText(train.report), `validation ${validationRows.length}`, `test ${testRows.length}`];
  return {
    description: `${kind}: train ${counts.join(', ')}`,
    notes,
    train,
    validation: validationRows,
    test: testRows,
  };
}

/** What was found in the files, where it needs saying. */
function columnNotes({ layout, skipped, rows }: Report): string[] {
  const unread = skipped['image by URL'] ?? 0;
  return [
    layout,
    ...(unread > 0
      ? [
          `${unread} of ${rows} rows have pictures by URL: nothing is fetched; download them and name their files`,
        ]
      : []),
  ];
}

const firstRows = (source: RowSource, count: number): Rows => ({
  length: Math.min(count, source.length),
  row: (i) => source.row(i),
});

/**
 * The training rows in drawn order, without end, reshuffled every epoch; `onSkip` hears of each row that turns out to be
 * of no use, once.
 *
 * @example
 * import { openRunData, runConfig, shuffled } from 'papo';
 *
 * const data = await openRunData(runConfig({ data: { builtin: { train: 8, validation: 8, test: 8 } } }));
 * const rows = shuffled(data.train, 1);
 * const epoch = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((position) => rows.at(position)));
 * new Set(epoch.map(({ id }) => id)).size; // 8
 */
export function shuffled(
  source: RowSource,
  seed: number | string,
  onSkip: (why: PapoError) => void = () => {},
): RowStream {
  const order = sampler(source.length, seed);
  const { length } = source;
  let next = 0;
  const indexAt = (position: number) => {
    if (position !== next)
      order.restore({ length, epoch: Math.floor(position / length), position: position % length });
    next = position + 1;
    return order.next(1)[0];
  };
  return {
    at: (position) => source.row(indexAt(position)),
    skip: (position, why) => {
      const index = indexAt(position);
      if (source.isSkipped(index)) return;
      source.skip(index, reasonOf(why));
      onSkip(why);
    },
  };
}

function reasonOf(why: PapoError): SkipReason {
  if (why instanceof UnusableRow) return why.reason;
  if (why instanceof TooManyPixels) return 'too large';
  return why instanceof ImageError ? 'unreadable image' : 'unreadable';
}
