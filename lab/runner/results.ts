/** The results of a run: one file with its settings and all that its metrics.jsonl says. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeAside } from '../../src/durable.ts';
import { DataError } from '../../src/errors.ts';
import type { ReadLine } from '../../src/metrics/lines.ts';
import { isObject } from '../../src/settings/key-lookup.ts';
import { type Settings, settingsHash, type Task } from './plan.ts';

/** The first line of a results file; `config` is complete but for where the run lay. */
export interface Header extends Settings {
  kind: 'run';
  experiment: string;
  arm: string;
  seed: number;
  /** Of the settings that decide numbers. */
  hash: string;
  version: string;
  /** Of the code that ran, and the commit it was built from where that is known. */
  code: string;
  commit?: string;
}

export interface Result {
  header: Header;
  lines: readonly ReadLine[];
}

export const resultsDir = (experimentDir: string): string => join(experimentDir, 'results');
export const resultPath = (experimentDir: string, name: string): string =>
  join(resultsDir(experimentDir), `${name}.jsonl.gz`);

/** The same bytes for the same lines, on any machine. */
function zipped(text: string): Buffer {
  const bytes = gzipSync(text, { level: 9 });
  // The system that wrote it is byte 9 of the format; 255 is "unknown". Node leaves the time 0.
  bytes[9] = 255;
  return bytes;
}

/** Writes the results of a run: whole, or not at all. */
export function writeResult(
  experimentDir: string,
  name: string,
  lines: readonly ReadLine[],
  header: Omit<Header, 'kind' | 'hash'>,
): void {
  const { name: _, out: __, ...config } = header.config;
  const full: Header = { kind: 'run', hash: settingsHash(config), ...header, config };
  mkdirSync(resultsDir(experimentDir), { recursive: true });
  const text = [full, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
  writeAside(resultPath(experimentDir, name), () => [zipped(text)]);
}

/** The results of a run; undefined where there are none. @throws DataError where the file is damaged */
export function readResult(experimentDir: string, { name }: Pick<Task, 'name'>): Result | undefined {
  const path = resultPath(experimentDir, name);
  if (!existsSync(path)) return undefined;
  const fail = (why: string) =>
    new DataError(`${path}: ${why}; restore it, or remove it and run the experiment again`);
  let lines: unknown[];
  try {
    lines = gunzipSync(readFileSync(path))
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l));
  } catch (error) {
    throw fail(`cannot be read (${error instanceof Error ? error.message : error})`);
  }
  const [header, ...rest] = lines;
  if (!isObject(header) || header.kind !== 'run' || !isObject(header.config) || !rest.every(isObject))
    throw fail('is not the results of a run');
  return { header: header as unknown as Header, lines: rest };
}

/** Whether metrics are those of a run that went to its end. */
export function isFinished(lines: readonly ReadLine[], { steps, tests }: { steps: number; tests: boolean }) {
  const last = lines.findLast((line) => line.kind === (tests ? 'test' : 'step'));
  return last?.step === steps;
}

/** Moves a file or folder to the first free `<path>.before-N`: nothing is thrown away. */
export function setAside(path: string, ending = ''): void {
  const stem = path.slice(0, path.length - ending.length);
  for (let n = 1; ; n++) {
    const to = `${stem}.before-${n}${ending}`;
    if (existsSync(to)) continue;
    renameSync(path, to);
    return;
  }
}

/** Of every script under a folder: runs of two digests are of two programs. */
export function codeDigest(dir: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((f) => f.replaceAll('\\', '/'));
  for (const file of files.filter((f) => f.endsWith('.js') && !f.includes('.testing.')).sort())
    hash.update(`${file}\0`).update(readFileSync(join(dir, file)));
  return hash.digest('hex').slice(0, 16);
}
