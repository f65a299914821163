/** The files of a split in a directory, as the hub, Python's `datasets` and people lay them out. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import type { Split } from './split.ts';

const NAMES: Record<Split, string> = { train: 'train', validation: 'validation|valid|val|dev', test: 'test' };
const ANY = Object.values(NAMES).join('|');

/** The folders of a data directory that are searched, as the hub lays them out. */
const FOLDERS = ['.', 'data'];

/** In order of preference where a split is there in several formats. */
const EXTENSIONS = ['parquet', 'jsonl', 'ndjson', 'json', 'arrow', 'csv'];

/** Tables that stand beside the pictures of a folder and name them. */
const METADATA = ['metadata.jsonl', 'metadata.csv', 'metadata.parquet'];

/** What a path is, or undefined for any path that leads nowhere, however odd. */
export function statOf(path: string): { isFile(): boolean; isDirectory(): boolean } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const isFolder = (path: string) => statOf(path)?.isDirectory() ?? false;
const isFile = (path: string) => statOf(path)?.isFile() ?? false;

/**
 * The files of a split: `train.parquet`, `data/train-00000-of-00004.parquet`, `validation/metadata.jsonl`, a folder of
 * `save_to_disk`, ... For a single file, that file. Where no file is named after a split, all of them are for training. Empty
 * where there is none.
 * @throws DataError where the path does not exist or a shard of several is missing
 */
export function splitFiles(path: string, split: Split): string[] {
  const stat = statOf(path);
  if (!stat)
    throw new DataError(
      `${path}: no such file or directory; give a data directory or a file of rows (.parquet, .jsonl, .json, .arrow or .csv)`,
    );
  if (!stat.isDirectory()) return [path];
  const saved = savedFiles(path, split);
  if (saved) return saved;
  const named = namedFiles(path, NAMES[split]);
  if (named.length > 0 || split !== 'train') return named;
  return namedFiles(path, ANY).length > 0 ? [] : filesIn(path, () => true);
}

/** Files and folders that are named after a split. */
function namedFiles(path: string, names: string): string[] {
  const folders = FOLDERS.map((f) => join(path, f)).filter(isFolder);
  for (const folder of folders) {
    const name = new RegExp(`^(${names})([-_.].*)?$`, 'i');
    const files = filesIn(folder, (stem) => name.test(stem));
    if (files.length > 0) return files;
  }
  for (const folder of folders)
    for (const name of names.split('|')) {
      const inside = join(folder, name);
      const files = isFolder(inside) ? (savedDataset(inside) ?? filesIn(inside, () => true)) : [];
      if (files.length > 0) return files;
    }
  return [];
}

/** Files of one format, the first that has any; a table that stands beside pictures comes before all. */
function filesIn(folder: string, wanted: (stem: string) => boolean): string[] {
  const there = readdirSync(folder);
  const table = METADATA.find((name) => there.includes(name) && wanted(name));
  if (table) return [join(folder, table)];
  for (const extension of EXTENSIONS) {
    const ending = `.${extension}`;
    const files = there.filter((f) => f.endsWith(ending) && wanted(f.slice(0, -ending.length)));
    const rows = files.filter((f) => !OTHERS.has(f) && isFile(join(folder, f)));
    if (rows.length === 0) continue;
    checkShards(folder, rows);
    return rows.sort().map((f) => join(folder, f));
  }
  return [];
}

/** JSON files that describe data and hold no rows. */
const OTHERS = new Set(['dataset_info.json', 'dataset_infos.json', 'dataset_dict.json', 'state.json']);

function checkShards(at: string, files: string[]): void {
  for (const file of files) {
    const shard = /^(.*)-\d{5}-of-(\d{5})(\..*)$/.exec(file);
    if (!shard) continue;
    const [, stem, count, end] = shard;
    for (let i = 0; i < Number(count); i++) {
      const wanted = `${stem}-${String(i).padStart(5, '0')}-of-${count}${end}`;
      if (!files.includes(wanted))
        throw new DataError(`${join(at, wanted)}: this shard is missing; download it again`);
    }
    return;
  }
}

/** A folder of `DatasetDict.save_to_disk` or `Dataset.save_to_disk`; undefined for any other. */
function savedFiles(path: string, split: Split): string[] | undefined {
  const dict = join(path, 'dataset_dict.json');
  if (isFile(dict)) {
    const { splits } = readJson(dict) as { splits?: unknown };
    const name = new RegExp(`^(${NAMES[split]})$`, 'i');
    const found = Array.isArray(splits) ? splits.map(String).find((s) => name.test(s)) : undefined;
    return found === undefined ? [] : (savedDataset(join(path, found)) ?? []);
  }
  const files = savedDataset(path);
  // One data set alone: all of it is for training.
  return files && (split === 'train' ? files : []);
}

/** The Arrow files that a `state.json` names. */
function savedDataset(folder: string): string[] | undefined {
  const state = join(folder, 'state.json');
  if (!isFile(state)) return undefined;
  const { _data_files: files } = readJson(state) as { _data_files?: unknown };
  if (!Array.isArray(files)) return undefined;
  return files.map((entry: unknown) => {
    const { filename } = (entry ?? {}) as { filename?: unknown };
    const file = join(folder, String(filename));
    if (!isFile(file))
      throw new DataError(`${file}: this shard is missing (state.json names it); copy it again`);
    return file;
  });
}

function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new DataError(`${file}: not a JSON object; save the data set again with save_to_disk`);
}
