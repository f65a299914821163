/**
 * Preloaded (`node --import`) into a test run and every process that it starts: appends to the file that
 * PAPO_TRACE_READS names each path that is opened, read or copied.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = process.env.PAPO_TRACE_READS;
const append = fs.appendFileSync;

function note(path: unknown): void {
  if (typeof path === 'number' || !target) return;
  const name = path instanceof URL ? fileURLToPath(path) : String(path);
  append(target, `${resolve(name)}\n`);
}

/** Wraps the functions of one object so that their first argument is noted. */
function watch(owner: object, names: readonly string[]): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = methods[name];
    methods[name] = function (this: unknown, ...args: unknown[]) {
      note(args[0]);
      return original.apply(this, args);
    };
  }
}

if (target) {
  const reads = ['readFileSync', 'openSync', 'readFile', 'open', 'createReadStream'];
  watch(fs, [...reads, 'cpSync', 'copyFileSync', 'cp', 'copyFile']);
  watch(fs.promises, ['readFile', 'open', 'cp', 'copyFile']);
  syncBuiltinESMExports();
}
