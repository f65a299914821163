/**
 * Plants one error at a time in a copy of the golden data and runs the tests that read the file, to see that one
 * fails: `npm run check:golden`. What nobody notices is listed at the end and makes the exit status 1.
 *
 * The tests run in a copy of the sources under .papo/plant/tree, so nothing is changed here. Results are kept by the
 * contents of the golden file and of its tests: a run that was stopped, or ran out of its minutes, goes on where it
 * was. First every file gets one error, then every field of every file.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setPriority } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createVitest, type Vitest } from 'vitest/node';
import { ACCEPTED } from './plant/accepted.ts';
import { type Field, fieldsOf, rewritten } from './plant/fields.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const WORK = join(ROOT, '.papo/plant');
const TREE = join(WORK, 'tree');
const GOLDEN = 'test/golden';
/** What the tests need besides their own folders. */
const COPIED = 'src test bench lab bin docs README.md package.json tsconfig.json vitest.config.ts'.split(' ');
const LINKED = ['node_modules', 'assets', 'dist'];
/** Tests that only take a checkpoint for granted, slowly: not those that look at what is in it. */
const USERS = /^(src\/(cli|train)\/|test\/)/;
const LIMIT_MS = 180_000;

const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: '' },
    minutes: { type: 'string', default: '30' },
    'files-only': { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
});
const deadline = Date.now() + 60_000 * Number(options.minutes);

interface Reader {
  seconds: number;
  /** Golden files that it reads, from the root of the tree. */
  reads: string[];
}
/** Who noticed an error in a field: a test file, null where nobody did. */
type Verdict = { noticed: string | null; at: string; tried: number };
interface State {
  readers: Record<string, Reader>;
  verdicts: Record<string, Verdict>;
}

const STATE = join(WORK, 'state.json');
const state: State =
  existsSync(STATE) && !options.again
    ? (JSON.parse(readFileSync(STATE, 'utf8')) as State)
    : { readers: {}, verdicts: {} };

function save(): void {
  writeFileSync(`${STATE}.partial`, JSON.stringify(state, null, 1));
  renameSync(`${STATE}.partial`, STATE);
}

const digest = (...parts: (string | Buffer)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 24);
};

const walk = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)],
  );

function makeTree(): void {
  rmSync(TREE, { recursive: true, force: true });
  mkdirSync(TREE, { recursive: true });
  for (const name of COPIED)
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(TREE, name), { recursive: true });
  for (const name of LINKED)
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(TREE, name));
}

/** Golden files that this run is about, from the root of the tree. */
const wanted = () =>
  walk(join(TREE, GOLDEN))
    .map((path) => relative(TREE, path))
    .filter((file) => !/README\.md$|\.ts$|\.py$/.test(file) && file.includes(options.file))
    .sort();

let readers: State['readers'] = {};

/** Test files that name a folder of the golden files in question, and what each one opens there. */
function findReaders(): void {
  const folders = [...new Set(wanted().map((file) => file.split('/')[2]))];
  const shared = ['test/compare.ts', `${GOLDEN}/objective/kit.ts`].map((f) => readFileSync(join(TREE, f)));
  const tests = [...walk(join(TREE, 'src')), ...walk(join(TREE, 'test'))].filter((f) =>
    f.endsWith('.test.ts'),
  );
  const kept: State['readers'] = {};
  for (const path of tests) {
    const source = readFileSync(path);
    const name = relative(TREE, path);
    if (!source.includes('golden') || USERS.test(name)) continue;
    if (!folders.some((folder) => source.includes(folder))) continue;
    const key = `${name} ${digest(source, ...shared)}`;
    kept[key] = state.readers[key] ?? traced(name);
    state.readers = { ...state.readers, ...kept };
    save();
  }
  readers = kept;
}

function traced(name: string): Reader {
  const trace = join(WORK, 'trace.txt');
  writeFileSync(trace, '');
  const preload = pathToFileURL(join(import.meta.dirname, 'plant/trace.js')).href;
  const start = Date.now();
  const vitest = join(TREE, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', name], {
    cwd: TREE,
    env: { ...process.env, NODE_OPTIONS: `--import=${preload}`, PAPO_TRACE_READS: trace },
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(`${name} fails before any error is planted:\n${stdout}${stderr}`);
  const golden = join(TREE, GOLDEN);
  const reads = new Set<string>();
  for (const path of new Set(readFileSync(trace, 'utf8').split('\n'))) {
    if (!path.startsWith(`${golden}/`) || !existsSync(path)) continue;
    for (const file of statSync(path).isDirectory() ? walk(path) : [path]) reads.add(relative(TREE, file));
  }
  const seconds = (Date.now() - start) / 1000;
  console.log(`${name}: ${seconds.toFixed(1)} s, reads ${reads.size} golden files`);
  return { seconds, reads: [...reads].sort() };
}

interface Target {
  file: string;
  original: Buffer;
  fields: Field[];
  /** Keys of the test files that read it, the quickest first. */
  readers: string[];
  key: string;
}

function targets(): Target[] {
  return wanted().map((file) => {
    const original = readFileSync(join(TREE, file));
    const askedInTurn = Object.entries(readers)
      .filter(([, r]) => r.reads.includes(file))
      .sort(([, a], [, b]) => a.seconds - b.seconds)
      .map(([key]) => key);
    return {
      file,
      original,
      fields: fieldsOf(file, original),
      readers: askedInTurn,
      key: digest(original, ...askedInTurn),
    };
  });
}

/** Whether a test file holds, by an instance that stays: a start each time would take longer than the tests. */
async function holds(vitest: Vitest, name: string): Promise<boolean> {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
    await vitest.getRelevantTestSpecifications([name]),
  );
  return (
    testModules.length > 0 && unhandledErrors.length === 0 && testModules.every((m) => m.state() === 'passed')
  );
}

/** The first reader that fails with these bytes in place of the file's own. */
async function noticedBy(vitest: Vitest, target: Target, bytes: Buffer): Promise<string | null> {
  const path = join(TREE, target.file);
  try {
    writeFileSync(path, bytes);
    for (const reader of target.readers) {
      const name = reader.split(' ')[0];
      if (!(await holds(vitest, name))) return name;
    }
    return null;
  } finally {
    writeFileSync(path, target.original);
  }
}

const acceptedAs = (file: string, field: string) =>
  ACCEPTED.find((a) => a.file.test(file) && a.field.test(field))?.why;

/** @returns false where time has run out before the field was done. */
async function examine(vitest: Vitest, target: Target, field: Field): Promise<boolean> {
  const id = `${target.file} ${field.name} ${target.key}`;
  if (state.verdicts[id] || acceptedAs(target.file, field.name)) return true;
  let tried = 0;
  for (const plant of field.plants) {
    if (Date.now() > deadline) return false;
    tried++;
    const noticed = await noticedBy(vitest, target, plant.bytes());
    if (noticed) {
      state.verdicts[id] = { noticed, at: plant.at, tried };
      break;
    }
  }
  state.verdicts[id] ??= { noticed: null, at: '', tried };
  save();
  if (!state.verdicts[id].noticed) console.log(`nobody notices: ${target.file} ${field.name}`);
  return true;
}

let pngControlled = false;

/** Written anew without an error, a file must pass. PNG files are all written alike, so the first stands for all. */
async function control(vitest: Vitest, target: Target): Promise<void> {
  const id = `${target.file} (unchanged) ${target.key}`;
  if (state.verdicts[id] || target.readers.length === 0) return;
  if (target.file.endsWith('.png')) {
    if (pngControlled) return;
    pngControlled = true;
  }
  const bytes = rewritten(target.file, target.original);
  const noticed = bytes.equals(target.original) ? null : await noticedBy(vitest, target, bytes);
  if (noticed) throw new Error(`${noticed} fails where ${target.file} is only written anew`);
  state.verdicts[id] = { noticed: null, at: '', tried: 1 };
}

async function main(): Promise<void> {
  setPriority(5);
  mkdirSync(WORK, { recursive: true });
  makeTree();
  findReaders();
  const all = targets();
  const files = all.map((t) => ({ ...t, fields: t.fields.slice(0, 1) }));
  let done = 0;
  let open = 0;
  const silent: string[] = [];
  const accepted = new Map<string, number>();
  process.chdir(TREE);
  const visit = async (list: Target[]) => {
    for (const target of list) {
      if (Date.now() > deadline) return;
      // One instance for a file: after some dozens of runs an instance reports failures that are none.
      const vitest = await createVitest('test', { watch: false, reporters: [{}], maxWorkers: 1 });
      try {
        await control(vitest, target);
        for (const field of target.fields) if (!(await examine(vitest, target, field))) return;
      } finally {
        await vitest.close();
      }
    }
  };
  await visit(files);
  if (!options['files-only']) await visit(all);
  for (const target of options['files-only'] ? files : all)
    for (const field of target.fields) {
      const why = acceptedAs(target.file, field.name);
      const verdict = state.verdicts[`${target.file} ${field.name} ${target.key}`];
      if (why) accepted.set(why, (accepted.get(why) ?? 0) + 1);
      else if (!verdict) open++;
      else if (verdict.noticed) done++;
      else
        silent.push(
          `${target.file} ${field.name}${target.readers.length === 0 ? ' (no test reads the file)' : ''}`,
        );
    }
  for (const [why, n] of accepted) console.log(`left out, ${why}: ${n}`);
  console.log(`${done} errors noticed, ${silent.length} not, ${open} not yet planted`);
  for (const line of silent) console.log(`  nobody notices: ${line}`);
  if (open > 0) console.log(`Time is up; run it again to go on.`);
  process.exitCode = silent.length > 0 ? 1 : open > 0 ? 2 : 0;
}

await main();
